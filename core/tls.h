/*
 * TLS 1.2 and 1.3 by OpenSSL: what a listener or a connector needs to speak it.
 * A context is immutable once made and is used from every shard.
 */
#ifndef SB_CORE_TLS_H
#define SB_CORE_TLS_H

#include <stddef.h>

struct sb_tls;

enum sb_tls_verify {
	SB_TLS_VERIFY_NONE,     /* the peer's certificate is not asked for (client: not checked) */
	SB_TLS_VERIFY_OPTIONAL, /* asked for, checked when presented */
	SB_TLS_VERIFY_REQUIRED, /* mutual TLS; for a client: chain and name are checked */
};

/* A certificate for one server name (SNI). */
struct sb_tls_certificate {
	const char *server_name; /* "mc.example", "*.example"; NULL: the default */
	const char *certificate; /* PEM chain file */
	const char *key;         /* PEM key file */
};

struct sb_tls_options {
	const struct sb_tls_certificate *certificates; /* the first is the default */
	size_t certificate_count;
	const char *ca; /* PEM bundle that signs the peers; NULL: the system's (client) */
	enum sb_tls_verify verify;
	const char *min_version; /* "1.2" (default) or "1.3" */
	const char *ciphers;     /* TLS 1.2 cipher list; NULL: OpenSSL's default */
};

/* Makes a server's or a client's context. On failure `reason` (may be NULL) gets what OpenSSL says,
 * with the file. 0, SB_ETLS, SB_ENOENT, SB_EACCES, SB_EINVAL, SB_ENOMEM. */
int sb_tls_server_new(struct sb_tls **tls, const struct sb_tls_options *options, char *reason,
	size_t reason_size);
int sb_tls_client_new(struct sb_tls **tls, const struct sb_tls_options *options, char *reason,
	size_t reason_size);

/* Drops the caller's reference; connections keep theirs. NULL is fine. */
void sb_tls_free(struct sb_tls *tls);

#endif
