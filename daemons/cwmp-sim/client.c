#include "daemons/cwmp-sim/client.h"
#include "core/connector.h"
#include "core/error.h"
#include "daemons/cwmp-sim/request.h"

#include <stdlib.h>
#include <string.h>

enum { REDIRECTS_MAX = 5, PROOFS_MAX = 2, REPLY_MAX = 64 << 20, OUTPUT_MAX = 256 << 20 };

static void go(struct client *client, struct sb_session *s);

void
client_init(struct client *client, const struct client_settings *settings,
	void (*answered)(struct sb_session *, struct client *, int, struct reply *))
{
	*client = (struct client){
		.settings = settings, .answered = answered, .body_limit = REPLY_MAX};
}

void
client_forget(struct client *client)
{
	free(client->cookies);
	free(client->challenge);
	client->cookies = client->challenge = NULL;
	client->nonce_count = 0;
}

static void
replace(char **to, const char *text)
{
	if (*to && text && strcmp(*to, text) == 0)
		return;
	free(*to);
	*to = text ? strdup(text) : NULL;
}

void
client_credentials(struct client *client, const char *username, const char *password)
{
	replace(&client->username, username);
	replace(&client->password, username ? (password ? password : "") : NULL);
	if (!client->password)
		replace(&client->username, NULL);
}

static void
drop_request(struct client *client)
{
	free(client->request.body);
	client->request = (struct client_request){0};
}

void
client_fini(struct client *client)
{
	client_forget(client);
	client_credentials(client, NULL, NULL);
	drop_request(client);
	client_rest(client);
}

void
client_rest(struct client *client)
{
	if (client->reply)
		reply_fini(client->reply);
	free(client->reply);
	client->reply = NULL;
}

/* ---- the end of a request ---- */

static void
over(struct client *client, struct sb_session *s, int err)
{
	client->is_waiting = client->is_sent = false;
	sb_timer_stop(s, &client->patience);
	drop_request(client);
	client->answered(s, client, err, err ? NULL : client->reply);
}

static struct client *
client_of_timer(struct sb_timer *timer)
{
	return (struct client *)((char *)timer - offsetof(struct client, patience));
}

static void
on_patience(struct sb_session *s, struct sb_timer *timer)
{
	struct client *client = client_of_timer(timer);
	int err = client->error ? client->error : SB_TIMEOUT;

	client->error = 0;
	client_close(client, s);
	over(client, s, err);
}

/* Told in a later turn, for who asked is in the middle of something. */
static void
fail_later(struct client *client, struct sb_session *s, int err)
{
	client->error = err;
	sb_timer_start(s, &client->patience, 0, on_patience);
}

/* ---- the connection ---- */

void
client_close(struct client *client, struct sb_session *s)
{
	if (client->link != CLIENT_UP && client->link != CLIENT_OPENING)
		return;
	client->link = CLIENT_CLOSING;
	sb_disconnect(s, SB_END_LOCAL);
}

static void
open_connection(struct client *client, struct sb_session *s)
{
	const struct sb_limits limits = {
		.output_high = OUTPUT_MAX, .output_hard = OUTPUT_MAX, .frame_ms = SB_UNLIMITED};
	struct sb_connector_options options = {
		.host = client->url.host, .port = client->url.port, .limits = &limits};
	int err;

	if (client->url.is_tls)
		options.tls = client->settings->tls;
	err = client->url.is_tls && !options.tls ? SB_ENOTSUP : sb_connect(s, &options);
	if (err)
		fail_later(client, s, err);
	else
		client->link = CLIENT_OPENING;
}

static void
send_request(struct client *client, struct sb_session *s)
{
	int err = request_write(client, s);

	if (err) {
		fail_later(client, s, err);
		return;
	}
	reply_begin(client->reply, client->body_limit);
	client->is_sent = true;
	client->has_come = false;
	client->uses++;
}

static void
go(struct client *client, struct sb_session *s)
{
	switch (client->link) {
	case CLIENT_UP:
		send_request(client, s);
		break;
	case CLIENT_DOWN:
		open_connection(client, s);
		break;
	case CLIENT_OPENING:
	case CLIENT_CLOSING:
		break; /* goes on when that is done */
	}
}

