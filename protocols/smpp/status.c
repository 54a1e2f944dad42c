/*
 * Names of command_status (3.4, 5.1.3), made from one map: numbers to names by a
 * switch, names to numbers by a list that knows the older spellings as well.
 */
#include "protocols/smpp/status.h"

#include <stddef.h>
#include <strings.h>

#include "core/error.h"

#define PREFIX       "ESME_"
#define VENDOR_FIRST 0x400
#define VENDOR_LAST  0x4FF

static const struct {
	const char *name;
	uint32_t code;
} names[] = {
#define X(name, code) {PREFIX #name, code},
	SMPP_STATUS_MAP(X) SMPP_STATUS_ALIAS_MAP(X)
#undef X
};

static const char *
name_of(uint32_t status)
{
	switch (status) {
#define X(name, code) \
	case code:    \
		return PREFIX #name;
		SMPP_STATUS_MAP(X)
#undef X
	}
	return NULL;
}

const char *
smpp_status_name(uint32_t status)
{
	const char *name = name_of(status);

	if (name)
		return name;
	return status >= VENDOR_FIRST && status <= VENDOR_LAST ? PREFIX "VENDOR"
							       : PREFIX "RESERVED";
}

bool
smpp_status_is_known(uint32_t status)
{
	return name_of(status) != NULL;
}

int
smpp_status_from_name(const char *name, uint32_t *status)
{
	const size_t prefix = sizeof(PREFIX) - 1;

	if (strncasecmp(name, PREFIX, prefix) == 0)
		name += prefix;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(names[i].name + prefix, name) == 0) {
			*status = names[i].code;
			return 0;
		}
	}
	return SB_ENOENT;
}

/* What a sender should try again, later; everything else is final for that message. */
bool
smpp_status_is_temporary(uint32_t status)
{
	return status == SMPP_RTHROTTLED || status == SMPP_RMSGQFUL || status == SMPP_RSYSERR ||
	       status == SMPP_RX_T_APPN;
}
