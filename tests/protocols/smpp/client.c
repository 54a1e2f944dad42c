/* The blocking client against a centre of ours, on real sockets and a thread of its own. */
#include "protocols/smpp/client.h"

#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/listener.h"
#include "core/log.h"
#include "core/network.h"
#include "core/node.h"

#include <cmocka.h>

/* ---- the centre ---- */

static struct sb_node *node;
static struct smpp_service *service;
static struct sb_log *quiet;
static pthread_t thread;
static uint16_t port;
static atomic_uint delivered; /* deliver_sm_resp so far, and the status of the last */
static atomic_uint last_status;
static atomic_uint not_taken; /* of them, with another status than ROK */

static void
mc_bind(struct sb_session *s, struct smpp_request request, const struct smpp_binding *binding)
{
	bool is_alice = sb_bytes_equal(binding->fields->system_id, sb_bytes_text("alice"));

	smpp_respond(s, request, is_alice ? SMPP_ROK : SMPP_RINVSYSID, sb_bytes_text("mc"));
}

static void
echo(struct sb_session *s, struct sb_bytes text)
{
	struct smpp_pdu deliver = {.header.command = SMPP_DELIVER_SM};

	deliver.deliver_sm.short_message = text;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(smpp_send(s, &deliver, 0), 0);
}

/* What a submit_sm asks for is in its text. */
static void
mc_request(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	struct sb_bytes text = pdu->submit_sm.short_message;

	if (request.command != SMPP_SUBMIT_SM) {
		smpp_nack(s, request, SMPP_RINVCMDID);
		return;
	}
	if (sb_bytes_equal(text, sb_bytes_text("silence")))
		return;
	if (sb_bytes_equal(text, sb_bytes_text("end"))) {
		sb_abort(s, SB_END_LOCAL);
		return;
	}
	if (sb_bytes_equal(text, sb_bytes_text("echo")) ||
		sb_bytes_equal(text, sb_bytes_text("echo twice")))
		echo(s, text);
	smpp_respond(s, request, SMPP_ROK, sb_bytes_text("4711"));
	if (sb_bytes_equal(text, sb_bytes_text("echo twice")))
		echo(s, text);
}

static void
mc_response(struct sb_session *s, uint64_t context, const struct smpp_pdu *pdu)
{
	(void)s;
	(void)context;
	atomic_store(&last_status, pdu->header.status);
	atomic_fetch_add(&not_taken, pdu->header.status != SMPP_ROK);
	atomic_fetch_add(&delivered, 1);
}

static const struct smpp_application mc = {
	.name = "smpp.test.mc",
	.side = SMPP_MC,
	.bind = mc_bind,
	.request = mc_request,
	.response = mc_response,
};

static void *
run(void *context)
{
	(void)context;
	(void)sb_node_run(node);
	return NULL;
}

static int
start_centre(void **state)
{
	static const struct sb_log_options silent = {.level = SB_LOG_FATAL, .fd = 2};
	struct sb_node_options options = {.threads = 1};
	struct sb_listener_options listener = {.name = "smpp", .address = "127.0.0.1:0"};
	struct sb_listener *made;

	(void)state;
	quiet = sb_log_new(&silent);
	options.log = quiet;
	assert_int_equal(sb_node_new(&node, &options), 0);
	assert_int_equal(smpp_service_new(&service, node, &mc, NULL, NULL), 0);
	assert_int_equal(smpp_listen(service, &listener, &made), 0);
	port = sb_sockaddr_port(&sb_listener_address(made)->any);
	return pthread_create(&thread, NULL, run, NULL);
}

static int
stop_centre(void **state)
{
	(void)state;
	sb_node_stop(node);
	pthread_join(thread, NULL);
	sb_node_free(node);
	smpp_service_free(service);
	sb_log_free(quiet);
	return 0;
}

/* ---- the client ---- */

static struct smpp_client_options
as(const char *system_id)
{
	return (struct smpp_client_options){
		.esme = {.host = "127.0.0.1", .port = port, .system_id = system_id}};
}

static struct smpp_client *
open_as_alice(void)
{
	struct smpp_client_options options = as("alice");
	struct smpp_client *client;

	assert_int_equal(smpp_client_open(&client, &options, NULL), 0);
	return client;
}

static struct smpp_pdu
submit(const char *text)
{
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};

	pdu.submit_sm.destination_addr = sb_bytes_text("491511234567");
	pdu.submit_sm.short_message = sb_bytes_text(text);
	return pdu;
}

