/* What a handshake proved about the peer, copied out of OpenSSL in one piece. */
#include "core/bytes.h"
#include "core/tls_internal.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* A certificate of the usual size has far less; what is longer is cut by names, not within one. */
#define TEXT_MAX 2048

struct text {
	char data[TEXT_MAX];
	size_t size; /* 0: there is none */
};

/* Subject in the form of RFC 2253, with letters beyond ASCII as they are. */
static void
read_subject(X509 *certificate, struct text *out)
{
	const unsigned long form = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
	BIO *bio = BIO_new(BIO_s_mem());
	int size = 0;

	if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, form) > 0)
		size = BIO_read(bio, out->data, TEXT_MAX);
	/* One that does not fit is left out: half a subject may be somebody else's. */
	out->size = size > 0 && size < TEXT_MAX ? (size_t)size : 0;
	BIO_free(bio);
}

/* Its last CN; one with an octet 0 inside could be taken for a shorter name, and is none. */
static void
read_common_name(X509 *certificate, struct text *out)
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	unsigned char *utf8 = NULL;
	int at = -1, last = -1, size;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
		last = at;
	if (last < 0)
		return;
	size = ASN1_STRING_to_UTF8(
		&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
	if (size > 0 && size < TEXT_MAX && !memchr(utf8, '\0', (size_t)size)) {
		memcpy(out->data, utf8, (size_t)size);
		out->size = (size_t)size;
	}
	OPENSSL_free(utf8);
}

static void
append_name(struct text *out, const char *kind, struct sb_bytes name)
{
	int size = snprintf(out->data + out->size, TEXT_MAX - out->size, "%s%s%.*s",
		out->size ? "," : "", kind, (int)name.size, (const char *)name.data);

	/* Otherwise the name is not there: what snprintf has written lies behind the size. */
	if (out->size + (size_t)size < TEXT_MAX)
		out->size += (size_t)size;
}

/* A comma would make two names of one, and other names have no such octets either. */
static bool
is_plain(struct sb_bytes name)
{
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] <= ' ' || name.data[i] >= 0x7f || name.data[i] == ',')
			return false;
	return name.size > 0;
}

static void
append_text(struct text *out, const char *kind, const ASN1_STRING *string)
{
	struct sb_bytes name =
		sb_bytes(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));

	if (is_plain(name))
		append_name(out, kind, name);
}

static void
append_ip(struct text *out, const ASN1_STRING *octets)
{
	int family = ASN1_STRING_length(octets) == 4 ? AF_INET : AF_INET6;
	char shown[INET6_ADDRSTRLEN];

	if (family == AF_INET6 && ASN1_STRING_length(octets) != 16)
		return;
	if (inet_ntop(family, ASN1_STRING_get0_data(octets), shown, sizeof(shown)))
		append_name(out, "IP:", sb_bytes_text(shown));
}

/* Only kinds that a configuration would name a peer by. */
static void
append_general_name(struct text *out, const GENERAL_NAME *name)
{
	int type;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);

	switch (type) {
	case GEN_DNS:
		append_text(out, "DNS:", value);
		break;
	case GEN_EMAIL:
		append_text(out, "email:", value);
		break;
	case GEN_URI:
		append_text(out, "URI:", value);
		break;
	case GEN_IPADD:
		append_ip(out, value);
		break;
	default: /* kinds that name no host and nobody we know */
		break;
	}
}

static void
read_alt_names(X509 *certificate, struct text *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		append_general_name(out, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
}

/* The texts lie behind the struct, in the order in which they are stored. */
static const char *
store(struct sb_writer *w, struct sb_bytes text)
{
	const char *at = (const char *)w->at;

	if (!text.size)
		return NULL;
	sb_put_bytes(w, text.data, text.size);
	sb_put_u8(w, '\0');
	return at;
}

enum { SUBJECT, COMMON_NAME, ALT_NAMES, TEXTS };

static struct sb_tls_identity *
pack(const struct sb_env *env, const SSL *ssl, const struct text texts[TEXTS], bool is_verified)
{
	const char *server_name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	size_t size = server_name ? strlen(server_name) + 1 : 0;
	struct sb_tls_identity *identity;
	struct sb_writer w;

	for (int i = 0; i < TEXTS; i++)
		size += texts[i].size ? texts[i].size + 1 : 0;
	/* One block with all its texts: it goes with the connection, on whatever shard that
	 * ends. */
	identity = env->allocate(env->context, sizeof(*identity) + size);
	if (!identity)
		return NULL;
	w = sb_writer_of(identity + 1, size);
	*identity = (struct sb_tls_identity){
		.version = SSL_get_version(ssl),
		.cipher = SSL_get_cipher_name(ssl),
		.server_name = server_name ? store(&w, sb_bytes_text(server_name)) : NULL,
		.verified = is_verified,
		.subject = store(&w, sb_bytes(texts[SUBJECT].data, texts[SUBJECT].size)),
		.common_name =
			store(&w, sb_bytes(texts[COMMON_NAME].data, texts[COMMON_NAME].size)),
		.alt_names = store(&w, sb_bytes(texts[ALT_NAMES].data, texts[ALT_NAMES].size)),
	};
	return identity;
}

struct sb_tls_identity *
sb_tls_identity_new(const struct sb_env *env, const SSL *ssl, bool is_checked)
{
	X509 *certificate = SSL_get0_peer_certificate(ssl);
	struct text texts[TEXTS];
	bool is_verified = is_checked && certificate && SSL_get_verify_result(ssl) == X509_V_OK;

	for (int i = 0; i < TEXTS; i++)
		texts[i].size = 0;
	if (certificate) {
		read_subject(certificate, &texts[SUBJECT]);
		read_common_name(certificate, &texts[COMMON_NAME]);
		read_alt_names(certificate, &texts[ALT_NAMES]);
	}
	return pack(env, ssl, texts, is_verified);
}
