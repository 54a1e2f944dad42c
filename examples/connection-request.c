/*
 * Asks one device for a session, and says what it answered:
 *
 *	CWMP_PASSWORD=secret sb-connection-request http://192.0.2.7:7547/a1b2 name
 */
#include <switchboard/core/supervisor.h>
#include <switchboard/core/switchboard.h>
#include <switchboard/protocols/cwmp/connection_request.h>

#include <stdio.h>
#include <stdlib.h>

struct question {
	const char *url, *username, *password;
	struct cwmp_connection_request_result result;
};

static int
ask(struct sb_session *s, struct question *question)
{
	const struct cwmp_connection_request request = {
		.device = "the only one",
		.url = question->url,
		.username = question->username,
		.password = question->password,
	};
	uint64_t ref; /* of more than one request */

	return cwmp_request_connection(s, &request, &ref);
}

static int
start(struct sb_session *s, const void *args)
{
	struct question **question = sb_state(s);

	*question = *(struct question *const *)args;
	return ask(s, *question);
}

static void
message(struct sb_session *s, struct sb_message *m)
{
	struct question *question = *(struct question **)sb_state(s);

	question->result = cwmp_connection_request_result(m);
	sb_node_stop(sb_session_node(s));
}

static const struct sb_module asker = {
	.abi = SB_MODULE_ABI,
	.name = "connection-request",
	.state_size = sizeof(struct question *),
	.start = start,
	.message = message,
};

/* The requester first, which then is there when it is asked: one shard starts them in order. */
static int
run(struct sb_node *node, struct question *question)
{
	struct sb_network anywhere[2]; /* the URL is ours, and not a device's word */
	const struct cwmp_requester_options options = {
		.timeout_ms = 10000, .reach = {.networks = anywhere, .network_count = 2}};
	const struct sb_child_spec child = {
		.module = &asker,
		.args = &question,
		.args_size = sizeof(question),
	};
	int err = sb_network_parse("0.0.0.0/0", &anywhere[0]);

	if (!err)
		err = sb_network_parse("::/0", &anywhere[1]);
	if (!err)
		err = cwmp_requesters_start(node, &options);
	if (!err)
		err = sb_node_start_child(node, &child);
	return err ? err : sb_node_run(node);
}

int
main(int argc, char **argv)
{
	struct question question = {.url = argc > 1 ? argv[1] : "",
		.username = argc > 2 ? argv[2] : NULL,
		.password = getenv("CWMP_PASSWORD")};
	struct sb_node_options options = {.threads = 1, .signals = true};
	struct sb_node *node = NULL;
	int err;

	question.result.outcome = CWMP_REQUEST_UNAVAILABLE;
	err = sb_node_new(&node, &options);
	if (!err)
		err = run(node, &question);
	sb_node_free(node);
	if (err)
		fprintf(stderr, "sb-connection-request: %s\n", sb_error_text(err));
	printf("%s %u\n", cwmp_request_outcome_name(question.result.outcome),
		(unsigned)question.result.status);
	return question.result.outcome != CWMP_REQUEST_DONE;
}