void
client_send(struct client *client, struct sb_session *s, struct client_request request)
{
	int err;

	drop_request(client);
	client->request = request;
	client->redirects = client->proofs = 0;
	client->is_again = false;
	client->is_waiting = true;
	if (!client->reply)
		client->reply = calloc(1, sizeof(*client->reply));
	err = client->reply ? 0 : SB_ENOMEM;
	if (!err && client->settings->compresses)
		err = request_compress(&client->request);
	if (err) {
		fail_later(client, s, err);
		return;
	}
	sb_timer_start(s, &client->patience, client->settings->patience_ms, on_patience);
	go(client, s);
}

/* ---- answers ---- */

static bool
is_redirect(const struct client *client)
{
	unsigned status = client->reply->status;

	return (status == 301 || status == 302 || status == 303 || status == 307 ||
		       status == 308) &&
	       client->reply->location[0] && client->redirects < REDIRECTS_MAX;
}

static void
again(struct client *client, struct sb_session *s)
{
	client->is_sent = false;
	go(client, s);
}

static void
follow(struct client *client, struct sb_session *s)
{
	struct url before = client->url;
	int err = url_follow(&client->url, client->reply->location);

	client->redirects++;
	if (err) {
		over(client, s, err);
		return;
	}
	if (strcmp(before.host, client->url.host) != 0 || before.port != client->url.port ||
		before.is_tls != client->url.is_tls)
		client_close(client, s);
	again(client, s);
}

static void
prove(struct client *client, struct sb_session *s)
{
	replace(&client->challenge, client->reply->challenge);
	client->nonce_count = 0;
	client->proofs++;
	again(client, s);
}

/* A second challenge is answered only when it says that the nonce was old. */
static bool
is_challenge(const struct client *client)
{
	return client->reply->status == 401 && client->username && client->reply->challenge[0] &&
	       (client->proofs == 0 || (client->proofs < PROOFS_MAX &&
					       strcasestr(client->reply->challenge, "stale=true")));
}

static void
complete(struct client *client, struct sb_session *s)
{
	struct reply *reply = client->reply;
	int err;

	if (!reply->keeps_alive || client->settings->closes)
		client_close(client, s);
	if (reply->cookies[0] && !client->settings->no_cookies)
		replace(&client->cookies, reply->cookies);
	if (is_challenge(client)) {
		prove(client, s);
		return;
	}
	if (is_redirect(client)) {
		follow(client, s);
		return;
	}
	err = reply_inflate(reply, REPLY_MAX);
	over(client, s, err);
}

/* ---- the session's callbacks ---- */

void
client_connected(struct client *client, struct sb_session *s)
{
	client->link = CLIENT_UP;
	client->uses = 0;
	if (client->is_waiting)
		go(client, s);
}

ssize_t
client_received(struct client *client, struct sb_session *s, struct sb_bytes in)
{
	int err = client->is_sent ? reply_push(client->reply, in) : SB_EPROTO;

	client->has_come = true;
	if (err) {
		client_close(client, s);
		if (client->is_waiting)
			over(client, s, err);
	} else if (client->reply->is_complete) {
		complete(client, s);
	}
	return (ssize_t)in.size;
}

void
client_input_ended(struct client *client, struct sb_session *s)
{
	client_close(client, s);
}

static int
error_of(enum sb_end why)
{
	switch (why) {
	case SB_END_CONNECT:
		return SB_ECONNREFUSED;
	case SB_END_TLS:
		return SB_ETLS;
	case SB_END_LIMIT:
		return SB_ELIMIT;
	default:
		return SB_ECONNRESET;
	}
}

/* Without an answer: a connection kept from an earlier request may have been closed meanwhile,
 * which is no fault of this one. */
static void
lost(struct client *client, struct sb_session *s, enum sb_end why)
{
	if (client->is_sent && reply_end(client->reply) == 0) {
		complete(client, s);
		return;
	}
	if (client->is_sent && client->uses > 1 && !client->has_come && !client->is_again) {
		client->is_again = true;
		again(client, s);
		return;
	}
	over(client, s, error_of(why));
}

void
client_disconnected(struct client *client, struct sb_session *s, enum sb_end why)
{
	bool was_opening = client->link == CLIENT_OPENING;

	client->link = CLIENT_DOWN;
	if (!client->is_waiting || client->error)
		return;
	if (client->is_sent || was_opening)
		lost(client, s, why);
	else
		go(client, s);
}
