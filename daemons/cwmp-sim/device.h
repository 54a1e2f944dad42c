/*
 * A simulated device: a core session that has CWMP sessions, one after the other, as its
 * events and timers want. Its parts: device.c (when a session begins, and what becomes of
 * it), device_session.c (the messages of one), rpc*.c (what an ACS may ask), device_value.c
 * (values), transfer.c (files), door.c and device_nat.c (connection requests over HTTP, over UDP).
 */
#ifndef SB_DAEMONS_CWMP_SIM_DEVICE_H
#define SB_DAEMONS_CWMP_SIM_DEVICE_H

#include "core/arena.h"
#include "core/env.h"
#include "core/session.h"
#include "daemons/cwmp-sim/client.h"
#include "daemons/cwmp-sim/model.h"
#include "daemons/cwmp-sim/sim.h"
#include "protocols/cwmp/message.h"

enum { DEVICE_KEY_ROOM = 33, DEVICE_TRANSFERS_MAX = 16, DEVICE_EVENTS_MAX = 64 };

/* Messages between the sessions of the program. */
enum sim_message {
	SIM_TRANSFER_DONE = 1,  /* struct transfer_result; ref: the transfer's id */
	SIM_CONNECTION_REQUEST, /* a call: struct door_request; the reply's status is HTTP's */
};

enum device_state {
	DEVICE_AWAY,   /* rebooting, or it has no session to come */
	DEVICE_IDLE,   /* between sessions */
	DEVICE_INFORM, /* the Inform is sent */
	DEVICE_CALL,   /* a request of its own is */
	DEVICE_TURN,   /* an empty POST or a response is: the ACS's turn */
};

enum device_after { AFTER_NOTHING, AFTER_REBOOT, AFTER_NEW_FIRMWARE, AFTER_FACTORY_RESET };

struct device_event {
	char code[65];
	char key[DEVICE_KEY_ROOM];
};

/* A request that the device owes the ACS: kept until it is answered. */
struct device_call {
	struct device_call *next;
	enum cwmp_method method;
	const char *code;   /* "7 TRANSFER COMPLETE", which announces it; static */
	const char *m_code; /* "M Download", with the key; static */
	char key[DEVICE_KEY_ROOM];
	union cwmp_body body;
	struct sb_arena arena; /* what the body points at */
	bool is_told;          /* its event stood in the Inform of this session */
};

struct device_transfer {
	struct device_transfer *next;
	uint64_t id;
	bool is_download, is_scheduled, is_running;
	char key[DEVICE_KEY_ROOM];
	char *file_type, *url, *username, *password, *target;
	uint32_t file_size;
	char start_time[32];
	struct sb_timer begin;
	struct device *device;
};

struct device_schedule { /* of ScheduleInform */
	struct device_schedule *next;
	struct sb_timer timer;
	struct device *device;
	char key[DEVICE_KEY_ROOM];
};

struct device_unit { /* a deployment unit */
	struct device_unit *next;
	char uuid[37];
	char version[33];
};

struct device_nat; /* a way in through a NAT: device_nat.c */

struct device {
	struct sim *sim;
	struct client client;
	struct model_view model;
	uint32_t number;
	enum device_state state;
	enum device_after after;
	char after_key[DEVICE_KEY_ROOM];

	struct device_event *events; /* to be told */
	size_t event_count;
	size_t told;    /* of them in the Inform that is sent */
	char **changed; /* paths whose values are to be told */
	size_t changed_count;
	size_t told_changes; /* of them in that Inform */
	struct device_call *calls;
	struct device_call *calling; /* the one that is sent; NULL: none of them */
	struct device_transfer *transfers;
	struct device_schedule *schedules;
	struct device_unit *units;
	struct device_nat *nat; /* NULL: nobody asks over UDP */
	int64_t asked_s;        /* time of the last request that came so */
	char **vouchers;
	size_t voucher_count;

	struct sb_timer due; /* the next session */
	struct sb_timer change;
	uint64_t began_ns, sent_ns, booted_ns;
	uint64_t sessions;
	uint64_t next_id; /* of messages and transfers */
	uint32_t retries;
	char firmware[33]; /* the version that was downloaded; "": the model's */
	bool is_held;      /* by HoldRequests */
	bool is_stopping;
	bool is_over;      /* it has had all its sessions */
	bool has_periodic; /* the timer that is started is that of periodic Informs */
	size_t own_calls;  /* of sim->options.calls, made in this session */
	unsigned repeats;  /* of the request that is sent, since the ACS wanted that */
};

struct device_args {
	struct sim *sim;
	uint32_t number;
};

extern const struct sb_module device_module;

/* ---- device.c ---- */

struct device *device_of(const struct sb_session *s);

/* To be told in the next session; one that is there already is not doubled. */
void device_add_event(struct device *d, const char *code, const char *key);
/* A call to make, announced by events, whose body is filled by the caller; NULL without memory. */
struct device_call *device_add_call(struct device *d, enum cwmp_method method, const char *code,
	const char *m_code, const char *key);
void device_call_free(struct device_call *call);
/* Has a session soon, or boots, if no session is under way. */
void device_wake(struct device *d, struct sb_session *s);
/* The same if something is to be told in a session of its own, as a value that has changed. */
void device_wake_to_tell(struct device *d, struct sb_session *s);
/* A connection request was found right. */
void device_requested(struct device *d, struct sb_session *s);
/* The value of `path` changed by itself. */
void device_note_change(struct device *d, const char *path);

/* Frees what RPCs have left: schedules, units, vouchers. */
void device_state_free(struct device *d);

/* The CWMP session is over. `err` 0: as it should be; else its RetryCount grows. */
void device_session_over(struct device *d, struct sb_session *s, int err, uint32_t retry_after_s);

/* ---- device_session.c ---- */

void device_session_begin(struct device *d, struct sb_session *s);
void device_answered(struct sb_session *s, struct client *client, int err, struct reply *reply);

/* ---- device_value.c ---- */

/* What an ACS reads: variables filled in, secrets empty. In the arena, or the model's; NULL without
 * memory. */
const char *device_value(struct device *d, struct sb_session *s, const struct model_entry *entry,
	struct sb_arena *arena);
/* The value of a parameter of ManagementServer, secrets too; NULL: there is none, or no memory. */
const char *
device_setting(struct device *d, struct sb_session *s, const char *name, struct sb_arena *arena);
/* "2026-11-27T10:00:00Z"; of Unix milliseconds. */
void device_time(int64_t wall_ms, char out[32]);
/* Whether `text` is a value of the type. */
bool device_value_fits(enum cwmp_type type, const char *text);

/* ---- rpc.c ---- */

/* Answers a request of the ACS: fills `response`, from the arena. */
void device_serve(struct device *d, struct sb_session *s, const struct cwmp_message *request,
	struct cwmp_message *response, struct sb_arena *arena);

/* ---- device_nat.c ---- */

/* Takes up what the model says of STUN now. Not while a CWMP session is under way. */
void device_nat_update(struct device *d, struct sb_session *s);
/* The way in is closed; what the model says of it stays. Takes NULL. */
void device_nat_stop(struct device *d, struct sb_session *s);

/* ---- transfer.c ---- */

void device_transfers_free(struct device *d, struct sb_session *s);
void device_transfer_done(struct device *d, struct sb_session *s, const struct sb_message *m);

#endif
