/*
 * A file, or the part of it that was asked for, out of the store as the answer of an exchange:
 * piece by piece, the next one when the client has taken the last. Embedded in the state of an
 * exchange.
 */
#ifndef ACS_FILE_READ_H
#define ACS_FILE_READ_H

#include "core/message.h"
#include "daemons/acs/files.h"
#include "protocols/http/file.h"
#include "protocols/http/server.h"

#include <stdint.h>

struct acs_file_reader {
	struct http_file_sender sender; /* first */
	struct sb_store *store;
	uint64_t id;
	uint64_t at;  /* where the next octets begin */
	uint64_t ref; /* of the piece that was asked for; 0: none is */
};

/* Answers: 200, 206 with the range that was asked for, 304, 412, 416. */
void acs_file_read_begin(struct acs_file_reader *reader, struct http_exchange *x,
	struct sb_store *store, const struct acs_file *file);
/* The same callbacks of the exchange; nothing before the begin. */
void acs_file_read_message(struct acs_file_reader *reader, const struct sb_message *m);
void acs_file_read_drained(struct acs_file_reader *reader);
void acs_file_read_closed(struct acs_file_reader *reader);

#endif
