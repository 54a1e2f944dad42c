/*
 * The journal of a load: each message has a number at the beginning of its text,
 * and what was sent, answered and delivered is written down, a line each, in the
 * order in which a session saw or wrote it. Whoever kills a message centre checks
 * afterwards by it what that owed. One thread.
 *
 *	S <session> <number> <destination>      submit_sm was sent
 *	A <session> <number> <id> <status>      its response came; `-` for an empty id
 *	D <session> <number> <destination>      deliver_sm came and is answered
 *	R <session> <id> <state>                so a receipt
 */
#ifndef TESTS_BENCH_SMPP_LOAD_JOURNAL_H
#define TESTS_BENCH_SMPP_LOAD_JOURNAL_H

#include "core/bytes.h"
#include "protocols/smpp/receipt.h"

#include <stdint.h>
#include <stdio.h>

/* Hexadecimal digits of a number in a text. */
enum { JOURNAL_DIGITS = 16 };

struct journal {
	FILE *file; /* NULL: none is kept */
	uint32_t life;
};

/* Appends to the file. 0 or SB_EIO (said on standard error). */
int journal_open(struct journal *journal, const char *path, uint32_t life);
/* Writes what waits; 0 or SB_EIO (said). */
int journal_close(struct journal *journal);

/* The number of a message: the load's life, its session, its sequence number. */
uint64_t journal_number(const struct journal *journal, uint32_t session, uint32_t sequence);

void journal_sent(
	struct journal *journal, uint32_t session, uint64_t number, struct sb_bytes destination);
void journal_answered(struct journal *journal, uint32_t session, uint64_t number,
	struct sb_bytes message_id, uint32_t status);
void journal_delivered(struct journal *journal, uint32_t session, struct sb_bytes text,
	struct sb_bytes destination);
void journal_receipt(struct journal *journal, uint32_t session, const struct smpp_receipt *receipt);

#endif
