/*
 * What is done with the connection: a call and its answer, a cast, or listening. One
 * session of the asynchronous client, on a node that stops when the session ends.
 */
#include <stdio.h>
#include <string.h>

#include "core/env.h"
#include "core/node.h"
#include "daemons/erps/cli.h"
#include "daemons/erps/reason.h"
#include "protocols/erps/text.h"

struct command {
	const struct arguments *a;
	struct erps_term request; /* none: listen only */
	struct sb_node *node;
	struct erps_client *client;
	struct reason reason;
	bool is_connected;
	bool is_over; /* the outcome is known, and said */
	uint64_t pushes;
	enum outcome outcome;
};

struct state {
	struct command *command;
	struct sb_timer timer;
};

/* ---- how it ends ---- */

static struct command *
command_of(const struct sb_session *s)
{
	return ((struct state *)erps_client_state(s))->command;
}

/* The first outcome counts. */
static void
end(struct sb_session *s, enum outcome outcome)
{
	struct command *command = command_of(s);

	if (!command->is_over)
		command->outcome = outcome;
	command->is_over = true;
	sb_close(s, SB_END_LOCAL);
}

/* ": why", where something is known. */
static void
complain_why(const struct command *command, const char *what)
{
	char buf[REASON_MAX];
	const char *why = reason_text(&command->reason, buf);

	complain("%s%s%s", what, *why ? ": " : "", why);
}

/* A connection that is gone before all was done. */
static void
note_loss(struct command *command, enum sb_end why)
{
	char what[sizeof(command->a->host) + 64];

	if (command->is_over)
		return;
	command->is_over = true;
	if (!command->is_connected) {
		command->outcome = OUTCOME_UNREACHABLE;
		snprintf(what, sizeof(what), "no connection to %s", command->a->target);
		complain_why(command, what);
	} else if (why == SB_END_DRAIN) {
		/* A signal: it is how one stops to listen. */
		command->outcome = command->a->verb == VERB_LISTEN ? OUTCOME_DONE : OUTCOME_LOST;
		if (command->outcome)
			complain("interrupted");
	} else if (why == SB_END_PEER) {
		command->outcome = OUTCOME_LOST;
		complain("the server closed the connection");
	} else {
		command->outcome = OUTCOME_LOST;
		complain_why(command, "the connection was lost");
	}
	/* In TLS 1.3 a client is connected before the server has looked at its certificate. */
	if (command->outcome == OUTCOME_LOST && why != SB_END_DRAIN && command->a->is_tls &&
		!command->a->certificate.certificate)
		complain("a server may want a certificate: --cert, --key");
}

/* An error of the server's: a text as it is, any other term in its notation. */
static void
complain_error(struct erps_term reason)
{
	char text[1024];
	struct sb_bytes words;

	erps_print(text, sizeof(text), reason);
	if (erps_get_binary(reason, &words) && text[0] == '"')
		complain("the server says: %.*s", (int)strlen(text) - 2, text + 1);
	else
		complain("the server answered with the error %s", text);
}

/* ---- the session ---- */

static int
on_start(struct sb_session *s, const void *args)
{
	struct state *state = erps_client_state(s);

	state->command = *(struct command *const *)args;
	return 0;
}

static void
on_time(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	end(s, OUTCOME_DONE);
}

static void
send_request(struct sb_session *s, const struct command *command)
{
	bool is_cast = command->a->verb == VERB_CAST;
	/* No other server knows of streams. */
	const struct erps_call_options options = {
		.credit = erps_client_server_is_ours(s) ? command->a->credit : 0};
	int err = is_cast ? erps_client_cast(s, command->request)
			  : erps_client_call(s, command->request, &options, NULL);

	if (err) {
		complain("the term cannot be sent: %s", sb_error_text(err));
		end(s, OUTCOME_FAILED);
	} else if (is_cast) {
		/* What is written is flushed before the connection ends. */
		end(s, OUTCOME_DONE);
	}
}

static void
on_connected(struct sb_session *s, const struct sb_peer *peer)
{
	struct state *state = erps_client_state(s);
	struct command *command = state->command;

	(void)peer;
	command->is_connected = true;
	if (command->a->listen_ms)
		sb_timer_start(s, &state->timer, command->a->listen_ms, on_time);
	if (command->request.data)
		send_request(s, command);
}

