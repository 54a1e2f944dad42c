/*
 * erps-caller COUNT PORT [FOLDER]: a client of ours for the Erlang servers, over mutual TLS with a
 * folder of certificates (tests/support/certificates.h). First it goes through the service of
 * erps_service.erl by the blocking client. Then a permanent session makes COUNT calls at once on
 * each connection it gets, and says on standard output how that went; -COUNT: without pacing.
 */
#include "core/node.h"
#include "core/tls.h"
#include "protocols/erps/blocking.h"
#include "protocols/erps/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 512, BIG = 300000 };

#define EXPECT(what)                                                      \
	do {                                                              \
		if (!(what)) {                                            \
			printf("line %d: not so: %s\n", __LINE__, #what); \
			exit(1);                                          \
		}                                                         \
	} while (0)

/* ---- one call after the other ---- */

static struct erps_term
reply_to(struct erps_blocking *b, struct erps_answer *answer, const char *request)
{
	EXPECT(erps_blocking_call_with(b, 0, answer, request) == 0);
	EXPECT(answer->outcome == ERPS_REPLIED);
	return answer->term;
}

static void
echo_binary(struct erps_blocking *b, size_t size)
{
	static uint8_t octets[BIG];
	struct erps_answer answer;
	struct sb_bytes back;

	for (size_t i = 0; i < size; i++)
		octets[i] = (uint8_t)(i * 7);
	EXPECT(erps_blocking_call_with(
		       b, 0, &answer, "{:echo, x::binary}", sb_bytes(octets, size)) == 0);
	EXPECT(answer.outcome == ERPS_REPLIED && erps_get_binary(answer.term, &back));
	EXPECT(back.size == size && memcmp(back.data, octets, size) == 0);
}

static void
calls_and_casts(struct erps_blocking *b)
{
	struct erps_answer answer;
	int64_t number;

	EXPECT(erps_match(reply_to(b, &answer, ":ping"), ":pong"));
	EXPECT(erps_match(reply_to(b, &answer, "{:echo, [1, -1, \"bin\", nil, %{a: 1}, {}]}"),
		"[1, -1, \"bin\", nil, %{a: 1}, {}]"));
	echo_binary(b, 0);
	echo_binary(b, 20480);
	echo_binary(b, BIG);
	EXPECT(erps_blocking_call_with(b, 0, &answer, "{:echo, x::int}", INT64_MIN) == 0);
	EXPECT(erps_match(answer.term, "x::int", &number) && number == INT64_MIN);
	EXPECT(erps_blocking_cast_with(b, ":incr") == 0);
	EXPECT(erps_blocking_cast_with(b, "{:add, 41}") == 0);
	EXPECT(erps_match(reply_to(b, &answer, ":count"), "42"));
	EXPECT(erps_match(reply_to(b, &answer, "{:later, 100}"), "{:slept, 100}"));
}

static void
pushes(struct erps_blocking *b)
{
	struct erps_event event;

	EXPECT(erps_blocking_cast_with(b, "{:push, {:news, \"hello\"}}") == 0);
	EXPECT(erps_blocking_wait(b, 30000, &event, 1) == 1);
	EXPECT(event.kind == ERPS_EVENT_PUSH && erps_match(event.term, "{:news, \"hello\"}"));
}

static void
goodbye(struct erps_blocking *b)
{
	struct erps_answer answer;
	struct erps_event event;

	EXPECT(erps_match(reply_to(b, &answer, ":stop"), ":bye"));
	EXPECT(erps_blocking_wait(b, 30000, &event, 1) == SB_GONE);
}

static void
usual(const struct erps_client_options *client)
{
	struct erps_blocking_options options = {.client = *client};
	struct erps_blocking *b = NULL;

	EXPECT(erps_blocking_open(&b, &options) == 0);
	calls_and_casts(b);
	pushes(b);
	goodbye(b);
	erps_blocking_close(b);
}

/* Whether the server names the call in its error or not: the caller is told why. */
static void
refused(const struct erps_client_options *client, const char *reason)
{
	struct erps_blocking_options options = {.client = *client};
	struct erps_blocking *b = NULL;
	struct erps_answer answer = {0};
	struct sb_bytes said;

	EXPECT(erps_blocking_open(&b, &options) == 0);
	(void)erps_blocking_call_with(b, 0, &answer, ":ping");
	EXPECT(answer.outcome == ERPS_FAILED && erps_get_binary(answer.term, &said));
	EXPECT(said.size == strlen(reason) && memcmp(said.data, reason, said.size) == 0);
	erps_blocking_close(b);
}

/* ---- many at once ---- */

struct state {
	int64_t missing, wrong;
	bool is_deep;
};

static int64_t calls;

static int
started(struct sb_session *s, const void *args)
{
	(void)s, (void)args;
	return 0;
}

static void
connected(struct sb_session *s, const struct sb_peer *peer)
{
	struct state *state = erps_client_state(s);

	(void)peer;
	*state = (struct state){.missing = calls};
	for (int64_t i = 0; i < calls; i++) {
		struct erps_call_options options = {.context = (uint64_t)i, .deadline_ms = 60000};

		EXPECT(erps_client_call_with(s, &options, NULL, "{:echo, {:news, i::int}}", i) ==
			0);
	}
}

static void
answered(struct sb_session *s, const struct erps_answer *answer)
{
	struct state *state = erps_client_state(s);
	int64_t number;

	if (answer->outcome != ERPS_REPLIED ||
		!erps_match(answer->term, "{:news, i::int}", &number) ||
		number != (int64_t)answer->context)
		state->wrong++;
	if (--state->missing == 0) {
		printf("answered %" PRId64 " wrong %" PRId64 "\n", calls, state->wrong);
		fflush(stdout);
	}
}

static const struct erps_client_application application = {
	.name = "caller",
	.state_size = sizeof(struct state),
	.start = started,
	.connected = connected,
	.answered = answered,
};

static int
many(const struct erps_client_options *options)
{
	struct sb_node_options node_options = {.threads = 1, .signals = true};
	struct erps_client *client = NULL;
	struct sb_node *node = NULL;
	int err = sb_node_new(&node, &node_options);

	if (!err)
		err = erps_client_start(
			node, options->host, options->port, &application, NULL, options, &client);
	if (!err)
		err = sb_node_run(node);
	if (err)
		fprintf(stderr, "erps-caller: %s\n", sb_error_text(err));
	sb_node_free(node);
	erps_client_free(client);
	return err ? 1 : 0;
}

static void
make_tls(struct sb_tls **tls, const char *folder)
{
	char certificate[PATH], key[PATH], ca[PATH], reason[256] = "";
	struct sb_tls_certificate own = {.certificate = certificate, .key = key};
	struct sb_tls_options options = {.certificates = &own,
		.certificate_count = 1,
		.ca = ca,
		.verify = SB_TLS_VERIFY_REQUIRED};

	snprintf(certificate, sizeof(certificate), "%s/client.pem", folder);
	snprintf(key, sizeof(key), "%s/client.key", folder);
	snprintf(ca, sizeof(ca), "%s/ca.pem", folder);
	if (sb_tls_client_new(tls, &options, reason, sizeof(reason)))
		fprintf(stderr, "TLS: %s\n", reason);
}

int
main(int argc, char **argv)
{
	struct erps_client_options options = {.host = "127.0.0.1",
		.identifier = "capsrv",
		.version = {0, 2, 4},
		.restart = SB_PERMANENT,
		.connect_ms = 30000,
		.call_ms = 30000,
		.backoff_min_ms = 50,
		.backoff_max_ms = 200};
	struct erps_client_options other;
	int status;

	if (argc < 3)
		return 2;
	calls = strtoll(argv[1], NULL, 10);
	options.port = (uint16_t)strtoul(argv[2], NULL, 10);
	if (argc > 3)
		make_tls(&options.tls, argv[3]);
	usual(&options);
	other = options;
	other.identifier = "other";
	refused(&other, "wrong identifier");
	other = options;
	other.version = (struct erps_version){0, 1, 0};
	refused(&other, "incompatible version");
	other = options;
	other.compressed = 9;
	usual(&other);
	puts("one after the other");
	fflush(stdout);
	if (calls < 0) {
		calls = -calls;
		options.pacing = ERPS_PACING_NEVER;
	}
	status = many(&options);
	sb_tls_free(options.tls);
	return status;
}
