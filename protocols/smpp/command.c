/*
 * The table of commands as data, made from pdu_map.h. Decoder and encoder are
 * code made from the same map; who works by name or walks a body (printer,
 * metrics, documents) reads it here.
 */
#include "protocols/smpp/command.h"

#include <string.h>

#include "core/error.h"
#include "protocols/smpp/pdu.h"

/* The rows of each body, as data: what the printer walks and documents show. */
#define FIELD(body, kind, field, size, status, privacy)                                       \
	{#field, SMPP_##status, offsetof(struct smpp_##body, field), size, SMPP_FIELD_##kind, \
		SMPP_PRIVACY_##privacy},
#define X(body)                                                                                  \
	static const struct smpp_field_info fields_##body[] = {SMPP_FIELDS_##body(FIELD, body)}; \
	enum { COUNT_##body = sizeof(fields_##body) / sizeof(fields_##body[0]) };
SMPP_BODY_MAP(X)
#undef X
#undef FIELD

/* An initialiser of the union of struct smpp_pdu clears its first member: it must be the largest,
 * or the rest would keep what was there. */
#define X(body)                                                                        \
	_Static_assert(sizeof(struct smpp_##body) <= sizeof(struct smpp_submit_multi), \
		"the first body of SMPP_BODY_MAP is the largest");
SMPP_BODY_MAP(X)
#undef X

#define fields_none NULL
enum { COUNT_none = 0 };

static const struct smpp_command_info commands[] = {
#define X(constant, name, id, body, version) {id, version, COUNT_##body, #name, fields_##body},
	SMPP_COMMAND_MAP(X)
#undef X
};

enum command_index {
#define X(constant, name, id, body, version) INDEX_##constant,
	SMPP_COMMAND_MAP(X)
#undef X
};

/* A switch over constants, which the compiler makes a search or a jump; ids are too sparse for an
 * array. */
const struct smpp_command_info *
smpp_command_find(uint32_t id)
{
	switch (id) {
#define X(constant, name, id, body, version) \
	case id:                             \
		return &commands[INDEX_##constant];
		SMPP_COMMAND_MAP(X)
#undef X
	}
	return NULL;
}

const struct smpp_command_info *
smpp_command_table(size_t *count)
{
	*count = sizeof(commands) / sizeof(commands[0]);
	return commands;
}

const char *
smpp_command_name(uint32_t id)
{
	const struct smpp_command_info *command = smpp_command_find(id);

	return command ? command->name : "unknown";
}

int
smpp_command_from_name(const char *name, uint32_t *id)
{
	/* Configurations and tests only: no index for it. */
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0) {
			*id = commands[i].id;
			return 0;
		}
	}
	return SB_ENOENT;
}

uint32_t
smpp_answer_of(uint32_t id)
{
	if (smpp_is_response(id) || id == SMPP_OUTBIND || id == SMPP_ALERT_NOTIFICATION)
		return 0;
	return smpp_command_find(id) ? id | SMPP_RESPONSE_BIT : SMPP_GENERIC_NACK;
}
