/* The parts of a requester. */
#ifndef SB_CWMP_REQUESTER_INTERNAL_H
#define SB_CWMP_REQUESTER_INTERNAL_H

#include "core/rate.h"
#include "core/session.h"
#include "protocols/cwmp/connection_request.h"

#include <curl/curl.h>

#define CWMP_URL_MAX 1024

/* What is asked of a requester; its texts lie behind it. */
struct cwmp_requested {
	struct cwmp_connection_request request;
	char texts[];
};

enum cwmp_requester_message {
	CWMP_REQUESTER_ASK = 1, /* a call: struct cwmp_requested, given */
};

/* Its args are struct cwmp_requester_options without zeros. */
extern const struct sb_module cwmp_requester_module;

/* A name in the registry, of the requester of shard `shard`. */
#define CWMP_REQUESTER_NAME_MAX 32
void cwmp_requester_name(char name[CWMP_REQUESTER_NAME_MAX], unsigned shard);

uint64_t cwmp_device_hash(const char *device);

/* ---- how often a device may be asked ---- */

#define CWMP_LIMITER_SETS 256
#define CWMP_LIMITER_WAYS 4

/* A table of fixed size: what was asked longest ago makes room, and is full again when it comes
 * back. Zeroed: empty. */
struct cwmp_limiter {
	struct cwmp_limited {
		uint64_t device; /* its hash; 0: none */
		struct sb_rate rate;
	} devices[CWMP_LIMITER_SETS][CWMP_LIMITER_WAYS];
};

bool cwmp_limiter_take(struct cwmp_limiter *limiter, uint64_t device, uint64_t now_ns,
	uint32_t burst, uint32_t interval_ms);

/* ---- where a request goes ---- */

#define CWMP_TARGET_ADDRESSES 4

/* A host, and its addresses when they are known: what a job is given, and brings back. */
struct cwmp_place {
	char host[256];
	uint16_t port;
	size_t count; /* of addresses; 0: to be resolved */
	union sb_socket_address addresses[CWMP_TARGET_ADDRESSES];
};

struct cwmp_target {
	CURLU *url;
	struct cwmp_place place;
};

/* 0; SB_EINVAL: no http URL that we take; SB_ENOMEM. Numeric hosts have their address at once. */
int cwmp_target_init(struct cwmp_target *target, const char *url);
void cwmp_target_fini(struct cwmp_target *target);

/* Whether another name may be looked up now: so few at a time, over all requesters, that name
 * servers of devices' choice cannot keep all threads that the process has for jobs. Given back when
 * the job ends, or by who does not begin it. Any thread. */
bool cwmp_lookup_take(void);
void cwmp_lookup_give_back(void);

/* The job, on a struct cwmp_place, by who has taken a lookup: 0 or SB_ERESOLVE. */
int cwmp_place_resolve(void *place, size_t size);

/* Leaves the addresses that may be connected to (reach.h). False: none. */
bool
cwmp_place_restrict(struct cwmp_place *place, const struct cwmp_reach *reach, const char *from);

/* ---- the GET ---- */

/* Sockets that one transfer may wait for at a time: a few addresses tried at once. */
#define CWMP_TRANSFER_WATCHES 8

struct sb_watch;

/* One GET of libcurl's, with a multi handle of its own: when it is over, all its connections are.
 * Lies in what owns it. */
struct cwmp_transfer {
	struct sb_session *session;
	const struct cwmp_requester_options *options;
	const char *from; /* where the device came from */
	CURLM *multi;     /* NULL: not begun */
	CURL *easy;
	struct curl_slist *addresses;
	struct sb_timer timer;
	struct sb_watch *watches[CWMP_TRANSFER_WATCHES];
	size_t head_bytes, body_bytes;
	uint64_t due; /* by sb_now: it has no more time, however often it tries */
	bool was_challenged, is_second;
	/* Once, never inside cwmp_transfer_begin; ends the transfer. */
	void (*done)(struct cwmp_transfer *t, enum cwmp_request_outcome outcome, uint32_t status);
};

/* Begins; session, options, from and done are set, the rest is zero; `target` has addresses and
 * stays until the end. 0 or SB_ENOMEM. */
int cwmp_transfer_begin(struct cwmp_transfer *t, const struct cwmp_target *target,
	const char *username, const char *password, uint64_t timeout_ms);

/* Closes what is open. Zeroed ones, too. */
void cwmp_transfer_end(struct cwmp_transfer *t);

#endif
