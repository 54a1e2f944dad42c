/*
 * A device whose connection drops at every point of a session: in the middle of a POST, after it,
 * or behind its answer. It does what devices do: a new connection, and the same POST again.
 */
#include "tests/protocols/cwmp/session_bed.h"

#include <stdio.h>

#define STRIDE 41 /* octets between two points in the middle */

static void
call_twice(struct cwmp_session *c)
{
	bed_get(c);
	bed_get(c);
	cwmp_finish(c);
}

static const char *
request(const char *body)
{
	static char text[BED_TEXT];

	(void)snprintf(text, sizeof(text),
		"POST / HTTP/1.1\r\nHost: acs\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
		*bed.cookie ? "Cookie: " : "", bed.cookie, *bed.cookie ? "\r\n" : "", strlen(body),
		body);
	return text;
}

/* Where the connection drops: behind so many octets of which POST; all of them: its answer is lost.
 */
struct point {
	unsigned post;
	size_t octets;
	unsigned posts; /* so far */
	bool is_last;   /* of its POST */
};

static void
post_dropping(const char *body, struct point *point)
{
	char text[BED_TEXT];
	size_t size;

	if (point->posts++ == point->post) {
		(void)snprintf(text, sizeof(text), "%s", request(body));
		size = strlen(text);
		point->is_last = point->octets >= size;
		sim_send(bed.peer, text, point->is_last ? size : point->octets);
		bed_turn();
		sim_reset(bed.peer);
		bed_turn();
		bed_connect();
	}
	bed_post(body);
}

static void
have_a_session(struct point *point)
{
	bed.start = call_twice;
	post_dropping(bed_inform("1"), point);
	bed_expect_status(200);
	post_dropping("", point);
	for (unsigned i = 0; i < 2 && bed.status == 200; i++) {
		bed_expect_body("<cwmp:GetParameterValues>");
		post_dropping(bed_values(bed_id()), point);
	}
}

static unsigned
count_of(const char *word)
{
	unsigned count = 0;

	for (const char *at = bed.trace; (at = strstr(at, word)); at++)
		count++;
	return count;
}

/* A response whose answer was lost finds its session over, if that answer was the end; and a call
 * that was lost on its way looks to us as one that the device does not answer. */
static void
expect_a_good_end(void)
{
	assert_true(bed.status == 204 || bed.status == 400);
	assert_null(bed.session);
	assert_int_equal(count_of("end done;"), 1);
	assert_int_equal(count_of("filter"), 1 + count_of("end replaced;"));
	assert_int_equal(count_of("get done;") + count_of("get SB_ENOENT;"), 2);
	assert_true(count_of("get SB_ENOENT;") <= 1);
}

static bool
drop_at(unsigned post, size_t octets)
{
	struct point point = {.post = post, .octets = octets};

	bed_open(NULL);
	have_a_session(&point);
	assert_true(point.posts > post);
	expect_a_good_end();
	bed_close();
	return !point.is_last;
}

static void
test_a_connection_may_drop_at_every_point(void **state)
{
	(void)state;
	for (unsigned post = 0; post < 4; post++)
		for (size_t octets = 0; drop_at(post, octets); octets += STRIDE)
			;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_connection_may_drop_at_every_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
