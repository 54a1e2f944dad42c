/* Connection requests to a device made by hand, on real sockets. */
#include "protocols/cwmp/connection_request.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "core/error.h"
#include "core/log.h"
#include "core/node.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "device_bed.h"

#include <cmocka.h>

#define SHARDS     2
#define DEADLINE_S 20 /* a bound of the test, not a wait */
#define RESULTS    16

/* ---- libcurl's memory ---- */

static size_t fail_at; /* 1: the next allocation fails; 0: none does */

static bool
fails(void)
{
	return fail_at && --fail_at == 0;
}

static void *
give(size_t size)
{
	return fails() ? NULL : malloc(size);
}

static void *
give_zeroed(size_t count, size_t size)
{
	return fails() ? NULL : calloc(count, size);
}

static void *
give_more(void *memory, size_t size)
{
	return fails() ? NULL : realloc(memory, size);
}

static char *
give_copy(const char *text)
{
	return fails() ? NULL : strdup(text);
}

/* ---- a name server that is slow ---- */

static pthread_mutex_t name_server = PTHREAD_MUTEX_INITIALIZER;
static _Atomic unsigned lookups, most_lookups; /* that wait for it */

/* In place of the C library's. */
int
getaddrinfo(
	const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **found)
{
	static const char name[] = "getaddrinfo";
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *symbol = dlsym(RTLD_NEXT, name);
	unsigned now;

	memcpy(&real, &symbol, sizeof(real));
	if (strcmp(host, "slow.test") != 0)
		return real(host, port, hints, found);
	now = atomic_fetch_add(&lookups, 1) + 1;
	if (now > atomic_load(&most_lookups))
		atomic_store(&most_lookups, now);
	pthread_mutex_lock(&name_server);
	pthread_mutex_unlock(&name_server);
	atomic_fetch_sub(&lookups, 1);
	return EAI_FAIL;
}

/* ---- a node, who asks, and the device ---- */

static struct {
	struct device device;
	struct sb_log *log;
	struct sb_node *node;
	struct sb_session *asker;
	const char *from; /* where the device came from */
	struct cwmp_connection_request_result results[RESULTS];
	size_t result_count;
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
	assert_int_equal(m->type, SB_MSG_REPLY);
	assert_true(bed.result_count < RESULTS);
	bed.results[bed.result_count++] = cwmp_connection_request_result(m);
}

static const struct sb_module asker = {
	.abi = SB_MODULE_ABI, .name = "asker", .start = asker_start, .message = asker_message};

static void
turn(void)
{
	for (unsigned i = 0; i < SHARDS; i++)
		sb_node_turn(bed.node, i, 500000);
	device_turn(&bed.device);
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
	return bed.result_count > 0;
}

static bool
has_request(void)
{
	return bed.device.requests > 0;
}

static bool
has_answered_right(void)
{
	return bed.device.right > 0;
}

static bool
has_stopped(void)
{
	return sb_node_is_stopped(bed.node);
}

/* Requesters and who asks; the device is set up already. It is on this machine, which must be said
 * to be allowed: where nothing is said, it is. */
static void
begin(const struct cwmp_requester_options *given)
{
	static struct sb_network here;
	struct cwmp_requester_options copy, *options = given ? &copy : NULL;
	const struct sb_log_options quiet = {.level = SB_LOG_ERROR, .fd = 2};
	const struct sb_child_spec child = {.module = &asker, .shard = 0};
	struct sb_node_options node = {.threads = SHARDS};

	assert_int_equal(sb_network_parse("127.0.0.0/8", &here), 0);
	if (given)
		copy = *given;
	if (given && !given->reach.kinds && !given->reach.network_count)
		copy.reach = (struct cwmp_reach){.networks = &here, .network_count = 1};
	bed.log = node.log = sb_log_new(&quiet);
	assert_int_equal(sb_node_new(&bed.node, &node), 0);
	if (options)
		assert_int_equal(cwmp_requesters_start(bed.node, options), 0);
	assert_int_equal(sb_node_start_child(bed.node, &child), 0);
	until(has_started);
	for (int i = 0; i < 10; i++) /* requesters of other shards, too */
		turn();
}

