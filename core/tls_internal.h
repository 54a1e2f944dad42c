/* TLS from the inside: a context, and the stream of one connection. */
#ifndef SB_CORE_TLS_INTERNAL_H
#define SB_CORE_TLS_INTERNAL_H

#include "env.h"
#include "peer.h"
#include "tls.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct sb_connection;

/* A server has one SSL_CTX for each certificate: the handshake begins with the first and may go
 * over to another once the client has said the name. Immutable but for the count. */
struct sb_tls_server_name {
	char *name; /* "mc.example", "*.example"; NULL: none */
	SSL_CTX *context;
};

struct sb_tls {
	_Atomic unsigned references;
	bool is_server;
	enum sb_tls_verify verify;
	BIO_METHOD *bio_method;
	size_t name_count;                 /* at least 1 */
	struct sb_tls_server_name names[]; /* the first is the default */
};

/* What sb_connection.tls points to. */
struct sb_tls_stream {
	struct sb_tls *tls; /* a reference */
	SSL *ssl;
	struct sb_tls_identity *identity; /* sb_peer.tls; NULL until the handshake is done */
	const char *reason;               /* why it failed: a static text; NULL: it did not */
	int socket_error;                 /* the socket's last, which OpenSSL cannot carry */
	bool has_socket_ended;            /* the peer's FIN was read */
	bool is_truncated;                /* the input ended without close_notify */
	bool is_drained;                  /* the last read found nothing more in the socket */
};

/* Why TLS failed on this connection, in a few words for the log; "" when it did not. A static text
 * or one of OpenSSL's. Own thread. */
const char *sb_tls_reason(const struct sb_connection *c);

/* Whether the input ended by FIN alone: the peer, or somebody between us, left out close_notify.
 * Own thread. */
bool sb_tls_is_truncated(const struct sb_connection *c);

/* The environment that the connection lives in now, which may change by hand-over. */
const struct sb_env *sb_tls_env(const struct sb_connection *c);

/* tls_context.c */
struct sb_tls *sb_tls_hold(struct sb_tls *tls);

/* Where the caller wants to be told what is wrong; may be nowhere. */
struct sb_tls_reason {
	char *text;
	size_t size;
};

/* tls_certificate.c: certificate, key and the signers of peers into a context. 0, SB_ENOENT,
 * SB_EACCES, SB_ETLS, SB_EINVAL. */
int sb_tls_use_certificate(SSL_CTX *context, const struct sb_tls_certificate *certificate,
	struct sb_tls_reason reason);
int sb_tls_use_ca(SSL_CTX *context, const char *ca, bool is_server, struct sb_tls_reason reason);
/* Writes "SUBJECT: TEXT"; without a text what OpenSSL says, else what `error` says. Drains
 * OpenSSL's queue. Gives `error`. */
int sb_tls_explain(int error, const char *subject, const char *text, struct sb_tls_reason reason);

/* tls_server_name.c: whether `name` of a client fits `pattern`; the context for a name. */
bool sb_tls_name_matches(const char *pattern, const char *name);
SSL_CTX *sb_tls_context_for(const struct sb_tls *tls, const char *name);
/* The name a client connects to: SNI unless it is an IP address, and what the certificate is
 * checked against. NULL or "" with verification: SB_EINVAL. SB_ENOMEM. */
int sb_tls_expect_name(SSL *ssl, const char *name, bool is_checked);

/* tls_bio.c: octets between OpenSSL and the connection's socket. */
BIO_METHOD *sb_tls_bio_method_new(void);
BIO *sb_tls_bio_new(const BIO_METHOD *method, struct sb_connection *c);

/* tls_identity.c: what the finished handshake of `ssl` proved, in one piece of memory of `env`;
 * `is_checked`: it would have failed on a wrong certificate. NULL: no memory. */
struct sb_tls_identity *
sb_tls_identity_new(const struct sb_env *env, const SSL *ssl, bool is_checked);

#endif