static void
test_it_asks_and_gets_the_answer(void **state)
{
	struct smpp_client *client = open_as_alice();
	const struct smpp_client_event *event;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		struct smpp_pdu pdu = submit("hello");

		assert_int_equal(smpp_client_request(client, &pdu, 5000, &event), 0);
		assert_int_equal(event->kind, SMPP_CLIENT_RESPONSE);
		assert_int_equal(event->pdu.header.status, SMPP_ROK);
		assert_true(sb_bytes_equal(
			event->pdu.submit_sm_resp.message_id, sb_bytes_text("4711")));
	}
	smpp_client_stop(client);
}

static void
test_a_refused_bind_says_why(void **state)
{
	struct smpp_client_options options = as("mallory");
	struct smpp_client *client;
	uint32_t status = 0;

	(void)state;
	assert_int_equal(smpp_client_open(&client, &options, &status), SB_EACCES);
	assert_int_equal(status, SMPP_RINVSYSID);
}

static void
test_a_centre_that_is_not_there_is_an_error(void **state)
{
	struct smpp_client_options options = as("alice");
	struct smpp_client *client;

	(void)state;
	options.esme.port = 1;
	assert_int_equal(smpp_client_open(&client, &options, NULL), SB_EUNREACH);
}

static void
test_what_the_centre_sends_waits_and_is_answered(void **state)
{
	struct smpp_client *client = open_as_alice();
	const struct smpp_client_event *events[8];
	struct smpp_pdu pdu = submit("echo");
	unsigned before = atomic_load(&delivered), count = 0;

	(void)state;
	assert_int_equal(smpp_client_request(client, &pdu, 5000, &events[0]), 0);
	while (count < 3) {
		ssize_t n = smpp_client_wait_for_pdus(client, 5000, events, 8);

		assert_true(n > 0);
		for (ssize_t i = 0; i < n; i++) {
			assert_int_equal(events[i]->kind, SMPP_CLIENT_PDU);
			assert_true(sb_bytes_equal(
				events[i]->pdu.deliver_sm.short_message, sb_bytes_text("echo")));
		}
		count += (unsigned)n;
	}
	assert_int_equal(smpp_client_wait_for_pdus(client, 10, events, 8), 0);
	/* The answers have left by now; a polite end is behind them. */
	smpp_client_stop(client);
	assert_int_equal(atomic_load(&delivered) - before, 3);
}

static void
test_the_caller_may_answer_itself(void **state)
{
	struct smpp_client_options options = as("alice");
	const struct smpp_client_event *events[8];
	struct smpp_pdu pdu = submit("echo");
	struct smpp_client *client;
	unsigned answered = 0;

	(void)state;
	options.leaves_requests = true;
	options.queue = 1; /* and is held after each */
	assert_int_equal(smpp_client_open(&client, &options, NULL), 0);
	assert_int_equal(smpp_client_send(client, &pdu, 1), 0);
	assert_int_equal(smpp_client_wait_for_pdus(client, 5000, events, 8), 1);
	assert_int_equal(events[0]->kind, SMPP_CLIENT_SENT);
	while (answered < 3) {
		assert_int_equal(smpp_client_wait_for_pdus(client, 5000, events, 8), 1);
		assert_int_equal(smpp_client_respond(client, events[0]->request, SMPP_RX_T_APPN,
					 sb_bytes(NULL, 0)),
			0);
		answered++;
	}
	smpp_client_stop(client);
	assert_int_equal(atomic_load(&last_status), SMPP_RX_T_APPN);
}

static void
test_a_response_is_not_behind_a_full_queue(void **state)
{
	struct smpp_client_options options = as("alice");
	const struct smpp_client_event *events[8];
	struct smpp_pdu pdu = submit("echo");
	struct smpp_client *client;

	(void)state;
	options.queue = 1;
	assert_int_equal(smpp_client_open(&client, &options, NULL), 0);
	assert_int_equal(smpp_client_request(client, &pdu, 5000, &events[0]), 0);
	assert_int_equal(smpp_client_wait_for_pdus(client, 5000, events, 8), 1);
	smpp_client_stop(client);
	assert_int_equal(atomic_load(&last_status), SMPP_RX_T_APPN);
}

static void
test_silence_is_a_timeout_and_other_answers_are_still_had(void **state)
{
	struct smpp_client *client = open_as_alice();
	const struct smpp_client_event *event;
	struct smpp_pdu silence = submit("silence"), hello = submit("hello");

	(void)state;
	assert_int_equal(smpp_client_request(client, &silence, 20, &event), SB_TIMEOUT);
	assert_int_equal(smpp_client_request(client, &hello, 5000, &event), 0);
	smpp_client_stop(client);
}