static void
on_reply(struct sb_session *s, const struct command *command, struct erps_term reply)
{
	char text[1024];

	if (command->a->verb == VERB_CALL) {
		end(s, output_term(command->a, reply) ? OUTCOME_DONE : OUTCOME_FAILED);
		return;
	}
	/* Standard output is for what is pushed. */
	erps_print(text, sizeof(text), reply);
	complain("the reply: %s", text);
}

static void
on_answered(struct sb_session *s, const struct erps_answer *answer)
{
	struct command *command = command_of(s);

	/* An error that names no call is told for itself, and then ends the call. */
	if (command->is_over)
		return;
	switch (answer->outcome) {
	case ERPS_REPLIED:
		on_reply(s, command, answer->term);
		break;
	case ERPS_FAILED:
		complain_error(answer->term);
		end(s, OUTCOME_REFUSED);
		break;
	case ERPS_MALFORMED:
		complain("the server's answer is no term that is read here");
		end(s, OUTCOME_BAD_TERM);
		break;
	case ERPS_TIMED_OUT:
		complain("no answer within %u ms", command->a->client.call_ms);
		end(s, OUTCOME_TIMEOUT);
		break;
	case ERPS_LOST:
	case ERPS_UNSENT:
		/* The end of the session says why. */
		break;
	}
}

static void
on_part(struct sb_session *s, uint64_t id, uint64_t context, struct erps_term part)
{
	struct command *command = command_of(s);

	(void)context;
	if (command->is_over)
		return;
	if (!output_term(command->a, part))
		end(s, OUTCOME_FAILED);
	else
		(void)erps_client_credit(s, id, 1);
}

static void
on_pushed(struct sb_session *s, struct erps_term push)
{
	struct command *command = command_of(s);

	if (command->a->verb != VERB_LISTEN || command->is_over)
		return;
	if (!output_term(command->a, push))
		end(s, OUTCOME_FAILED);
	else if (++command->pushes == command->a->count)
		end(s, OUTCOME_DONE);
}

static void
on_refused(struct sb_session *s, struct erps_term reason)
{
	if (command_of(s)->is_over)
		return;
	complain_error(reason);
	end(s, OUTCOME_REFUSED);
}

static void
on_closed(struct sb_session *s, enum sb_end why)
{
	struct command *command = command_of(s);

	note_loss(command, why);
	sb_node_stop(command->node);
}

static const struct erps_client_application application = {
	.name = "erps",
	.state_size = sizeof(struct state),
	.start = on_start,
	.connected = on_connected,
	.answered = on_answered,
	.part = on_part,
	.pushed = on_pushed,
	.refused = on_refused,
	.closed = on_closed,
};

/* ---- the run ---- */

static int
make_tls(const struct arguments *a, struct sb_tls **tls)
{
	struct sb_tls_options options = a->tls;
	char reason[256] = "";
	int err;

	if (a->certificate.certificate) {
		options.certificates = &a->certificate;
		options.certificate_count = 1;
	}
	err = sb_tls_client_new(tls, &options, reason, sizeof(reason));
	if (err)
		complain("TLS: %s", *reason ? reason : sb_error_text(err));
	return err;
}

static enum outcome
run_node(struct command *command, struct erps_client_options *options)
{
	const struct sb_node_options node = {
		.threads = 1, .log = command->reason.log, .signals = true};
	struct command *const self = command;
	int err = sb_node_new(&command->node, &node);

	if (!err)
		err = erps_client_start(command->node, options->host, options->port, &application,
			&self, options, &command->client);
	if (!err)
		err = sb_node_run(command->node);
	if (err) {
		complain("%s", sb_error_text(err));
		command->outcome = OUTCOME_FAILED;
	}
	sb_node_free(command->node);
	erps_client_free(command->client);
	return command->outcome;
}

enum outcome
command_run(const struct arguments *a, struct erps_term request)
{
	struct command command = {.a = a, .request = request, .outcome = OUTCOME_FAILED};
	struct erps_client_options options = a->client;
	enum outcome outcome;

	if (a->is_tls && make_tls(a, &options.tls))
		return OUTCOME_USAGE;
	if (reason_open(&command.reason, a->is_verbose)) {
		complain("out of memory");
		sb_tls_free(options.tls);
		return OUTCOME_FAILED;
	}
	outcome = run_node(&command, &options);
	reason_close(&command.reason);
	sb_tls_free(options.tls);
	return outcome;
}
