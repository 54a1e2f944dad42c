/*
 * Final states of messages, kept for a while so that query_sm can tell them:
 * what a partition finished, in order of time, in chunks that know the ids they
 * cover. Bounded in time and number. One thread.
 */
#ifndef SMPP_MC_FINAL_H
#define SMPP_MC_FINAL_H

#include "core/bytes.h"

#include <stddef.h>
#include <stdint.h>

#define MC_FINAL_CHUNK 256

/* Octets of a record in a row of the store. */
#define MC_FINAL_SIZE 26

struct mc_final {
	uint64_t id;     /* as its client knows it */
	int64_t at_ms;   /* Unix time */
	uint32_t source; /* hash of the source address */
	uint32_t owner;  /* mc_text_hash of the system_id of the account */
	uint8_t state;   /* enum smpp_message_state */
	uint8_t error;
};

struct mc_final_chunk;

struct mc_finals {
	struct mc_final_chunk *newest;
	struct mc_final_chunk *oldest;
	size_t count;
};

/* Zeroed memory is empty. */
void mc_finals_fini(struct mc_finals *finals);

/* Notes one. Without memory it is forgotten at once: the message is done all the same. */
void mc_finals_add(struct mc_finals *finals, const struct mc_final *final);

/* The newest record of an id; NULL: none. Valid until the next change. */
const struct mc_final *mc_finals_find(const struct mc_finals *finals, uint64_t id);

/* Forgets whole chunks: those whose last record is older than `before_ms`, and the oldest while
 * there are more than `most` records. */
void mc_finals_purge(struct mc_finals *finals, int64_t before_ms, size_t most);

/* To and from the octets of a row. mc_final_get fails the reader when it is cut off. */
void mc_final_put(struct sb_writer *w, const struct mc_final *final);
struct mc_final mc_final_get(struct sb_reader *r);

#endif
