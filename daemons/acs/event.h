/*
 * What happens, for those who listen at GET /events of the API. Nothing is kept: who did not listen
 * has missed it. Without a listener an event costs a look-up of a name.
 */
#ifndef ACS_EVENT_H
#define ACS_EVENT_H

#include <jansson.h>
#include <stdbool.h>

struct sb_session;

/* The topic that listeners join, and the message that they get: the event's name and a NUL, then
 * its JSON and a NUL. */
#define ACS_EVENTS "acs.events"
#define ACS_EVENT  500u

/* Whether anybody listens. */
bool acs_event_is_wanted(struct sb_session *s);

/* Eats the value. Who cannot take it misses it. */
void acs_event_say(struct sb_session *s, const char *name, json_t *value);

#endif
