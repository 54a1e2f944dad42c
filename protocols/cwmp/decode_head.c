/* What a document begins with: which octets are none of it, and what they say the others are. */
#include "protocols/cwmp/decode_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DECLARATION_MAX 256
#define ENCODING_MAX    32

bool
cwmp_head_is_whole(const struct cwmp_decoder *d)
{
	if (d->held < CWMP_HEAD_LEAST)
		return false;
	return memcmp(d->hold, "<?xm", 4) != 0 || d->hold[d->held - 1] == '>' ||
	       d->held == DECLARATION_MAX;
}

struct sb_bytes
cwmp_head_take(struct cwmp_decoder *d, struct sb_bytes part)
{
	while (part.size && !cwmp_head_is_whole(d)) {
		uint8_t octet = *part.data++;

		part.size--;
		if (d->held == 0 && cwmp_is_blank(octet))
			continue;
		d->hold[d->held++] = octet;
		if (d->held == 3 && memcmp(d->hold, "\xef\xbb\xbf", 3) == 0)
			d->held = 0;
	}
	return part;
}

/* What the declaration says, into `name`; "": nothing. */
static void
declared_encoding(struct cwmp_decoder *d, char name[static ENCODING_MAX])
{
	const char *at;

	d->hold[d->held] = '\0';
	at = strstr((const char *)d->hold, "encoding");
	name[0] = '\0';
	if (!at)
		return;
	at += strcspn(at, "'\"");
	at += *at != '\0';
	(void)snprintf(name, ENCODING_MAX, "%.*s", (int)strcspn(at, "'\""), at);
}

/* Devices say ASCII of what is more than that; and a name that nobody knows is no reason to
 * understand nothing. Both are read as if they had said none. */
static bool
is_encoding(const char *name)
{
	xmlCharEncodingHandlerPtr handler;

	if (!*name || strcasecmp(name, "UTF-8") == 0)
		return true;
	if (strcasecmp(name, "US-ASCII") == 0 || strcasecmp(name, "ASCII") == 0)
		return false;
	handler = xmlFindCharEncodingHandler(name);
	if (handler)
		xmlCharEncCloseFunc(handler);
	return handler != NULL;
}

bool
cwmp_head_has_encoding(struct cwmp_decoder *d)
{
	char name[ENCODING_MAX];

	declared_encoding(d, name);
	return is_encoding(name);
}