static void
end(void)
{
	sb_node_stop(bed.node);
	until(has_stopped);
	sb_node_free(bed.node);
	sb_log_free(bed.log);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&bed, 0, sizeof(bed));
	device_open(&bed.device);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	device_close(&bed.device);
	return 0;
}

static void
ask_url(const char *device, const char *url, const char *password)
{
	const struct cwmp_connection_request request = {device, url, "acs", password, bed.from};
	uint64_t ref;

	assert_int_equal(cwmp_request_connection(bed.asker, &request, &ref), 0);
}

static void
ask(const char *device, const char *password)
{
	char url[128];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/a%%20b/../c?d", bed.device.port);
	ask_url(device, url, password);
}

/* Asks once, on a node of its own. */
static struct cwmp_connection_request_result
outcome_of_url(const struct cwmp_requester_options *options, const char *url)
{
	begin(options);
	if (url)
		ask_url("device", url, "secret");
	else
		ask("device", "secret");
	until(has_result);
	end();
	bed.asker = NULL;
	bed.result_count = 0;
	return bed.results[0];
}

static struct cwmp_connection_request_result
outcome(void)
{
	return outcome_of_url(&(struct cwmp_requester_options){0}, NULL);
}

/* ---- tests ---- */

static void
test_a_device_is_asked_with_digest(void **state)
{
	struct cwmp_connection_request_result result = outcome();

	(void)state;
	assert_int_equal(result.outcome, CWMP_REQUEST_DONE);
	assert_int_equal(result.status, 200);
	assert_int_equal(bed.device.connections, 1);
	assert_int_equal(bed.device.requests, 2);
	assert_int_equal(bed.device.right, 1);
	/* The path as the device gave it. */
	assert_int_equal(strncmp(bed.device.last, "GET /a%20b/../c?d HTTP/1.1\r\n", 28), 0);
}

static void
test_a_device_that_wants_no_name_is_asked_without(void **state)
{
	struct cwmp_connection_request_result result;

	(void)state;
	bed.device.auth.scheme = HTTP_AUTH_NONE;
	bed.device.answer = "HTTP/1.1 204 No Content\r\n\r\n";
	result = outcome();
	assert_int_equal(result.outcome, CWMP_REQUEST_DONE);
	assert_int_equal(result.status, 204);
	assert_int_equal(bed.device.requests, 1);
	assert_null(strstr(bed.device.last, "Authorization"));
}

static void
test_a_device_may_close_between_challenge_and_answer(void **state)
{
	(void)state;
	bed.device.closes_after_answers = true;
	assert_int_equal(outcome().outcome, CWMP_REQUEST_DONE);
	assert_int_equal(bed.device.connections, 2);
	assert_int_equal(bed.device.right, 1);
}

static void
test_a_device_may_cut_the_connection_of_its_challenge(void **state)
{
	(void)state;
	bed.device.cuts_second_requests = true;
	assert_int_equal(outcome().outcome, CWMP_REQUEST_DONE);
	assert_int_equal(bed.device.right, 1);
	assert_in_range(bed.device.connections, 2, 3);
}

/* The node lives, the device sleeps. */
static void
let_device_sleep(uint64_t ms)
{
	uint64_t end = sb_now(bed.asker) + ms * 1000000;

	while (sb_now(bed.asker) < end)
		for (unsigned i = 0; i < SHARDS; i++)
			sb_node_turn(bed.node, i, 500000);
}

static void
test_a_second_try_has_no_time_of_its_own(void **state)
{
	(void)state;
	bed.device.closes_after_answers = true;
	bed.device.answer = "";
	begin(&(struct cwmp_requester_options){.timeout_ms = 600});
	ask("device", "secret");
	let_device_sleep(400);
	until(has_answered_right);
	bed.device.is_silent = true;
	until(has_result);
	assert_int_equal(bed.device.connections, 3);
	assert_int_equal(bed.results[0].outcome, CWMP_REQUEST_TIMEOUT);
	assert_in_range(bed.results[0].elapsed_ms, 500, 900);
	end();
}

