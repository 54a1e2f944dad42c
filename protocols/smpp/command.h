/*
 * Commands by id: names, bodies, answers. Made from pdu_map.h. Pure; any thread.
 */
#ifndef SB_SMPP_COMMAND_H
#define SB_SMPP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pdu_map.h"

enum smpp_command {
#define X(constant, name, id, body, version) SMPP_##constant = (id),
	SMPP_COMMAND_MAP(X)
#undef X
};

#define SMPP_RESPONSE_BIT 0x80000000u
#define SMPP_HEADER_SIZE  16

enum smpp_field_kind {
	SMPP_FIELD_U8,
	SMPP_FIELD_STRING,
	SMPP_FIELD_PASSWORD,
	SMPP_FIELD_TIME,
	SMPP_FIELD_MESSAGE,
	SMPP_FIELD_DESTINATIONS,
	SMPP_FIELD_FAILURES,
};

/* What a masked trace shows of a value. */
enum smpp_privacy {
	SMPP_PRIVACY_OPEN,
	SMPP_PRIVACY_ADDRESS,
	SMPP_PRIVACY_SECRET,
};

/* One row of a body: `offset` is into struct smpp_<body>; kinds and sizes as in pdu_map.h. */
struct smpp_field_info {
	const char *name;
	uint32_t status;
	uint16_t offset;
	uint16_t size;
	uint8_t kind;    /* enum smpp_field_kind */
	uint8_t privacy; /* enum smpp_privacy */
};

struct smpp_command_info {
	uint32_t id;
	uint8_t version; /* the first that has it: 0x33, 0x34, 0x50 */
	uint8_t field_count;
	const char *name;
	const struct smpp_field_info *fields;
};

/* The row of a command, or NULL when the id is not on the table. */
const struct smpp_command_info *smpp_command_find(uint32_t id);

/* All rows in the order of SMPP_COMMAND_MAP, for tests and documents. */
const struct smpp_command_info *smpp_command_table(size_t *count);

/* "submit_sm"; "unknown" when the id is not on the table. A static string. */
const char *smpp_command_name(uint32_t id);

/* The id by name. 0, or SB_ENOENT and *id untouched. */
int smpp_command_from_name(const char *name, uint32_t *id);

/* generic_nack is a response, too. */
static inline bool
smpp_is_response(uint32_t id)
{
	return id >= SMPP_RESPONSE_BIT;
}

/*
 * The id of the one answer a PDU gets: its response; generic_nack when the id
 * is an unknown request; 0 for responses, outbind and alert_notification,
 * which are never answered.
 */
uint32_t smpp_answer_of(uint32_t id);

#endif
