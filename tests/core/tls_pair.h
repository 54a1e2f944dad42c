/*
 * Two ends of TLS without a shard: bare connections over a socket pair, driven
 * by the test. A session here is no more than the way to an environment.
 */
#ifndef SB_TESTS_CORE_TLS_PAIR_H
#define SB_TESTS_CORE_TLS_PAIR_H

#include "core/session_internal.h"
#include "core/tls_internal.h"
#include "tests/support/certificates.h"
#include "tests/support/socket_env.h"

struct tls_end {
	struct socket_env env;
	struct sb_shard *shard;
	struct sb_session *session;
	struct sb_connection *connection; /* NULL: closed */
	int handshake;                    /* how it ended, or SB_AGAIN */
};

struct tls_pair {
	struct tls_end server, client;
};

/* Both ends, attached; nothing is sent yet. Contexts are borrowed. Fails the test. */
void tls_pair_open(struct tls_pair *pair, struct sb_tls *server, struct sb_tls *client,
	const char *server_name);

/* Drives both handshakes until neither goes further. 0, or the first error of either end. */
int tls_pair_handshake(struct tls_pair *pair);

/* Closes what is open; fails the test when memory of an environment is left. */
void tls_pair_close(struct tls_pair *pair);

/* One end without the other: TLS or bare octets on `fd`, which is taken. */
void tls_end_open(struct tls_end *end, int fd, bool is_server);
void tls_end_attach(struct tls_end *end, struct sb_tls *tls, const char *server_name);
void tls_end_close(struct tls_end *end);

struct sb_tls_stream *tls_stream(const struct tls_end *end);

/* The transport's calls. */
ssize_t tls_end_read(struct tls_end *end, void *buf, size_t size);
ssize_t tls_end_write(struct tls_end *end, const void *data, size_t size);
int tls_end_finish(struct tls_end *end);
bool tls_end_pending(const struct tls_end *end);

/* Says `text` from one to the other and fails the test unless it arrives. */
void assert_tls_says(struct tls_end *from, struct tls_end *to, const char *text);

/* Contexts of the certificates' folder; names without .pem; NULL: none. Fail the test. */
struct sb_tls *tls_server_of(const struct certificates *certificates, const char *name,
	enum sb_tls_verify verify, const char *ca);
struct sb_tls *tls_client_of(const struct certificates *certificates, const char *name,
	enum sb_tls_verify verify, const char *ca);

#endif
