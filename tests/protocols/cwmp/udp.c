/* Annex G on real sockets: bindings, and connection requests from the same port. */
#include "protocols/cwmp/udp_request.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "core/log.h"
#include "core/node.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "protocols/cwmp/stun.h"

#include <cmocka.h>

#define DEADLINE_S 20 /* a bound of the test, not a wait */

static struct {
	struct sb_log *log;
	struct sb_node *node;
	struct sb_session *asker;
	char address[64]; /* of the session's socket */
	struct sockaddr_in server;
	int device; /* a socket of ours */
	union sb_socket_address device_address;
	struct cwmp_connection_request_result result;
	unsigned results, bindings;
	struct cwmp_binding binding;
	char username[64];
	uint8_t in[2048];
	ssize_t in_size;
	struct sockaddr_in from;
} bed;

static int
asker_start(struct sb_session *s, const void *args)
{
	(void)args;
	bed.asker = s;
	return 0;
}

static void
asker_message(struct sb_session *s, struct sb_message *m)
{
	(void)s;
	bed.result = cwmp_connection_request_result(m);
	bed.results++;
}

static const struct sb_module asker = {
	.abi = SB_MODULE_ABI, .name = "asker", .start = asker_start, .message = asker_message};

static void
bound(void *context, struct sb_session *s, const struct cwmp_binding *binding)
{
	assert_ptr_equal(context, &bed);
	assert_non_null(s);
	bed.bindings++;
	bed.binding = *binding;
	snprintf(bed.username, sizeof(bed.username), "%s", binding->username);
}

static int
password_of(void *context, const char *username, char *out, size_t size)
{
	(void)context;
	snprintf(out, size, "secret");
	return strcmp(username, "cpe") == 0 ? 0 : SB_ENOENT;
}

static void
turn(void)
{
	sb_node_turn(bed.node, 0, 500000);
	if (bed.in_size <= 0) {
		socklen_t length = sizeof(bed.from);

		bed.in_size = recvfrom(bed.device, bed.in, sizeof(bed.in), MSG_DONTWAIT,
			(struct sockaddr *)&bed.from, &length);
	}
}

static void
until(bool (*is_so)(void))
{
	time_t end = time(NULL) + DEADLINE_S;

	while (!is_so()) {
		assert_true(time(NULL) < end);
		turn();
	}
}

static bool
has_started(void)
{
	return bed.asker != NULL;
}

static bool
has_result(void)
{
	return bed.results > 0;
}

static bool
has_datagram(void)
{
	return bed.in_size > 0;
}

static bool
has_stopped(void)
{
	return sb_node_is_stopped(bed.node);
}

/* A socket on a port of the kernel's choice. */
static int
open_socket(struct sockaddr_in *at)
{
	socklen_t length = sizeof(*at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*at = (struct sockaddr_in){.sin_family = AF_INET};
	at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)at, sizeof(*at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)at, &length), 0);
	return fd;
}

static void
begin(struct cwmp_udp_options options)
{
	const struct sb_log_options quiet = {.level = SB_LOG_FATAL, .fd = 2};
	const struct sb_child_spec child = {.module = &asker, .shard = 0};
	struct sb_node_options node = {.threads = 1};
	static struct sb_network here;
	int fd;

	/* The device is on this machine, which is allowed where nothing is said. */
	assert_int_equal(sb_network_parse("127.0.0.0/8", &here), 0);
	if (!options.reach.kinds && !options.reach.network_count)
		options.reach = (struct cwmp_reach){.networks = &here, .network_count = 1};
	memset(&bed, 0, sizeof(bed));
	bed.device = open_socket(&bed.device_address.v4);
	fd = open_socket(&bed.server); /* a port that is free a moment later */
	close(fd);
	snprintf(bed.address, sizeof(bed.address), "127.0.0.1:%u", ntohs(bed.server.sin_port));
	options.address = options.public_address = bed.address;
	options.context = &bed;
	options.bound = bound;
	options.copy_interval_ms = 20;
	bed.log = node.log = sb_log_new(&quiet);
	assert_int_equal(sb_node_new(&bed.node, &node), 0);
	assert_int_equal(cwmp_udp_start(bed.node, &options), 0);
	assert_int_equal(sb_node_start_child(bed.node, &child), 0);
	until(has_started);
}

static void
end(void)
{
	sb_node_stop(bed.node);
	until(has_stopped);
	sb_node_free(bed.node);
	sb_log_free(bed.log);
	close(bed.device);
}

static const uint8_t transaction[CWMP_STUN_TRANSACTION] = "0123456789abcde";

static void
send_to_server(const void *data, size_t size)
{
	bed.in_size = 0;
	assert_int_equal(sendto(bed.device, data, size, 0, (struct sockaddr *)&bed.server,
				 sizeof(bed.server)),
		size);
}