static void
test_a_device_that_breaks_off_is_unreachable(void **state)
{
	(void)state;
	bed.device.auth.scheme = HTTP_AUTH_NONE;
	bed.device.answer = "";
	bed.device.closes_after_answers = true;
	assert_int_equal(outcome().outcome, CWMP_REQUEST_UNREACHABLE);
	assert_int_equal(bed.device.connections, 1);
}

static void
test_a_wrong_password_is_unauthorized(void **state)
{
	(void)state;
	begin(&(struct cwmp_requester_options){0});
	ask("device", "wrong");
	until(has_result);
	assert_int_equal(bed.results[0].outcome, CWMP_REQUEST_UNAUTHORIZED);
	assert_int_equal(bed.results[0].status, 401);
	end();
}

static void
test_a_password_goes_over_the_line_only_where_that_is_allowed(void **state)
{
	const struct cwmp_requester_options lax = {.allow_basic = true};

	(void)state;
	bed.device.auth.scheme = HTTP_AUTH_BASIC;
	assert_int_equal(outcome().outcome, CWMP_REQUEST_UNAUTHORIZED);
	assert_null(strstr(bed.device.last, "Authorization"));
	assert_int_equal(outcome_of_url(&lax, NULL).outcome, CWMP_REQUEST_DONE);
	assert_non_null(strstr(bed.device.last, "Authorization: Basic YWNzOnNlY3JldA=="));
}

static void
test_what_else_a_device_answers_is_told(void **state)
{
	static const struct {
		const char *answer;
		enum cwmp_request_outcome outcome;
		unsigned status;
	} cases[] = {
		{"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", CWMP_REQUEST_BUSY, 503},
		{"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", CWMP_REQUEST_REFUSED, 404},
		{"HTTP/1.0 302 There\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
			CWMP_REQUEST_REFUSED, 302},
		{"HTTP/1.1 302 There\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
			CWMP_REQUEST_REFUSED, 302},
		{"SSH-2.0-dropbear\r\n\r\n", CWMP_REQUEST_REFUSED, 0},
		/* What follows the head does not matter. */
		{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", CWMP_REQUEST_DONE, 200},
	};
	const struct cwmp_requester_options short_time = {.timeout_ms = 300};

	(void)state;
	bed.device.auth.scheme = HTTP_AUTH_NONE;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cwmp_connection_request_result result;

		bed.device.answer = cases[i].answer;
		result = outcome_of_url(&short_time, NULL);
		assert_int_equal(result.outcome, cases[i].outcome);
		assert_int_equal(result.status, cases[i].status);
	}
	assert_int_equal(bed.device.connections, sizeof(cases) / sizeof(cases[0]));
}

static void
test_an_answer_has_bounds(void **state)
{
	static char large[65536];
	int head = snprintf(large, sizeof(large), "HTTP/1.1 200 OK\r\n\r\n");

	(void)state;
	bed.device.auth.scheme = HTTP_AUTH_NONE;
	bed.device.answer = large;
	memset(large + head, 'x', sizeof(large) - 1 - (size_t)head);
	assert_int_equal(outcome().outcome, CWMP_REQUEST_DONE);
	head = snprintf(large, sizeof(large), "HTTP/1.1 404 No\r\n");
	while ((size_t)head < sizeof(large) - 20)
		head += snprintf(large + head, sizeof(large) - (size_t)head, "X: yyyyyyyyyyyy\r\n");
	assert_int_equal(outcome().outcome, CWMP_REQUEST_REFUSED);
}

