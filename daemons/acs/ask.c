/* Questions to keepers as one piece of memory each, and how ids are written. */
#include "daemons/acs/keeper.h"

#include "core/error.h"
#include "core/registry.h"

#include <stdio.h>
#include <string.h>

struct acs_ask *
acs_ask_new(const struct sb_session *s, const char *device, const char *text)
{
	size_t name = device ? strlen(device) : 0, size = text ? strlen(text) : 0;
	struct acs_ask *ask;

	if (name > ACS_NAME_MAX || size > UINT32_MAX - 1)
		return NULL;
	ask = sb_payload_new(s, sizeof(*ask) + size + 1);
	if (!ask)
		return NULL;
	memset(ask, 0, sizeof(*ask));
	memcpy(ask->device, device ? device : "", name + 1);
	memcpy(ask->text, text ? text : "", size + 1);
	ask->size = (uint32_t)size;
	return ask;
}

int
acs_ask_send(struct sb_session *s, struct sb_address to, enum acs_message type, struct acs_ask *ask,
	uint32_t deadline_ms, uint64_t *ref)
{
	size_t size = sizeof(*ask) + ask->size + 1;
	int err = sb_call(s, to, type, SB_GIVE(ask, size, sb_payload_free), deadline_ms, ref);

	if (err)
		sb_payload_free(ask);
	return err;
}

void
acs_id_print(char out[ACS_ID_SIZE], uint64_t id)
{
	snprintf(out, ACS_ID_SIZE, "%016llx", (unsigned long long)id);
}

bool
acs_id_parse(const char *text, uint64_t *id)
{
	*id = 0;
	for (size_t i = 0; i < ACS_ID_SIZE - 1; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			*id = *id << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*id = *id << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	return text[ACS_ID_SIZE - 1] == '\0';
}

/* ---- keepers by name ---- */

/* FNV-1a: no secret is needed, devices do not choose their names often enough to gain by it. */
static uint32_t
hash_of(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return hash;
}

int
acs_keeper_at(struct sb_session *s, uint32_t number, struct sb_address *keeper)
{
	char name[32];

	snprintf(name, sizeof(name), "acs.keeper.%u", number);
	return sb_lookup(s, name, keeper);
}

uint32_t
acs_keeper_number(const struct acs_keepers *keepers, const char *device)
{
	return hash_of(device) % keepers->count;
}

int
acs_keeper_of(struct sb_session *s, const struct acs_keepers *keepers, const char *device,
	struct sb_address *keeper)
{
	return acs_keeper_at(s, acs_keeper_number(keepers, device), keeper);
}
