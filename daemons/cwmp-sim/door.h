/*
 * Where connection requests come in: an HTTP server of our own for all devices, each of which has
 * a path. Its sessions ask the device, on whatever shard it lives; the device judges, by
 * its own name and password.
 */
#ifndef SB_DAEMONS_CWMP_SIM_DOOR_H
#define SB_DAEMONS_CWMP_SIM_DOOR_H

#include "core/message.h"
#include "daemons/cwmp-sim/sim.h"

struct device;
struct http_server;

/* Listens at sim->options.door_address, and sets sim->door_port. 0 or an error, which is said. The
 * server is freed after the node. */
int door_open(struct sim *sim, struct http_server **server);

/* In the device's `message`: SIM_CONNECTION_REQUEST. */
void door_ask_device(struct device *d, struct sb_session *s, struct sb_message *m);

#endif
