/* The owner of keys and values from the inside: what its files share. */
#ifndef ERPSD_KV_OWNER_INTERNAL_H
#define ERPSD_KV_OWNER_INTERNAL_H

#include "core/message.h"
#include "core/metrics.h"
#include "core/session.h"
#include "core/store.h"
#include "daemons/erpsd/kv.h"
#include "daemons/erpsd/kv_index.h"
#include "daemons/erpsd/kv_pending.h"
#include "daemons/erpsd/kv_request.h"

#include <stdbool.h>
#include <stdint.h>

struct erpsd_kv_owner {
	struct erpsd_kv *kv;
	struct erpsd_kv_index index;
	struct erpsd_kv_pendings pendings;
	struct erps_decoder decoder; /* of what the store gives back */
	uint64_t keys;               /* entries, those to come among them */
	uint64_t octets;             /* of keys and values, those of writes under way among them */
	uint64_t next_id;
	uint64_t damaged; /* rows */
	uint64_t began_ns;
	struct sb_gauge *shown_keys, *shown_octets;
	struct sb_counter *requests[ERPSD_KV_OPS];
	struct sb_counter *errors;
	bool is_failing; /* the store refuses to write */
	bool is_stopping;
};

/* ---- kv_owner.c ---- */

/* Answers a request, with a pattern of erps_reply_with; nothing when it was a cast. */
#define erpsd_kv_answer(s, from, ...)                                    \
	do {                                                             \
		if (!sb_address_is_null((from).session))                 \
			(void)erps_reply_with((s), (from), __VA_ARGS__); \
	} while (0)

/* {:error, reason}, for an error of the store among others. */
void
erpsd_kv_refuse(struct sb_session *s, struct erpsd_kv_owner *o, struct erps_from from, int error);

/* ---- kv_load.c: what was stored, at the start ---- */

#define ERPSD_KV_LOAD_REF UINT64_MAX

int erpsd_kv_load_begin(struct sb_session *s, struct erpsd_kv_owner *o);
void erpsd_kv_load_page(struct sb_session *s, struct erpsd_kv_owner *o, const struct sb_message *m);

/* ---- kv_read.c: get and keys ---- */

void erpsd_kv_get(struct sb_session *s, struct erpsd_kv_owner *o, const struct erpsd_kv_request *r);
void erpsd_kv_got(struct sb_session *s, struct erpsd_kv_owner *o,
	const struct erpsd_kv_pending *pending, const struct sb_message *m);
void
erpsd_kv_keys(struct sb_session *s, struct erpsd_kv_owner *o, const struct erpsd_kv_request *r);

/* ---- kv_write.c: put, cas and delete ---- */

void
erpsd_kv_write(struct sb_session *s, struct erpsd_kv_owner *o, const struct erpsd_kv_request *r);
void erpsd_kv_written(struct sb_session *s, struct erpsd_kv_owner *o,
	const struct erpsd_kv_pending *pending, int status);

#endif
