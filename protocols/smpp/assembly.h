/*
 * Parts of long messages, joined. Everything about it is bounded, for parts come
 * from peers who may never send the rest: open messages and octets in all and a
 * source, and the time that a message may wait. When a bound is reached the
 * oldest open message gives way (of that source first), and is counted.
 *
 * One thread at a time. Memory is the caller's functions'; the clock is the
 * caller's, in any unit that grows.
 *
 *	err = smpp_assembly_part_of(&pdu, &reading, scratch, sizeof(scratch), &part);
 *	if (err == SB_ENOENT)
 *		... not a part: smpp_text_read()
 *	err = smpp_assembly_add(assembly, &part, now, &whole);
 *	if (err == 0)
 *		smpp_text_decode(whole.octets, &whole.encoding, false, 0, &utf8);
 */
#ifndef SB_SMPP_ASSEMBLY_H
#define SB_SMPP_ASSEMBLY_H

#include <stddef.h>
#include <stdint.h>

#include "../../core/bytes.h"
#include "address.h"
#include "text.h"
#include "udh.h"

struct smpp_assembly;

struct smpp_assembly_options {
	/* As in struct sb_env. `allocate` gives memory for any type, or NULL. */
	void *context;
	void *(*allocate)(void *context, size_t size);
	void (*release)(void *context, void *memory);
	uint64_t seed; /* at random: keys come from peers */

	uint64_t wait;                /* of a message from its first part on, in the clock's unit */
	size_t octets_max;            /* memory of all open messages; 0: 4 MiB */
	size_t source_octets_max;     /* of those of one source; 0: 256 KiB */
	unsigned messages_max;        /* open at once; 0: 4096 */
	unsigned source_messages_max; /* of one source; 0: 16 */
};

/* 0; SB_EINVAL without functions or `wait`; SB_ENOMEM. */
int smpp_assembly_new(const struct smpp_assembly_options *options, struct smpp_assembly **assembly);
void smpp_assembly_free(struct smpp_assembly *assembly);

/* How parts are numbered. Numbers of different kinds have nothing to do with each other. */
enum smpp_assembly_kind {
	SMPP_ASSEMBLY_UDH_8,
	SMPP_ASSEMBLY_UDH_16,
	SMPP_ASSEMBLY_SAR,
};

struct smpp_assembly_part {
	struct smpp_address source;
	struct smpp_address destination;
	uint8_t kind; /* enum smpp_assembly_kind */
	uint8_t data_coding;
	struct smpp_encoding encoding; /* zeros when the octets are no text */
	struct smpp_concat concat;
	struct sb_bytes octets; /* without the user data header, unpacked */
};

/*
 * A PDU as a part: by its user data header, else by its sar_ TLVs. Packed septets
 * are unpacked into `scratch` (SMPP_ASSEMBLY_SCRATCH octets do for short
 * messages); else `octets` is a view into the PDU. 0; SB_ENOENT when the PDU is no
 * part of a longer message (a total of 1 is none); SB_EPROTO for a bad user data
 * header; SB_ENOSPC.
 */
int smpp_assembly_part_of(const struct smpp_pdu *pdu, const struct smpp_text_reading *reading,
	void *scratch, size_t scratch_size, struct smpp_assembly_part *part);

#define SMPP_ASSEMBLY_SCRATCH 300

struct smpp_assembled {
	struct sb_bytes octets; /* all parts in order; good until the next call */
	uint8_t data_coding;
	/* As its first part to come had it. Zeros when the octets are no text, which is what
	 * smpp_text_encoding says of data_coding. */
	struct smpp_encoding encoding;
	unsigned parts;
};

/*
 * Keeps a part, or joins the message when it is the last one missing. 0 and
 * *whole; SB_AGAIN: kept, others are missing; SB_EEXIST: this number is there
 * already, what came first stays; SB_ELIMIT: its own message had to give way, and is
 * gone, or it is too large alone; SB_ENOMEM: the part is not kept, all else is as it was;
 * SB_EINVAL: a number out of range.
 *
 * Parts belong together when both addresses, kind, reference, total and
 * data_coding are the same: one that contradicts the total is of another message.
 */
int smpp_assembly_add(struct smpp_assembly *assembly, const struct smpp_assembly_part *part,
	uint64_t now, struct smpp_assembled *whole);

/* Drops what has waited too long (smpp_assembly_add() does this, too). The messages dropped. */
unsigned smpp_assembly_expire(struct smpp_assembly *assembly, uint64_t now);

/* When the next one is due; UINT64_MAX: none is open. */
uint64_t smpp_assembly_deadline(const struct smpp_assembly *assembly);

struct smpp_assembly_counts {
	/* Now. */
	unsigned messages;
	unsigned sources;
	size_t octets; /* of memory */
	/* Since it was made. */
	uint64_t parts;      /* kept or joined */
	uint64_t joined;     /* messages that became whole */
	uint64_t duplicates; /* parts that were there already */
	uint64_t expired;    /* messages that waited too long */
	uint64_t evicted;    /* messages that gave way at a bound */
};

struct smpp_assembly_counts smpp_assembly_counts(const struct smpp_assembly *assembly);

#endif