static void
bind_device(const char *username, const char *password)
{
	uint8_t out[512];

	send_to_server(out,
		cwmp_stun_encode_request(transaction, username, password, true, out, sizeof(out)));
	until(has_datagram);
}

static void
test_a_binding_is_answered_and_told(void **state)
{
	union sb_socket_address mapped;

	(void)state;
	begin((struct cwmp_udp_options){.password = password_of});
	bind_device("cpe", "secret");
	assert_int_equal(cwmp_stun_decode_response(
				 sb_bytes(bed.in, (size_t)bed.in_size), transaction, &mapped),
		0);
	assert_int_equal(bed.in_size, 56 + 24); /* all addresses, and our own proof */
	assert_true(sb_sockaddr_equal(&mapped.any, &bed.device_address.any));
	assert_int_equal(bed.bindings, 1);
	assert_true(sb_sockaddr_equal(&bed.binding.address.any, &bed.device_address.any));
	assert_string_equal(bed.username, "cpe");
	assert_true(bed.binding.is_change);
	assert_true(bed.binding.is_authentic);
	/* Without a claim, and one that nobody can judge. */
	bind_device("cpe", NULL);
	assert_int_equal(bed.bindings, 2);
	assert_false(bed.binding.is_authentic);
	bind_device("somebody", "secret");
	assert_int_equal(bed.bindings, 3);
	assert_false(bed.binding.is_authentic);
	end();
}

static void
test_a_wrong_claim_is_refused(void **state)
{
	union sb_socket_address mapped;

	(void)state;
	begin((struct cwmp_udp_options){.password = password_of});
	bind_device("cpe", "wrong");
	assert_int_equal(cwmp_stun_decode_response(
				 sb_bytes(bed.in, (size_t)bed.in_size), transaction, &mapped),
		SB_ENOTSUP);
	assert_int_equal(bed.bindings, 0);
	end();
}

/* A binding request with one more attribute. */
static void
send_with(const void *attribute, size_t size)
{
	uint8_t out[512];
	size_t used = cwmp_stun_encode_request(transaction, "cpe", NULL, false, out, sizeof(out));

	memcpy(out + used, attribute, size);
	out[3] = (uint8_t)(out[3] + size);
	send_to_server(out, used + size);
}

static void
test_an_answer_goes_to_another_port_but_not_to_another_host(void **state)
{
	struct sockaddr_in other;
	int fd = open_socket(&other);
	uint8_t port[2], in[256];

	(void)state;
	begin((struct cwmp_udp_options){0});
	memcpy(port, &other.sin_port, 2);
	send_with((const uint8_t[]){0, 2, 0, 8, 0, 1, port[0], port[1], 127, 0, 0, 1}, 12);
	for (int i = 0; i < 20; i++)
		turn();
	assert_int_equal(recv(fd, in, sizeof(in), 0), 56);
	assert_int_equal(bed.in_size, -1);
	assert_int_equal(bed.bindings, 0);
	send_with((const uint8_t[]){0, 2, 0, 8, 0, 1, port[0], port[1], 127, 0, 0, 2}, 12);
	until(has_datagram);
	/* We have no other address to answer from. */
	send_with((const uint8_t[]){0, 3, 0, 4, 0, 0, 0, 2}, 8);
	for (int i = 0; i < 20; i++)
		turn();
	assert_int_equal(bed.in_size, -1);
	close(fd);
	end();
}

static void
test_answers_have_a_rate(void **state)
{
	unsigned answers = 0;

	(void)state;
	begin((struct cwmp_udp_options){.answer_rate = 1});
	for (int i = 0; i < 5; i++) {
		uint8_t out[512];

		send_to_server(out,
			cwmp_stun_encode_request(transaction, "cpe", NULL, true, out, sizeof(out)));
		for (int n = 0; n < 10; n++)
			turn();
		answers += bed.in_size > 0;
	}
	assert_in_range(answers, 1, 2);
	send_to_server("hello", 5);
	turn();
	end();
}

static void
ask(const char *address)
{
	const struct cwmp_udp_request request = {"device", address, "00D09E-a b", "secret", NULL};
	uint64_t ref;

	bed.results = 0;
	assert_int_equal(cwmp_request_udp(bed.asker, &request, &ref), 0);
	until(has_result);
}

static void
test_a_request_comes_three_times_from_the_port_of_bindings(void **state)
{
	char text[64], first[2048];
	int64_t time_s;
	uint32_t id;

	(void)state;
	begin((struct cwmp_udp_options){0});
	sb_sockaddr_format(&bed.device_address.any, text, sizeof(text));
	for (int i = 0; i < 3; i++) {
		if (i == 0)
			ask(text);
		until(has_datagram);
		assert_int_equal(bed.from.sin_port, bed.server.sin_port);
		assert_true(cwmp_udp_text_check(sb_bytes(bed.in, (size_t)bed.in_size), "00D09E-a b",
			"secret", &time_s, &id));
		assert_in_range(time_s, time(NULL) - 10, time(NULL));
		if (i == 0)
			memcpy(first, bed.in, sizeof(first));
		assert_memory_equal(bed.in, first, bed.in_size);
		bed.in_size = 0;
	}
	assert_int_equal(bed.result.outcome, CWMP_REQUEST_DONE);
	for (int i = 0; i < 100; i++)
		turn();
	assert_int_equal(bed.in_size, -1);
	ask(text);
	assert_int_equal(bed.result.outcome, CWMP_REQUEST_LIMITED);
	end();
}

