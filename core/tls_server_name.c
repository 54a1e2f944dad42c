/* Server names: which certificate a server shows, which name a client asks for and checks. */
#include "core/error.h"
#include "core/tls_internal.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>

bool
sb_tls_name_matches(const char *pattern, const char *name)
{
	const char *dot = strchr(name, '.');

	if (pattern[0] != '*' || pattern[1] != '.')
		return strcasecmp(pattern, name) == 0;
	/* The star is one label, not a part of one, nor several, nor none. */
	return dot && dot != name && strcasecmp(pattern + 1, dot) == 0;
}

/* An exact name is better than a wildcard, whatever their order. */
SSL_CTX *
sb_tls_context_for(const struct sb_tls *tls, const char *name)
{
	SSL_CTX *wildcard = NULL;

	for (size_t i = 0; i < tls->name_count; i++) {
		const char *pattern = tls->names[i].name;

		if (!pattern || !sb_tls_name_matches(pattern, name))
			continue;
		if (pattern[0] != '*')
			return tls->names[i].context;
		if (!wildcard)
			wildcard = tls->names[i].context;
	}
	return wildcard ? wildcard : tls->names[0].context;
}

/* A host name is sent and, if asked for, checked without the dot that ends a full one. */
static int
expect_host(SSL *ssl, const char *name, bool is_checked)
{
	char host[TLSEXT_MAXLEN_host_name + 1];
	size_t size = strlen(name);

	if (name[size - 1] == '.')
		size--;
	if (size == 0 || size >= sizeof(host))
		return SB_EINVAL;
	memcpy(host, name, size);
	host[size] = '\0';
	if (SSL_set_tlsext_host_name(ssl, host) != 1)
		return SB_ENOMEM;
	if (!is_checked)
		return 0;
	/* "www*.example" is no pattern that anybody should sign. */
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, host) == 1 ? 0 : SB_ENOMEM;
}

static bool
is_ip(const char *name)
{
	ASN1_OCTET_STRING *ip = a2i_IPADDRESS(name);

	ASN1_OCTET_STRING_free(ip);
	return ip != NULL;
}

int
sb_tls_expect_name(SSL *ssl, const char *name, bool is_checked)
{
	if (!name || !*name)
		return is_checked ? SB_EINVAL : 0;
	if (!is_ip(name))
		return expect_host(ssl, name, is_checked);
	/* RFC 6066, section 3: an address is not sent as a server name. */
	if (!is_checked)
		return 0;
	return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1 ? 0 : SB_ENOMEM;
}