static void
test_nobody_there_is_unreachable(void **state)
{
	char url[64];

	(void)state;
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", bed.device.port);
	device_close(&bed.device);
	assert_int_equal(outcome_of_url(&(struct cwmp_requester_options){0}, url).outcome,
		CWMP_REQUEST_UNREACHABLE);
	device_open(&bed.device);
}

static void
test_a_silent_device_costs_its_time_alone(void **state)
{
	const struct cwmp_requester_options options = {.timeout_ms = 100};
	struct cwmp_connection_request_result result;

	(void)state;
	bed.device.is_silent = true;
	result = outcome_of_url(&options, NULL);
	assert_int_equal(result.outcome, CWMP_REQUEST_TIMEOUT);
	assert_in_range(result.elapsed_ms, 100, 5000);
}

static void
test_other_urls_are_forbidden(void **state)
{
	static const char *const urls[] = {"https://127.0.0.1/", "file:///etc/passwd",
		"ftp://127.0.0.1/", "gopher://127.0.0.1/", "127.0.0.1:80/", "", "http://",
		"http://name:secret@127.0.0.1/", "http://127.0.0.1:99999/", "http://a b/",
		"http://127.0.0.1/a\r\nX: y"};

	(void)state;
	begin(&(struct cwmp_requester_options){.device_interval_ms = SB_UNLIMITED});
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		bed.result_count = 0;
		ask_url("device", urls[i], "secret");
		until(has_result);
		assert_int_equal(bed.results[0].outcome, CWMP_REQUEST_FORBIDDEN);
	}
	end();
}

static void
test_a_name_is_resolved_and_held_against_the_networks(void **state)
{
	struct sb_network here, elsewhere;
	struct cwmp_requester_options options = {
		.reach = {.networks = &elsewhere, .network_count = 1}};
	char url[64];

	(void)state;
	assert_int_equal(sb_network_parse("127.0.0.0/8", &here), 0);
	assert_int_equal(sb_network_parse("192.0.2.0/24", &elsewhere), 0);
	snprintf(url, sizeof(url), "http://localhost:%u/", bed.device.port);
	assert_int_equal(outcome_of_url(&options, NULL).outcome, CWMP_REQUEST_FORBIDDEN);
	assert_int_equal(outcome_of_url(&options, url).outcome, CWMP_REQUEST_FORBIDDEN);
	options.reach.networks = &here;
	assert_int_equal(outcome_of_url(&options, url).outcome, CWMP_REQUEST_DONE);
	assert_int_equal(bed.device.connections, 1);
	assert_non_null(strstr(bed.device.last, "Host: localhost:"));
	/* Another way to write the same address. */
	snprintf(url, sizeof(url), "http://0x7f.1:%u/", bed.device.port);
	options.reach.networks = &elsewhere;
	assert_int_equal(outcome_of_url(&options, url).outcome, CWMP_REQUEST_FORBIDDEN);
	assert_int_equal(outcome_of_url(&options, "http://nobody.invalid/").outcome,
		CWMP_REQUEST_UNRESOLVED);
}

/* Whatever a device says, and whatever names say: by default, where any device may be, and where it
 * is the address that it came from. */
static void
test_no_device_has_us_ask_this_machine_or_what_is_near_it(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost", "0.0.0.0", "127.1",
		"0x7f000001", "2130706433", "017700000001", "[::1]", "[::]", "[::ffff:127.0.0.1]",
		"[::7f00:1]", "[64:ff9b::7f00:1]", "169.254.169.254", "[::ffff:169.254.169.254]",
		"[fe80::1]", "[2002:7f00:1::]"};
	char url[96];

	(void)state;
	for (unsigned kinds = 0; kinds <= CWMP_REACH_ANY; kinds += CWMP_REACH_ANY) {
		begin(&(struct cwmp_requester_options){.device_interval_ms = SB_UNLIMITED,
			.reach = {.kinds = kinds | CWMP_REACH_INFORM}});
		for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
			bed.result_count = 0;
			bed.from = hosts[i];
			snprintf(url, sizeof(url), "http://%s:%u/", hosts[i], bed.device.port);
			ask_url("device", url, "secret");
			until(has_result);
			/* A name that has no address in a machine without IPv6 leads nowhere. */
			if (bed.results[0].outcome != CWMP_REQUEST_FORBIDDEN &&
				bed.results[0].outcome != CWMP_REQUEST_UNRESOLVED)
				fail_msg("%s: %s", url,
					cwmp_request_outcome_name(bed.results[0].outcome));
		}
		end();
		bed.asker = NULL;
	}
	assert_int_equal(bed.device.connections, 0);
}

