/*
 * A non-blocking octet stream, plain TCP or TLS over it, for the programs that
 * the benchmarks compare with and load with. Not the core's connection on
 * purpose: what measures the core must not be the core.
 *
 * Results are counts, or: 0 the peer ended the stream, SB_AGAIN not now, any
 * other negative code the stream failed. One thread.
 */
#ifndef TESTS_BENCH_STREAM_H
#define TESTS_BENCH_STREAM_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <sys/types.h>

struct stream {
	int fd;
	SSL *tls; /* NULL: plain; owned */
};

/* A server's TLS context from PEM files, or NULL with the reason on standard error. The caller
 * frees it with SSL_CTX_free. */
SSL_CTX *stream_server_context(const char *certificate_file, const char *key_file);

/* A client's TLS context; the server is verified against `ca_file`, or not at all when that is
 * NULL. NULL with the reason on standard error. */
SSL_CTX *stream_client_context(const char *ca_file);

/* Takes `fd`. With a context (of a server: accepting; of a client: connecting) the stream is TLS
 * and needs stream_handshake(); `host` is the name to verify on a client, NULL for none. Returns 0
 * or SB_ENOMEM, and then the descriptor is still the caller's. */
int stream_init(struct stream *s, int fd, SSL_CTX *context, const char *host);

/* Closes at once. Accepts a zeroed stream only when its fd is -1. */
void stream_fini(struct stream *s);

/* One step of the TLS handshake: 0 done (always, when plain), SB_AGAIN, SB_ETLS. */
int stream_handshake(struct stream *s);

/* Reads what is there, up to `size`. A TLS stream is drained of every record that has arrived, so
 * that fewer than `size` means that the descriptor will say when there is more. */
ssize_t stream_read(struct stream *s, void *buf, size_t size);

/* Writes what can be written. After SB_AGAIN or a short count the caller offers the same octets
 * again, from whatever address. */
ssize_t stream_write(struct stream *s, const void *data, size_t size);

#endif
