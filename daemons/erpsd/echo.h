/*
 * The service `echo`: {:echo, term} is answered with the term, :ping with :pong. A
 * cast of the former comes back as a push.
 */
#ifndef ERPSD_ECHO_H
#define ERPSD_ECHO_H

#include "protocols/erps/plugin.h"

extern const struct erps_plugin erpsd_echo_plugin;

#endif
