/* Who is at the other end of a connection. */
#ifndef SB_CORE_PEER_H
#define SB_CORE_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

/* An address of the families we serve, in 28 octets instead of sockaddr_storage's 128. */
union sb_socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* What TLS proved about the peer. Strings live as long as the connection. */
struct sb_tls_identity {
	const char *version;     /* "TLSv1.3" */
	const char *cipher;      /* "TLS_AES_256_GCM_SHA384" */
	const char *server_name; /* SNI; NULL: none */
	bool verified;           /* a certificate was presented and its chain verified */
	const char *subject;     /* RFC 2253 form; NULL: no certificate */
	const char *common_name; /* the last CN of the subject; NULL: none */
	const char *alt_names;   /* "DNS:a.example,IP:192.0.2.1"; NULL: none */
};

struct sb_peer {
	union sb_socket_address address; /* of the client, as PROXY told it where that is in use */
	const struct sb_tls_identity *tls; /* NULL: plain TCP */
	const char *listener; /* name of the listener that accepted it; NULL: an outbound one */
};

#endif