static void
test_what_is_sent_and_not_waited_for_comes_as_events(void **state)
{
	struct smpp_client *client = open_as_alice();
	const struct smpp_client_event *events[2];
	struct smpp_pdu pdu = submit("hello");
	unsigned sent = 0, answered = 0;

	(void)state;
	for (uint64_t i = 0; i < 10; i++)
		assert_int_equal(smpp_client_send(client, &pdu, i), 0);
	while (answered < 10) {
		ssize_t n = smpp_client_wait_for_pdus(client, 5000, events, 2);

		assert_true(n > 0);
		for (ssize_t i = 0; i < n; i++) {
			if (events[i]->kind == SMPP_CLIENT_SENT)
				assert_int_equal(events[i]->context, sent++);
			else
				assert_int_equal(events[i]->context, answered++);
		}
	}
	assert_int_equal(sent, 10);
	smpp_client_stop(client);
}

static void
test_a_lost_connection_is_the_end(void **state)
{
	struct smpp_client *client = open_as_alice();
	const struct smpp_client_event *event;
	struct smpp_pdu pdu = submit("end");

	(void)state;
	assert_int_equal(smpp_client_request(client, &pdu, 5000, &event), SB_GONE);
	assert_int_equal(smpp_client_request(client, &pdu, 5000, &event), SB_GONE);
	assert_int_equal(smpp_client_wait_for_pdus(client, 5000, &event, 1), SB_GONE);
	smpp_client_stop(client);
}

static void
test_a_manual_bind_is_a_request_like_others_and_can_be_tried_again(void **state)
{
	struct smpp_client_options options = as("nobody");
	const struct smpp_client_event *event;
	struct smpp_client *client;
	struct smpp_pdu bind = {.header.command = SMPP_BIND_TRANSMITTER}, pdu = submit("hello");

	(void)state;
	options.esme.is_bind_manual = true;
	assert_int_equal(smpp_client_open(&client, &options, NULL), 0);
	bind.bind.system_id = sb_bytes_text("mallory");
	assert_int_equal(smpp_client_request(client, &bind, 5000, &event), 0);
	assert_int_equal(event->pdu.header.status, SMPP_RINVSYSID);
	assert_int_equal(smpp_client_request(client, &pdu, 5000, &event), SB_EINVAL);
	bind.bind.system_id = sb_bytes_text("alice");
	assert_int_equal(smpp_client_request(client, &bind, 5000, &event), 0);
	assert_int_equal(event->pdu.header.status, SMPP_ROK);
	assert_int_equal(smpp_client_request(client, &pdu, 5000, &event), 0);
	smpp_client_stop(client);
}

static void
test_a_request_may_be_made_of_what_came_before(void **state)
{
	struct smpp_client *client = open_as_alice();
	const struct smpp_client_event *event;
	struct smpp_pdu pdu = submit("echo");

	(void)state;
	assert_int_equal(smpp_client_request(client, &pdu, 5000, &event), 0);
	/* The id lies in the event. */
	pdu = submit("");
	pdu.submit_sm.short_message = event->pdu.submit_sm_resp.message_id;
	assert_int_equal(smpp_client_request(client, &pdu, 5000, &event), 0);
	assert_int_equal(event->pdu.header.status, SMPP_ROK);
	/* And so does the message that is sent back. */
	assert_int_equal(smpp_client_wait_for_pdus(client, 5000, &event, 1), 1);
	pdu.submit_sm.short_message = event->pdu.deliver_sm.short_message;
	assert_int_equal(smpp_client_send(client, &pdu, 1), 0);
	smpp_client_stop(client);
}

/* Until the centre has so many answers in all: it is a thread of its own. */
static void
wait_for_delivered(struct smpp_client *client, unsigned count)
{
	for (unsigned i = 0; i < 500 && atomic_load(&delivered) < count; i++)
		assert_int_equal(smpp_client_wait_for_pdus(client, 10, NULL, 0), 0);
}

static void
test_a_queue_that_a_request_has_filled_is_held_afterwards(void **state)
{
	struct smpp_client_options options = as("alice");
	const struct smpp_client_event *events[8];
	struct smpp_pdu pdu = submit("echo twice");
	struct smpp_client *client;
	unsigned before = atomic_load(&delivered), refused = atomic_load(&not_taken);

	(void)state;
	options.queue = 3;
	assert_int_equal(smpp_client_open(&client, &options, NULL), 0);
	/* Three come before the response and three behind it. */
	assert_int_equal(smpp_client_request(client, &pdu, 5000, &events[0]), 0);
	wait_for_delivered(client, before + 3);
	for (unsigned count = 0; count < 6;) {
		ssize_t n = smpp_client_wait_for_pdus(client, 5000, events, 8);

		assert_true(n > 0);
		count += (unsigned)n;
	}
	wait_for_delivered(client, before + 6);
	assert_int_equal(atomic_load(&not_taken), refused);
	smpp_client_stop(client);
}

