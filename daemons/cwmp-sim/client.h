/*
 * An HTTP client inside a core session: one request at a time on the session's connection,
 * which it opens, keeps or closes as the settings say. Answers challenges, follows
 * redirects, keeps cookies. The session's module passes its callbacks on:
 *
 *	.connected = ..., client_connected(&c->client, s)
 *	.received = ..., client_received(&c->client, s, in)
 *	.input_ended = ..., client_input_ended(&c->client, s)
 *	.disconnected = ..., client_disconnected(&c->client, s, why)
 *
 * On the session's thread.
 */
#ifndef SB_DAEMONS_CWMP_SIM_CLIENT_H
#define SB_DAEMONS_CWMP_SIM_CLIENT_H

#include "core/session.h"
#include "daemons/cwmp-sim/reply.h"
#include "daemons/cwmp-sim/url.h"

struct client;
struct sb_tls;

/* Of all clients of the program. */
struct client_settings {
	struct sb_tls *tls;
	bool closes; /* Connection: close with every request */
	bool no_cookies;
	bool is_chunked; /* bodies are */
	bool compresses; /* bodies, and asks for compressed ones */
	bool is_basic;   /* sends Basic without being asked; else challenges are answered */
	uint32_t patience_ms;
};

struct client_request {
	const char *method;
	const char *type; /* Content-Type; NULL: no body */
	void *body;       /* malloc's; the client's */
	size_t size;
	bool is_soap; /* SOAPAction, empty */
};

enum client_link { CLIENT_DOWN, CLIENT_OPENING, CLIENT_UP, CLIENT_CLOSING };

struct client {
	const struct client_settings *settings;
	char *username, *password; /* NULL: challenges are not answered */
	/* Called in a callback of the session: how the request ended. `err` 0: by `reply`, which
	 * is the client's; else there is none. May begin the next request. */
	void (*answered)(struct sb_session *s, struct client *client, int err, struct reply *reply);
	struct url url;
	size_t body_limit; /* octets that are kept of a reply */

	struct client_request request;
	struct reply *reply; /* while there is something to ask: client_rest */
	struct sb_timer patience;
	char *challenge; /* of the last 401 */
	char *cookies;
	enum client_link link;
	int error; /* why the request has failed already */
	uint32_t nonce_count;
	uint32_t uses;      /* requests on this connection */
	unsigned redirects; /* of this request */
	unsigned proofs;    /* answers to challenges */
	bool is_waiting;    /* for an answer */
	bool is_sent;       /* the request has gone out on this connection */
	bool has_come;      /* octets of the answer have */
	bool is_again;      /* it was sent once more, for its connection had been stale */
};

void client_init(struct client *client, const struct client_settings *settings,
	void (*answered)(struct sb_session *, struct client *, int, struct reply *));
/* Frees what it owns; the connection is the session's. */
void client_fini(struct client *client);

/* Who we are, copied; a username of NULL: nobody. */
void client_credentials(struct client *client, const char *username, const char *password);

/* Forgets cookies and challenges: a new CWMP session. */
void client_forget(struct client *client);

/* Gives back what only requests need. Not while one is under way. */
void client_rest(struct client *client);

/* Begins a request to client->url; takes its body. One at a time. What goes wrong at once is told
 * in a later turn. */
void client_send(struct client *client, struct sb_session *s, struct client_request request);

/* Ends the connection, if there is one; nothing is told of a request under way. */
void client_close(struct client *client, struct sb_session *s);

void client_connected(struct client *client, struct sb_session *s);
ssize_t client_received(struct client *client, struct sb_session *s, struct sb_bytes in);
void client_input_ended(struct client *client, struct sb_session *s);
void client_disconnected(struct client *client, struct sb_session *s, enum sb_end why);

#endif
