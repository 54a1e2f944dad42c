/*
 * erps-peer [FOLDER]: the service of erps_service.erl on our server, for the Erlang clients; with a
 * folder of certificates (tests/support/certificates.h) also behind mutual TLS. Its log says where.
 */
#include "core/node.h"
#include "core/tls.h"
#include "protocols/erps/daemon.h"

#include <stdio.h>

enum { LATER = 32, PATH = 512 };

/* A call that is answered when its timer fires. */
struct later {
	struct sb_timer timer;
	struct erps_from from;
	int64_t ms;
};

struct state {
	int64_t count;
	struct later later[LATER];
};

static void
slept(struct sb_session *s, struct sb_timer *timer)
{
	struct later *later = (struct later *)timer;

	erps_reply_with(s, later->from, "{:slept, ms::int}", later->ms);
}

static void
answer_later(struct sb_session *s, struct erps_from from, int64_t ms)
{
	struct state *state = erps_state(s);
	struct later *later = state->later;

	while (later < state->later + LATER && sb_timer_is_started(&later->timer))
		later++;
	if (later == state->later + LATER || ms < 0) {
		erps_reject(s, from, "busy");
		return;
	}
	later->from = from;
	later->ms = ms;
	sb_timer_start(s, &later->timer, (uint64_t)ms, slept);
}

static void
push_news(struct sb_session *s, struct erps_from from, int64_t pushes)
{
	for (int64_t i = 1; i <= pushes; i++) {
		uint8_t octets[32];
		struct erps_builder b;

		erps_builder_init(&b, octets, sizeof(octets));
		erps_put_pattern(&b, "{:news, n::int}", i);
		if (erps_push(s, erps_built(&b)) < 0)
			erps_disconnect(s);
	}
	erps_reply_with(s, from, ":ok");
}

static void
handle_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	struct state *state = erps_state(s);
	struct erps_term term;
	int64_t number;

	if (erps_match(request, ":ping")) {
		erps_reply_with(s, from, ":pong");
	} else if (erps_match(request, "{:echo, term}", &term)) {
		erps_reply(s, from, term);
	} else if (erps_match(request, ":count")) {
		erps_reply_with(s, from, "count::int", state->count);
	} else if (erps_match(request, "{:later, ms::int}", &number)) {
		answer_later(s, from, number);
	} else if (erps_match(request, "{:news, pushes::int}", &number)) {
		push_news(s, from, number);
	} else if (erps_match(request, ":stop")) {
		erps_reply_with(s, from, ":bye");
		erps_disconnect(s);
	} else {
		erps_reject(s, from, "badarg");
	}
}

static void
handle_cast(struct sb_session *s, struct erps_term request)
{
	struct state *state = erps_state(s);
	struct erps_term term;
	int64_t number;

	if (erps_match(request, ":incr"))
		state->count++;
	else if (erps_match(request, "{:add, number::int}", &number))
		state->count += number;
	else if (erps_match(request, "{:push, term}", &term))
		erps_push(s, term);
}

static const struct erps_service service = {
	.name = "peer",
	.state_size = sizeof(struct state),
	.handle_call = handle_call,
	.handle_cast = handle_cast,
};

static int
serve(struct sb_node *node, const char *name, struct sb_tls *tls, struct erps_daemon **daemon)
{
	/* An Erlang that has a dozen handshakes at once may take its time. */
	static const struct sb_limits limits = {.handshake_ms = 60000};
	struct sb_listener_options listener = {
		.name = name, .address = "127.0.0.1:0", .limits = &limits, .tls = tls};

	return erps_daemon_start(daemon, node, &service, NULL,
		&(struct erps_daemon_options){.listener = &listener,
			.service = {.identifier = "capsrv", .versions = "~> 0.2.4"}});
}

/* A server's context that wants a certificate of its clients. */
static int
make_tls(struct sb_tls **tls, const char *folder)
{
	char certificate[PATH], key[PATH], ca[PATH], reason[256] = "";
	struct sb_tls_certificate own = {.certificate = certificate, .key = key};
	struct sb_tls_options options = {.certificates = &own,
		.certificate_count = 1,
		.ca = ca,
		.verify = SB_TLS_VERIFY_REQUIRED};
	int err;

	snprintf(certificate, sizeof(certificate), "%s/server.pem", folder);
	snprintf(key, sizeof(key), "%s/server.key", folder);
	snprintf(ca, sizeof(ca), "%s/ca.pem", folder);
	err = sb_tls_server_new(tls, &options, reason, sizeof(reason));
	if (err)
		fprintf(stderr, "TLS: %s %s\n", sb_error_text(err), reason);
	return err;
}

int
main(int argc, char **argv)
{
	struct sb_node_options options = {.threads = 2, .signals = true};
	struct erps_daemon *plain = NULL, *secure = NULL;
	struct sb_node *node = NULL;
	struct sb_tls *tls = NULL;
	int err = sb_node_new(&node, &options);

	if (!err)
		err = serve(node, "plain", NULL, &plain);
	if (!err && argc > 1)
		err = make_tls(&tls, argv[1]);
	if (!err && tls)
		err = serve(node, "tls", tls, &secure);
	if (!err)
		err = sb_node_run(node);
	if (err)
		fprintf(stderr, "erps-peer: %s\n", sb_error_text(err));
	sb_node_free(node);
	erps_daemon_free(plain);
	erps_daemon_free(secure);
	sb_tls_free(tls);
	return err ? 1 : 0;
}
