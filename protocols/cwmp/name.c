#include "core/registry.h"
#include "protocols/cwmp/server_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "cwmp:"

/* The registry's names end at 255 octets. A device whose name is longer has the beginning of it, and
 * a number for the rest that nobody can aim at: two of a number would share their sessions. */
void
cwmp_registry_name(struct cwmp_tokens *tokens, const char *device, char out[CWMP_NAME_SIZE])
{
	size_t size = strlen(device);

	memcpy(out, PREFIX, sizeof(PREFIX));
	if (size <= CWMP_NAME_SIZE - sizeof(PREFIX)) {
		memcpy(out + sizeof(PREFIX) - 1, device, size + 1);
		return;
	}
	(void)snprintf(out + sizeof(PREFIX) - 1, CWMP_NAME_SIZE - sizeof(PREFIX) + 1,
		"%.*s*%016" PRIx64, CWMP_NAME_SIZE - (int)sizeof(PREFIX) - 17, device,
		cwmp_tokens_hash(tokens, sb_bytes(device, size)));
}