static void
test_a_request_goes_only_where_it_may(void **state)
{
	struct sb_network elsewhere;
	char text[64];

	(void)state;
	assert_int_equal(sb_network_parse("192.0.2.0/24", &elsewhere), 0);
	begin((struct cwmp_udp_options){.reach = {.networks = &elsewhere, .network_count = 1}});
	sb_sockaddr_format(&bed.device_address.any, text, sizeof(text));
	ask(text);
	assert_int_equal(bed.result.outcome, CWMP_REQUEST_FORBIDDEN);
	ask("device.example:80");
	assert_int_equal(bed.result.outcome, CWMP_REQUEST_FORBIDDEN);
	end();
	begin((struct cwmp_udp_options){.reach = {.kinds = CWMP_REACH_INFORM | CWMP_REACH_ANY}});
	ask("127.0.0.1:9");
	assert_int_equal(bed.result.outcome, CWMP_REQUEST_FORBIDDEN);
	end();
}

static void
test_a_node_may_stop_between_copies(void **state)
{
	char text[64];

	(void)state;
	begin((struct cwmp_udp_options){.device_interval_ms = SB_UNLIMITED});
	sb_sockaddr_format(&bed.device_address.any, text, sizeof(text));
	ask(text);
	ask(text);
	end();
}

static void
test_options_and_texts_have_bounds(void **state)
{
	char longest[300];
	const struct cwmp_udp_request request = {"device", "127.0.0.1:1", longest, "", NULL};
	const struct cwmp_udp_options bad[] = {{0}, {.address = "here"},
		{.address = "127.0.0.1:0", .public_address = "here"},
		{.address = "127.0.0.1:0", .device_interval_ms = 1}};
	uint64_t ref;

	(void)state;
	begin((struct cwmp_udp_options){0});
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cwmp_udp_start(bed.node, &bad[i]), SB_EINVAL);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(cwmp_request_udp(bed.asker, &request, &ref), SB_EINVAL);
	end();
}

/* The example of Annex G, signed with a password that we know. */
static void
test_the_text_is_that_of_annex_g(void **state)
{
	static const char expected[] =
		"GET http://10.1.1.1:8080?ts=1120673700&id=1234&un=CPE57689&cn=XTGRWIPC6D3IPXS3"
		"&sig=f749ee6d9e3bc469fb709ead2a75ee7535f58552 HTTP/1.1\r\n"
		"Host: 10.1.1.1:8080\r\n\r\n";
	const struct cwmp_udp_text text = {
		"10.1.1.1:8080", 1120673700, 1234, "CPE57689", "XTGRWIPC6D3IPXS3"};
	char out[CWMP_UDP_TEXT_MAX];
	int64_t time_s;
	uint32_t id;

	(void)state;
	assert_int_equal(
		cwmp_udp_text_encode(&text, "password", out, sizeof(out)), sizeof(expected) - 1);
	assert_string_equal(out, expected);
	assert_int_equal(cwmp_udp_text_encode(&text, "password", out, 50), 0);
	assert_true(
		cwmp_udp_text_check(sb_bytes_text(expected), "CPE57689", "password", &time_s, &id));
	assert_int_equal(time_s, 1120673700);
	assert_int_equal(id, 1234);
	assert_false(cwmp_udp_text_check(sb_bytes_text(expected), "CPE57689", "x", &time_s, &id));
	assert_false(cwmp_udp_text_check(sb_bytes_text(expected), "x", "password", &time_s, &id));
	assert_false(cwmp_udp_text_check(
		sb_bytes_text("GET / HTTP/1.1\r\n\r\n"), "x", "password", &time_s, &id));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_binding_is_answered_and_told),
		cmocka_unit_test(test_a_wrong_claim_is_refused),
		cmocka_unit_test(test_an_answer_goes_to_another_port_but_not_to_another_host),
		cmocka_unit_test(test_answers_have_a_rate),
		cmocka_unit_test(test_a_request_comes_three_times_from_the_port_of_bindings),
		cmocka_unit_test(test_a_request_goes_only_where_it_may),
		cmocka_unit_test(test_a_node_may_stop_between_copies),
		cmocka_unit_test(test_options_and_texts_have_bounds),
		cmocka_unit_test(test_the_text_is_that_of_annex_g),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
