/* How a device writes: which prefixes and which of the CWMP namespaces. */
#include "protocols/cwmp/decode_internal.h"

#include <ctype.h>
#include <string.h>

#define CWMP_URI "urn:dslforum-org:cwmp-"

/* What a namespace is to us. Some devices still write XML Schema's of 1999. */
static const struct {
	const char *uri;
	size_t offset; /* of its prefix */
} known[] = {
	{"http://schemas.xmlsoap.org/soap/envelope/", offsetof(struct cwmp_dialect, env)},
	{"http://schemas.xmlsoap.org/soap/encoding/", offsetof(struct cwmp_dialect, enc)},
	{"http://www.w3.org/2001/XMLSchema", offsetof(struct cwmp_dialect, xsd)},
	{"http://www.w3.org/2001/XMLSchema-instance", offsetof(struct cwmp_dialect, xsi)},
	{"http://www.w3.org/1999/XMLSchema", offsetof(struct cwmp_dialect, xsd)},
	{"http://www.w3.org/1999/XMLSchema-instance", offsetof(struct cwmp_dialect, xsi)},
};

/* A prefix goes into every tag that we write: only what cannot be anything else, if it fits. */
static void
remember_prefix(char *to, const char *prefix)
{
	size_t length = prefix ? strlen(prefix) : 0;

	if (length == 0 || length >= sizeof(((struct cwmp_dialect *)0)->cwmp))
		return;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)prefix[i]) && !strchr("-_.", prefix[i]))
			return;
	memcpy(to, prefix, length + 1);
}

static bool
is_cwmp(const char *uri)
{
	const char *digits = uri + strlen(CWMP_URI);

	return strncmp(uri, CWMP_URI, strlen(CWMP_URI)) == 0 && isdigit((unsigned char)digits[0]) &&
	       digits[1] == '-' && isdigit((unsigned char)digits[2]) && digits[3] == '\0';
}

static enum cwmp_version
version_of(const char *uri)
{
	const char *digits = uri + strlen(CWMP_URI);

	if (digits[0] != '1' || digits[2] > '4')
		return CWMP_1_4;
	return (enum cwmp_version)(digits[2] - '0');
}

void
cwmp_dialect_used(struct cwmp_dialect *dialect, const char *prefix, const char *uri)
{
	if (!uri || !is_cwmp(uri))
		return;
	strcpy(dialect->uri, uri);
	dialect->version = version_of(uri);
	remember_prefix(dialect->cwmp, prefix);
}

static void
declared(struct cwmp_dialect *dialect, const char *prefix, const char *uri)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].uri, uri) == 0) {
			remember_prefix((char *)dialect + known[i].offset, prefix);
			return;
		}
	cwmp_dialect_used(dialect, prefix, uri);
}

void
cwmp_dialect_declared(struct cwmp_dialect *dialect, int count, const xmlChar **namespaces)
{
	for (int i = 0; i < count; i++)
		if (namespaces[2 * i + 1])
			declared(dialect, (const char *)namespaces[2 * i],
				(const char *)namespaces[2 * i + 1]);
}

/* Two of them alike: a device that means another namespace by one of ours, or one prefix by
 * turns. */
static bool
has_twins(const struct cwmp_dialect *d)
{
	const char *const prefixes[] = {d->env, d->enc, d->xsd, d->xsi, d->cwmp};

	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(prefixes[i], prefixes[j]) == 0)
				return true;
	return false;
}

void
cwmp_dialect_finish(struct cwmp_dialect *dialect, const struct cwmp_header *header)
{
	if (has_twins(dialect)) {
		struct cwmp_dialect ours;

		cwmp_dialect_init(&ours, dialect->version);
		strcpy(ours.uri, dialect->uri);
		*dialect = ours;
	}
	if (header->supported_cwmp_versions)
		dialect->version = CWMP_1_4;
	else if (header->session_timeout && dialect->version == CWMP_1_2)
		dialect->version = CWMP_1_3;
}
