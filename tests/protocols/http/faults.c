/* Memory that is not there, connections that break: at every point there is. */
#include "core/error.h"
#include "tests/protocols/http/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

static struct bed bed;

/* A conversation with something of everything: the octets, made once. */
static char talk[16384];
static size_t talk_size;

static void
say(const char *text)
{
	memcpy(talk + talk_size, text, strlen(text));
	talk_size += strlen(text);
}

static void
say_compressed(const char *text)
{
	uint8_t out[1024];
	char head[256];
	uLongf size = sizeof(out);

	assert_int_equal(compress(out, &size, (const Bytef *)text, (uLong)strlen(text)), Z_OK);
	snprintf(head, sizeof(head),
		"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: deflate\r\n"
		"Content-Length: %lu\r\n\r\n",
		size);
	say(head);
	memcpy(talk + talk_size, out, size);
	talk_size += size;
}

static int
made_talk(void **state)
{
	(void)state;
	say("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "5;e=f\r\nhello\r\n0\r\nT: t\r\n\r\n");
	say_compressed("hello, hello, hello, hello");
	say("GET /fields HTTP/1.1\r\nHost: x\r\nX-Ask: one\r\nX-Ask: two\r\n\r\n");
	say("\r\nGET /text?3000 HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nX: ");
	for (int i = 0; i < 150; i++)
		say("a head of some size ");
	say("\r\n\r\n");
	say("POST /hold HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
	    "Content-Length: 3\r\n\r\nabc");
	say("GET /lines?20000 HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
	say("GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\n\r\n");
	return 0;
}

/* What was held goes on, what waited is answered: by whoever has the session. */
static void
help(void)
{
	for (int i = 0; i < 4 && bed.open; i++)
		bed_resume_open(&bed);
	if (bed.open)
		bed_answer_open(&bed, "later");
}

static void
expect_alive(void)
{
	bed_connect(&bed);
	bed_send(&bed, "GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	bed_expect(&bed, 200, "now");
	bed_expect_ended(&bed);
	sim_finish(bed.peer);
	bed_turn(&bed);
}

/* ---- memory ---- */

/* How many there were; the `nth` failed (0: none). */
static uint64_t
live_without(uint64_t nth)
{
	uint64_t count;

	bed_open(&bed, NULL);
	bed.lacks_memory = true;
	count = sim_allocations(bed.sim);
	sim_fail_allocation(bed.sim, nth);
	bed_connect(&bed);
	bed_send_octets(&bed, talk, talk_size);
	help();
	sim_fail_allocation(bed.sim, 0);
	count = sim_allocations(bed.sim) - count;
	expect_alive();
	bed_close(&bed);
	return count;
}

static void
test_any_allocation_may_fail_once(void **state)
{
	uint64_t count = live_without(0);

	(void)state;
	assert_in_range(count, 10, 1000);
	for (uint64_t nth = 1; nth <= count; nth++)
		(void)live_without(nth);
}

static const struct http_handler *
nobody(struct http_exchange *x, void *context)
{
	(void)x;
	(void)context;
	return NULL;
}

static void
test_a_server_that_has_no_memory_is_not_made(void **state)
{
	struct http_server_options options = {.name = "starved", .route = nobody};
	struct http_server *server = NULL;
	uint64_t nth = 0;
	int err;

	(void)state;
	bed_open(&bed, NULL);
	do {
		sim_fail_allocation(bed.sim, ++nth);
		err = http_server_new(&server, bed.node, &options);
		assert_true(err == 0 || err == SB_ENOMEM);
	} while (err);
	sim_fail_allocation(bed.sim, 0);
	assert_true(nth >= 3);
	http_server_free(server);
	http_server_free(NULL);
	options.name = NULL;
	assert_int_equal(http_server_new(&server, bed.node, &options), SB_EINVAL);
	bed_close(&bed);
}

/* ---- connections ---- */

static void
drop_at(size_t size, void (*drop)(struct sim_peer *peer))
{
	bed_connect(&bed);
	bed_send_octets(&bed, talk, size);
	/* Within a request that is held, the end is seen when it goes on. */
	if (drop == sim_reset)
		drop(bed.peer);
	help();
	drop(bed.peer);
	bed_turn(&bed);
	help();
	bed_turn(&bed);
	assert_null(bed.open);
	assert_int_equal(bed.begun, bed.closed);
	bed.trace[0] = 0;
}

static void
test_the_connection_may_break_at_any_octet(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	bed.lacks_memory = true; /* or a connection */
	for (size_t size = 0; size <= talk_size; size += size > 700 && size < 3600 ? 97 : 3) {
		drop_at(size, sim_reset);
		drop_at(size, sim_finish);
	}
	expect_alive();
	bed_close(&bed);
}

/* ---- the network ---- */

static size_t
count_answers(void)
{
	struct bed_answer answer;
	size_t count = 0;

	while (bed_take(&bed, "GET", &answer)) {
		count += answer.status == (answer.body_size ? 200 : 204);
	}
	return count;
}

/* Split and delayed in every way, the same conversation has the same answers. */
static void
test_octets_may_come_in_any_pieces(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		const struct sim_options rough = {.seed = seed, .socket_buffer = 3000};
		const struct bed_options options = {.sim = &rough};
		size_t answers = 0;

		bed_open(&bed, &options);
		bed_send_octets(&bed, talk, talk_size);
		for (int i = 0; i < 20 && answers < 8; i++) {
			answers += count_answers();
			help();
		}
		assert_int_equal(answers, 8);
		bed_close(&bed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_allocation_may_fail_once),
		cmocka_unit_test(test_a_server_that_has_no_memory_is_not_made),
		cmocka_unit_test(test_the_connection_may_break_at_any_octet),
		cmocka_unit_test(test_octets_may_come_in_any_pieces),
	};

	return cmocka_run_group_tests(tests, made_talk, NULL);
}
