/*
 * The SMPP side of smpp-mc: what a client's session does with binds, messages
 * and questions. An application for protocols/smpp.
 */
#ifndef SMPP_MC_SESSION_H
#define SMPP_MC_SESSION_H

#include "protocols/smpp/session.h"

extern const struct smpp_application mc_application;

#endif
