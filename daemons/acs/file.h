/*
 * Files of the ACS: firmware and configurations that devices fetch, and what they upload. A file
 * is a row that says what it is, and pieces in rows of their own; a file that is being
 * written has its pieces counted with each of them, so that whoever finds it unfinished can
 * take all of them away. Pure but for memory.
 */
#ifndef ACS_FILE_H
#define ACS_FILE_H

#include "core/store.h"
#include "daemons/acs/keeper.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACS_FILE_NAME_MAX 128
#define ACS_FILE_PIECE    65536u
#define ACS_FILE_TOKEN    22 /* characters of 16 random octets */

/* Files' ids are small numbers, so that a piece's id holds its file's and its own number. */
#define ACS_FILE_PIECE_BITS 20
#define ACS_FILE_ID_MAX     ((UINT64_C(1) << (63 - ACS_FILE_PIECE_BITS)) - 1)

/* X(field, key in JSON, most octets): what a caller may say of a file. */
#define ACS_FILE_TEXT_MAP(X)                 \
	X(file_type, "fileType", 64)         \
	X(version, "version", 64)            \
	X(oui, "oui", 6)                     \
	X(product_class, "productClass", 64) \
	X(device, "device", ACS_NAME_MAX)

struct acs_file {
	uint64_t id;
	uint64_t size;
	uint32_t pieces;
	bool is_whole;
	int64_t changed_ms; /* Unix */
	char sha256[65];
	char token[ACS_FILE_TOKEN + 1]; /* in the URL that devices fetch it from */
	char name[ACS_FILE_NAME_MAX + 1];
#define X(field, key, most) char field[(most) + 1]; /* "": not said */
	ACS_FILE_TEXT_MAP(X)
#undef X
};

/* 1 to ACS_FILE_NAME_MAX of letters, digits and "._-", no dot in front: it stands in URLs, and
 * perhaps in somebody's file system. */
bool acs_file_name_is_fine(const char *name);

/* What a caller says of a file, with keys as above, into `file`; other keys are passed over.
 * False: a text is too long. */
bool acs_file_take(struct acs_file *file, const json_t *object);

/* For people: all but the token. NULL: no memory. */
json_t *acs_file_object(const struct acs_file *file);

/* ---- as rows ---- */

#define ACS_FILE_HEAD  21
#define ACS_PIECE_HEAD 12

void acs_file_head(const struct acs_file *file, uint8_t head[ACS_FILE_HEAD]);
/* The row's body, for free(3). NULL: no memory. */
char *acs_file_body(const struct acs_file *file);
/* 0 or SB_ECORRUPT. */
int acs_file_read(struct acs_file *file, const struct sb_store_row *row);

uint64_t acs_piece_id(uint64_t file, uint32_t number);
void acs_piece_head(uint64_t file, uint32_t number, uint8_t head[ACS_PIECE_HEAD]);

/* Adds to a transaction that nothing of the file is there any more: 0 or an error. */
int acs_file_erase(struct sb_txn *txn, const struct acs_file *file);

#endif
