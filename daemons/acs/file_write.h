/*
 * The body of a request as it comes, into the store as a file: piece by piece, a few of them on
 * their way at once; the client is not read any further while the store is busy. Embedded in
 * the state of an exchange.
 */
#ifndef ACS_FILE_WRITE_H
#define ACS_FILE_WRITE_H

#include "core/bytes.h"
#include "core/message.h"
#include "daemons/acs/files.h"
#include "protocols/http/server.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum acs_file_write_state {
	ACS_FILE_WRITE_NONE,
	ACS_FILE_WRITE_BEGINS, /* the owner is asked */
	ACS_FILE_WRITE_TAKES,
	ACS_FILE_WRITE_ENDS, /* the owner is told */
	ACS_FILE_WRITE_OVER,
};

struct acs_file_writer {
	struct http_exchange *x;
	const struct acs_files *files;
	enum acs_file_write_state state;
	struct acs_file file;
	int64_t given_ms; /* of the place that an upload comes through; 0: none */
	uint64_t ref;     /* of what the owner was asked */
	EVP_MD_CTX *digest;
	uint8_t *octets; /* that are no piece yet */
	size_t size, room;
	uint32_t on_their_way; /* pieces */
	bool is_held, has_all;
	/* Once: 0 and what the file is, as JSON; or an error, and perhaps a text. */
	void (*done)(struct http_exchange *x, int status, struct sb_bytes text);
};

/* In begin of the exchange. `file` has name and texts; `given_ms` is of the place that an upload
 * comes through, 0: none. `done` may be called from here. */
void acs_file_write_begin(struct acs_file_writer *writer, struct http_exchange *x,
	const struct acs_files *files, const struct acs_file *file, int64_t given_ms,
	void (*done)(struct http_exchange *x, int status, struct sb_bytes text));
/* The same callbacks of the exchange; nothing before the begin, and after `done`. */
void acs_file_write_body(struct acs_file_writer *writer, struct sb_bytes part);
void acs_file_write_end(struct acs_file_writer *writer);
void acs_file_write_message(struct acs_file_writer *writer, const struct sb_message *m);
/* In closed. What was written and not ended goes away. Takes zeroed memory. */
void acs_file_write_fini(struct acs_file_writer *writer);

#endif
