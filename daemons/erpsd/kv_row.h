/*
 * A key and its value as a row of the store. The head says how the body is cut: the
 * key's octets, and behind them the value in external term format, with its 131. A
 * key here, and in the index, is its octets behind one that says what it is, 'a' for
 * an atom or 'b' for a binary: so :a and "a" are two keys. Pure; any thread.
 */
#ifndef ERPSD_KV_ROW_H
#define ERPSD_KV_ROW_H

#include "core/store.h"
#include "protocols/erps/build.h"
#include "protocols/erps/term.h"

#define ERPSD_KV_KEY_MAX   1024 /* octets, without the one in front */
#define ERPSD_KV_HEAD_SIZE 11

enum erpsd_kinds { ERPSD_KIND_KV, ERPSD_KIND_COUNT };

extern const struct sb_store_kind erpsd_kinds[ERPSD_KIND_COUNT];

/* SQL for the store's `views`. */
extern const char erpsd_views[];

/* The key of a term that is an atom or a binary, into `out`, of 1 + ERPSD_KV_KEY_MAX octets: its
 * size. 0: it is neither, or longer than `limit` octets. */
size_t erpsd_kv_key(struct erps_term term, size_t limit, uint8_t *out);

/* The same back, appended as a term. */
void erpsd_kv_put_key(struct erps_builder *b, struct sb_bytes key);

void erpsd_kv_head_put(uint8_t head[ERPSD_KV_HEAD_SIZE], struct sb_bytes key, int64_t now_ms);

/* Cuts a row: its key into `out`, as erpsd_kv_key; *value views the row, from its 131 on. 0 or
 * SB_ECORRUPT. */
int erpsd_kv_row_read(
	const struct sb_store_row *row, uint8_t *out, size_t *key_size, struct sb_bytes *value);

#endif
