/* An HTTP server in a page: an answer at once, a body that is counted as it comes, and an answer
 * that goes on.
 *
 *	curl http://127.0.0.1:8080/hello
 *	curl -T file http://127.0.0.1:8080/count
 *	curl -N http://127.0.0.1:8080/ticks?5
 */
#include <switchboard/core/switchboard.h>
#include <switchboard/protocols/http/server.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- an answer at once ---- */

static void
hello_end(struct http_exchange *x)
{
	(void)http_respond(x, 200, "text/plain", sb_bytes_text("hello\n"));
}

static const struct http_handler hello = {.end = hello_end};

/* ---- a body, as it comes ---- */

struct count {
	uint64_t octets;
};

static void
count_begin(struct http_exchange *x)
{
	http_limit_body(x, UINT64_C(1) << 30);
}

static void
count_body(struct http_exchange *x, struct sb_bytes part)
{
	struct count *count = http_state(x);

	count->octets += part.size;
}

static void
count_end(struct http_exchange *x)
{
	const struct count *count = http_state(x);
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 "\n", count->octets);
	(void)http_respond(x, 200, "text/plain", sb_bytes_text(text));
}

static const struct http_handler count = {
	.state_size = sizeof(struct count),
	.begin = count_begin,
	.body = count_body,
	.end = count_end,
};

/* ---- an answer that goes on ---- */

struct ticks {
	struct sb_timer timer;
	unsigned long left;
};

static void
tick(struct sb_session *s, struct sb_timer *timer)
{
	struct http_exchange *x = http_session_exchange(s);
	struct ticks *ticks = http_state(x);

	if (http_write(x, "tick\n", 5) == 0)
		ticks->left--;
	if (ticks->left)
		sb_timer_start(s, timer, 1000, tick);
	else
		(void)http_respond_end(x);
}

static void
ticks_end(struct http_exchange *x)
{
	struct ticks *ticks = http_state(x);

	ticks->left = strtoul(http_query(x), NULL, 10);
	if (http_respond_begin(x, 200, "text/plain", UINT64_MAX) == 0)
		tick(http_session(x), &ticks->timer);
}

static void
ticks_stopping(struct http_exchange *x)
{
	if (http_has_responded(x))
		(void)http_respond_end(x);
}

static void
ticks_closed(struct http_exchange *x, bool is_complete)
{
	struct ticks *ticks = http_state(x);

	(void)is_complete;
	sb_timer_stop(http_session(x), &ticks->timer);
}

static const struct http_handler ticks = {
	.state_size = sizeof(struct ticks),
	.end = ticks_end,
	.stopping = ticks_stopping,
	.closed = ticks_closed,
};

/* ---- the server ---- */

static const struct http_handler *
route(struct http_exchange *x, void *context)
{
	(void)context;
	if (strcmp(http_path(x), "/hello") == 0)
		return &hello;
	if (strcmp(http_path(x), "/count") == 0)
		return &count;
	return strcmp(http_path(x), "/ticks") == 0 ? &ticks : NULL;
}

static int
serve(struct sb_node *node, struct http_server **server, const char *address)
{
	const struct http_server_options options = {.name = "hello", .route = route};
	struct sb_listener_options listener = {.name = "hello", .address = address};
	int err = http_server_new(server, node, &options);

	if (err)
		return err;
	listener.module = http_server_module(*server);
	listener.args = *server;
	return sb_listen(node, &listener, NULL);
}

int
main(int argc, char **argv)
{
	struct sb_node_options options = {.signals = true};
	const char *address = argc > 1 ? argv[1] : "127.0.0.1:8080";
	struct http_server *server = NULL;
	struct sb_node *node = NULL;
	int err = sb_node_new(&node, &options);

	if (!err)
		err = serve(node, &server, address);
	if (!err)
		err = sb_node_run(node);
	if (err)
		fprintf(stderr, "sb-hello-http: %s: %s\n", address, sb_error_text(err));
	sb_node_free(node);
	http_server_free(server);
	return err ? 1 : 0;
}