static void
test_the_end_is_told_only_when_all_was_fetched(void **state)
{
	struct smpp_client *client = open_as_alice();
	const struct smpp_client_event *event;
	struct smpp_pdu pdu = submit("end"), submission = submit("silence");

	(void)state;
	assert_int_equal(smpp_client_send(client, &pdu, 1), 0);
	while (smpp_client_send(client, &submission, 2) != SB_GONE)
		assert_int_equal(smpp_client_wait_for_pdus(client, 10, NULL, 0), 0);
	do
		assert_int_equal(smpp_client_wait_for_pdus(client, 0, NULL, 0), 0);
	while (smpp_client_wait_for_pdus(client, 0, &event, 1) == 1 &&
		(event->kind != SMPP_CLIENT_ERROR || event->context != 1));
	assert_int_equal(event->kind, SMPP_CLIENT_ERROR);
	smpp_client_stop(client);
}

static int
bind_to(int listener, struct sockaddr_in *address, socklen_t *size)
{
	if (bind(listener, (const struct sockaddr *)address, *size) || listen(listener, 1))
		return -1;
	return getsockname(listener, (struct sockaddr *)address, size);
}

/* A centre of a few octets, that neither reads nor ends. */
static int
accept_and_say_nonsense(int listener)
{
	int fd = accept(listener, NULL, NULL);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "\xff\xff\xff\xff", 4), 4);
	return fd;
}

static uint64_t
now_ms(void)
{
	const struct sb_env *env = sb_env_system();

	return env->now(env->context) / 1000000;
}

static void
test_no_call_waits_for_a_connection_that_lingers(void **state)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;
	struct smpp_client_options options = as("alice");
	struct smpp_pdu request = {.header.command = SMPP_BIND_TRANSMITTER};
	const struct smpp_client_event *event;
	struct smpp_client *client;
	uint64_t begun;

	(void)state;
	assert_int_equal(bind_to(listener, &address, &size), 0);
	options.esme.port = ntohs(address.sin_port);
	options.esme.is_bind_manual = true;
	assert_int_equal(smpp_client_open(&client, &options, NULL), 0);
	fd = accept_and_say_nonsense(listener);
	begun = now_ms();
	assert_int_equal(smpp_client_request(client, &request, 100, &event), SB_GONE);
	assert_true(now_ms() - begun < 1000);
	close(fd);
	close(listener);
	smpp_client_stop(client);
}

/* ---- memory ---- */

static struct sb_env scarce;
static long allowed;

static void *
allocate(void *context, size_t size)
{
	return allowed-- > 0 ? sb_env_system()->allocate(context, size) : NULL;
}

static void
test_out_of_memory_anywhere_is_an_error_and_no_more(void **state)
{
	struct smpp_client_options options = as("alice");
	const struct smpp_client_event *event;

	(void)state;
	scarce = *sb_env_system();
	scarce.allocate = allocate;
	options.env = &scarce;
	/* What finds no memory is noticed by its deadline, now and then. */
	options.esme.connect_ms = options.esme.session.session_init_ms = 100;
	for (long n = 0;; n++) {
		struct smpp_pdu pdu = submit("hello");
		struct smpp_client *client = NULL;
		int err;

		allowed = n;
		err = smpp_client_open(&client, &options, NULL);
		assert_true(err == 0 || !client);
		if (!err)
			err = smpp_client_request(client, &pdu, 100, &event);
		smpp_client_stop(client);
		if (!err)
			break;
		assert_true(n < 1000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_asks_and_gets_the_answer),
		cmocka_unit_test(test_a_refused_bind_says_why),
		cmocka_unit_test(test_a_centre_that_is_not_there_is_an_error),
		cmocka_unit_test(test_what_the_centre_sends_waits_and_is_answered),
		cmocka_unit_test(test_the_caller_may_answer_itself),
		cmocka_unit_test(test_a_response_is_not_behind_a_full_queue),
		cmocka_unit_test(test_silence_is_a_timeout_and_other_answers_are_still_had),
		cmocka_unit_test(test_what_is_sent_and_not_waited_for_comes_as_events),
		cmocka_unit_test(test_a_lost_connection_is_the_end),
		cmocka_unit_test(
			test_a_manual_bind_is_a_request_like_others_and_can_be_tried_again),
		cmocka_unit_test(test_a_request_may_be_made_of_what_came_before),
		cmocka_unit_test(test_a_queue_that_a_request_has_filled_is_held_afterwards),
		cmocka_unit_test(test_the_end_is_told_only_when_all_was_fetched),
		cmocka_unit_test(test_no_call_waits_for_a_connection_that_lingers),
		cmocka_unit_test(test_out_of_memory_anywhere_is_an_error_and_no_more),
	};

	return cmocka_run_group_tests(tests, start_centre, stop_centre);
}