static void
test_a_redirect_leads_nowhere(void **state)
{
	static char answer[160];
	struct device other = {0};

	(void)state;
	device_open(&other);
	snprintf(answer, sizeof(answer),
		"HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:%u/\r\nContent-Length: 0\r\n\r\n",
		other.port);
	bed.device.auth.scheme = HTTP_AUTH_NONE;
	bed.device.answer = answer;
	assert_int_equal(outcome().outcome, CWMP_REQUEST_REFUSED);
	device_turn(&other);
	assert_int_equal(other.connections, 0);
	device_close(&other);
}

static bool
has_full_lookups(void)
{
	return atomic_load(&lookups) == 2;
}

static bool
has_seven_results(void)
{
	return bed.result_count == 7;
}

static void
test_slow_name_servers_are_not_waited_for_by_all(void **state)
{
	char device[] = "device 0";

	(void)state;
	pthread_mutex_lock(&name_server);
	begin(&(struct cwmp_requester_options){0});
	for (; device[7] < '6'; device[7]++)
		ask_url(device, "http://slow.test/", "secret");
	until(has_full_lookups);
	ask("a number", "secret");
	until(has_result);
	assert_int_equal(bed.results[0].outcome, CWMP_REQUEST_DONE);
	assert_true(has_full_lookups());
	pthread_mutex_unlock(&name_server);
	until(has_seven_results);
	for (size_t i = 1; i < 7; i++)
		assert_int_equal(bed.results[i].outcome, CWMP_REQUEST_UNRESOLVED);
	assert_int_equal(atomic_load(&most_lookups), 2);
	end();
}

static void
test_a_device_is_not_asked_too_often(void **state)
{
	const struct cwmp_requester_options options = {.device_burst = 2};

	(void)state;
	begin(&options);
	bed.device.auth.scheme = HTTP_AUTH_NONE;
	for (int i = 0; i < 3; i++) {
		bed.result_count = 0;
		ask("one", "secret");
		until(has_result);
		assert_int_equal(
			bed.results[0].outcome, i < 2 ? CWMP_REQUEST_DONE : CWMP_REQUEST_LIMITED);
	}
	bed.result_count = 0;
	ask("another", "secret");
	until(has_result);
	assert_int_equal(bed.results[0].outcome, CWMP_REQUEST_DONE);
	end();
}

static bool
has_three_results(void)
{
	return bed.result_count == 3;
}

static void
test_what_is_over_the_bound_waits_and_then_is_refused(void **state)
{
	const struct cwmp_requester_options options = {
		.timeout_ms = 100, .at_once = 1, .waiting = 1, .device_interval_ms = SB_UNLIMITED};

	(void)state;
	bed.device.is_silent = true;
	begin(&options);
	for (int i = 0; i < 3; i++)
		ask("device", "secret");
	until(has_three_results);
	assert_int_equal(bed.results[0].outcome, CWMP_REQUEST_LIMITED);
	assert_int_equal(bed.results[1].outcome, CWMP_REQUEST_TIMEOUT);
	assert_int_equal(bed.results[2].outcome, CWMP_REQUEST_TIMEOUT);
	/* Its place is free again. */
	bed.result_count = 0;
	bed.device.is_silent = false;
	ask("device", "secret");
	until(has_result);
	assert_int_equal(bed.results[0].outcome, CWMP_REQUEST_DONE);
	end();
}

