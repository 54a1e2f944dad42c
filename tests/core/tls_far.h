/*
 * The far end of a simulated connection, speaking TLS by OpenSSL alone: nothing
 * of ours is in it but the certificates.
 */
#ifndef SB_TESTS_CORE_TLS_FAR_H
#define SB_TESTS_CORE_TLS_FAR_H

#include "tests/core/probe.h"
#include "tests/support/certificates.h"

#include <openssl/ssl.h>

struct tls_far {
	struct fixture *fixture;
	struct sim_peer *peer;
	SSL_CTX *context;
	SSL *ssl;
	BIO *in, *out;        /* memory: what came, what goes */
	size_t send_max;      /* octets of one send, each in a run of its own; 0: all at once */
	size_t greeting_size; /* zeros, written as soon as the handshake is done here */
	char text[65536];     /* what was decrypted */
	size_t text_size;
	bool has_ended; /* by close_notify */
	unsigned error; /* OpenSSL's reason of the first failure; 0: none */
};

/* A client of the listener on `port`; `certificate` (a name of the usual set) may be NULL. It
 * trusts everybody: what it is shown, the test looks at. `server_name` may be NULL. */
void tls_far_connect(struct tls_far *far, struct fixture *fixture, uint16_t port,
	const struct certificates *certificates, const char *certificate, const char *server_name);

/* A server on a connection that the node made. */
void tls_far_accept(struct tls_far *far, struct fixture *fixture, struct sim_peer *peer,
	const struct certificates *certificates, const char *certificate);

/* Moves octets both ways, and the node, until nothing more comes at once. */
void tls_far_run(struct tls_far *far);

void tls_far_write(struct tls_far *far, const void *data, size_t size); /* and runs */
void tls_far_finish(struct tls_far *far);                               /* close_notify and FIN */
bool tls_far_is_open(const struct tls_far *far); /* the handshake is done, nothing failed */
void tls_far_close(struct tls_far *far);

#endif
