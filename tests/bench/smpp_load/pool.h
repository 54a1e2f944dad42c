/*
 * Prepared submit_sm PDUs, all of one size and back to back, so that any run
 * of them is one write once their sequence numbers are set. One thread.
 */
#ifndef TESTS_BENCH_SMPP_LOAD_POOL_H
#define TESTS_BENCH_SMPP_LOAD_POOL_H

#include "core/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool_options {
	const char *source;
	const char *destination; /* each '#' becomes a digit */
	const char *text;        /* NULL: `text_size` letters */
	uint32_t text_size;      /* up to 255 in short_message, more in message_payload */
	uint8_t data_coding;
	uint8_t registered_delivery;
	bool numbered; /* the text begins with a number of 16 digits */
};

struct pool {
	uint8_t *octets;
	size_t pdu_size;
	size_t text_offset, destination_offset; /* in each PDU */
	size_t destination_size;
	uint32_t count;
	uint32_t next;
};

/* 0, SB_EINVAL (a field is over its bound; the reason is on standard error) or SB_ENOMEM. */
int pool_init(struct pool *pool, const struct pool_options *options);
void pool_fini(struct pool *pool);

/* Up to `wanted` PDUs as one run of octets; their number goes to *count. They are good until the
 * pool has come round, so send or copy them at once. */
uint8_t *pool_take(struct pool *pool, uint32_t wanted, uint32_t *count);

/* Sets the sequence number of PDU `index` of a run. */
void pool_set_sequence(const struct pool *pool, uint8_t *run, uint32_t index, uint32_t sequence);

/* The destination of PDU `index` of a run. */
struct sb_bytes pool_destination(const struct pool *pool, const uint8_t *run, uint32_t index);

/* Writes the number of PDU `index` of a run into its text; the pool is of numbered ones. */
void pool_set_number(const struct pool *pool, uint8_t *run, uint32_t index, uint64_t number);

#endif
