#include "core/bytes.h"
#include "protocols/cwmp/server_internal.h"

#include <openssl/evp.h>
#include <stdio.h>

#define PREFIX "cwmp:"
#define DIGEST 32

/* The registry's names end at 255 octets: of a device with a longer one it is a digest. */
void
cwmp_registry_name(const char *device, char out[CWMP_NAME_SIZE])
{
	size_t size = strlen(device);
	uint8_t digest[DIGEST] = {0};
	char *at = out + sizeof(PREFIX) - 1;

	memcpy(out, PREFIX, sizeof(PREFIX));
	if (size <= CWMP_NAME_SIZE - sizeof(PREFIX)) {
		memcpy(at, device, size + 1);
		return;
	}
	(void)EVP_Q_digest(NULL, "SHA256", NULL, device, size, digest, NULL);
	*at++ = '*';
	for (size_t i = 0; i < DIGEST; i++)
		(void)snprintf(at + 2 * i, 3, "%02x", digest[i]);
}