static void
test_a_node_may_stop_meanwhile(void **state)
{
	const struct cwmp_requester_options options = {.at_once = 1};

	(void)state;
	bed.device.is_silent = true;
	begin(&options);
	ask("device", "secret");
	ask("device", "secret");
	until(has_request);
	end();
}

static void
test_without_a_requester_nobody_is_asked(void **state)
{
	const struct cwmp_connection_request request = {
		"device", "http://127.0.0.1/", NULL, NULL, NULL};
	const struct sb_message gone = {.status = SB_GONE};
	uint64_t ref;

	(void)state;
	begin(NULL);
	assert_int_equal(cwmp_request_connection(bed.asker, &request, &ref), SB_GONE);
	assert_int_equal(cwmp_connection_request_result(&gone).outcome, CWMP_REQUEST_UNAVAILABLE);
	end();
}

static void
test_a_url_has_a_bound(void **state)
{
	static char url[2048];
	const struct cwmp_connection_request request = {"device", url, NULL, NULL, NULL};
	uint64_t ref;

	(void)state;
	memset(url, 'x', sizeof(url) - 1);
	begin(&(struct cwmp_requester_options){0});
	assert_int_equal(cwmp_request_connection(bed.asker, &request, &ref), SB_EINVAL);
	end();
}

static void
test_options_have_bounds(void **state)
{
	const struct cwmp_requester_options bad[] = {{.timeout_ms = 60000},
		{.device_interval_ms = 999}, {.at_once = 100000}, {.reach = {.network_count = 1}}};

	(void)state;
	begin(NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cwmp_requesters_start(bed.node, &bad[i]), SB_EINVAL);
	end();
}

static void
test_without_memory_one_request_fails(void **state)
{
	const struct cwmp_requester_options options = {
		.timeout_ms = 1000, .device_interval_ms = SB_UNLIMITED};
	bool is_over = false;
	unsigned failures = 0;

	(void)state;
	begin(&options);
	for (size_t at = 1; !is_over; at += 1 + at / 8) {
		bed.result_count = 0;
		fail_at = at;
		ask("device", "secret");
		until(has_result);
		is_over = fail_at != 0;
		fail_at = 0;
		failures += bed.results[0].outcome != CWMP_REQUEST_DONE;
	}
	assert_int_equal(bed.results[0].outcome, CWMP_REQUEST_DONE);
	assert_true(failures > 5);
	end();
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_device_is_asked_with_digest),
		TEST(test_a_device_that_wants_no_name_is_asked_without),
		TEST(test_a_device_may_close_between_challenge_and_answer),
		TEST(test_a_device_may_cut_the_connection_of_its_challenge),
		TEST(test_a_second_try_has_no_time_of_its_own),
		TEST(test_a_device_that_breaks_off_is_unreachable),
		TEST(test_a_wrong_password_is_unauthorized),
		TEST(test_a_password_goes_over_the_line_only_where_that_is_allowed),
		TEST(test_what_else_a_device_answers_is_told),
		TEST(test_an_answer_has_bounds),
		TEST(test_nobody_there_is_unreachable),
		TEST(test_a_silent_device_costs_its_time_alone),
		TEST(test_other_urls_are_forbidden),
		TEST(test_a_name_is_resolved_and_held_against_the_networks),
		TEST(test_no_device_has_us_ask_this_machine_or_what_is_near_it),
		TEST(test_a_redirect_leads_nowhere),
		TEST(test_slow_name_servers_are_not_waited_for_by_all),
		TEST(test_a_device_is_not_asked_too_often),
		TEST(test_what_is_over_the_bound_waits_and_then_is_refused),
		TEST(test_a_node_may_stop_meanwhile),
		TEST(test_without_a_requester_nobody_is_asked),
		TEST(test_a_url_has_a_bound),
		TEST(test_options_have_bounds),
		TEST(test_without_memory_one_request_fails),
	};

	if (curl_global_init_mem(
		    CURL_GLOBAL_NOTHING, give, free, give_more, give_copy, give_zeroed))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
