/*
 * Open messages and their sources: where they hang, and what they cost. What may
 * stay and what must go is assembly.c's.
 */
#ifndef SB_SMPP_ASSEMBLY_INTERNAL_H
#define SB_SMPP_ASSEMBLY_INTERNAL_H

#include "protocols/smpp/assembly.h"

struct smpp_assembly_chunk {
	struct smpp_assembly_chunk *next;
	uint16_t size;
	uint8_t number;
	uint8_t octets[];
};

struct smpp_assembly_source;

struct smpp_assembly_link {
	struct smpp_assembly_message *older, *newer;
};

struct smpp_assembly_list {
	struct smpp_assembly_message *oldest, *newest;
};

enum smpp_assembly_list_kind {
	SMPP_ASSEMBLY_IN_ALL,
	SMPP_ASSEMBLY_IN_SOURCE,
	SMPP_ASSEMBLY_LISTS,
};

struct smpp_assembly_message {
	struct smpp_assembly_message *next; /* in the bucket */
	struct smpp_assembly_link links[SMPP_ASSEMBLY_LISTS];
	struct smpp_assembly_source *source;
	struct smpp_assembly_chunk *chunks; /* the last to come first */
	uint64_t hash;
	uint64_t due;
	size_t memory; /* of it and its chunks */
	size_t text;   /* octets in the chunks */
	struct smpp_encoding encoding;
	uint16_t ref;
	uint8_t kind;
	uint8_t total;
	uint8_t data_coding;
	uint8_t received;
	uint8_t ton;
	uint8_t npi;
	uint16_t digits_size;
	uint8_t digits[]; /* of the destination */
};

struct smpp_assembly_source {
	struct smpp_assembly_source *next; /* in the bucket */
	struct smpp_assembly_list messages;
	uint64_t hash;
	size_t memory; /* of its messages */
	unsigned count;
	uint8_t ton;
	uint8_t npi;
	uint16_t digits_size;
	uint8_t digits[];
};

struct smpp_assembly {
	struct smpp_assembly_options options;
	struct smpp_assembly_counts counts;
	struct smpp_assembly_list all;
	uint8_t *joined; /* what the last call gave out */
	size_t mask;
	struct smpp_assembly_source **sources; /* mask + 1 buckets, behind those of the messages */
	struct smpp_assembly_message *messages[];
};

static inline void *
smpp_assembly_allocate(const struct smpp_assembly *a, size_t size)
{
	return a->options.allocate(a->options.context, size);
}

static inline void
smpp_assembly_release(const struct smpp_assembly *a, void *memory)
{
	if (memory)
		a->options.release(a->options.context, memory);
}

/* What a new one takes of memory. */
static inline size_t
smpp_assembly_source_size(const struct smpp_address *address)
{
	return sizeof(struct smpp_assembly_source) + address->digits.size;
}

static inline size_t
smpp_assembly_message_size(const struct smpp_assembly_part *part)
{
	return sizeof(struct smpp_assembly_message) + part->destination.digits.size;
}

static inline size_t
smpp_assembly_chunk_size(const struct smpp_assembly_part *part)
{
	return sizeof(struct smpp_assembly_chunk) + part->octets.size;
}

uint64_t
smpp_assembly_hash_source(const struct smpp_assembly *a, const struct smpp_address *address);
uint64_t smpp_assembly_hash_part(
	const struct smpp_assembly *a, uint64_t source, const struct smpp_assembly_part *part);

/* NULL: not there. `s` may be NULL, too. */
struct smpp_assembly_source *smpp_assembly_find_source(
	const struct smpp_assembly *a, uint64_t hash, const struct smpp_address *address);
struct smpp_assembly_message *smpp_assembly_find_message(const struct smpp_assembly *a,
	uint64_t hash, const struct smpp_assembly_source *s, const struct smpp_assembly_part *part);

/* NULL: no memory. */
struct smpp_assembly_source *smpp_assembly_make_source(
	struct smpp_assembly *a, uint64_t hash, const struct smpp_address *address);
struct smpp_assembly_message *smpp_assembly_make_message(struct smpp_assembly *a, uint64_t hash,
	struct smpp_assembly_source *s, const struct smpp_assembly_part *part, uint64_t now);
struct smpp_assembly_chunk *smpp_assembly_make_chunk(struct smpp_assembly *a,
	struct smpp_assembly_message *m, const struct smpp_assembly_part *part);

/* Its source stays, without messages perhaps: smpp_assembly_drop_if_idle() sees to that. */
void smpp_assembly_drop_message(struct smpp_assembly *a, struct smpp_assembly_message *m);
void smpp_assembly_drop_if_idle(struct smpp_assembly *a, struct smpp_assembly_source *s);

#endif
