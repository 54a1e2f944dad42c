/* What is written, and how a connection ends behind it: nothing lost, nothing endless. */
#include "core/session_internal.h"
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { EMPTY = 1, ROOM, CLOSE, HOLD };

static void
obey(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	switch (m->type) {
	case EMPTY:
		p->last_status = sb_write(s, NULL, 0);
		assert_non_null(sb_write_room(s, 0));
		sb_write_commit(s, 0);
		break;
	case ROOM:
		assert_non_null(sb_write_room(s, 5000));
		sb_write_commit(s, 0);
		break;
	case CLOSE:
		sb_write(s, "bye", 3);
		sb_close(s, SB_END_LOCAL);
		break;
	case HOLD:
		sb_hold(s, "test");
		break;
	default:
		break;
	}
}

static struct sim_peer *
begin(struct fixture *f, struct probe *probe, const struct sb_limits *limits)
{
	struct sim_peer *peer;

	probe->on_message = obey;
	fixture_init(f, 1, &probe_module, probe, limits);
	peer = sim_connect(f->sim, f->port);
	wait_count(f, &probe->connected, 1);
	return peer;
}

static void
tell(struct fixture *f, struct probe *probe, uint32_t type)
{
	unsigned messages = probe->messages;

	assert_int_equal(sb_node_post(f->node, probe->self, type, 0, SB_NOTHING), 0);
	wait_count(f, &probe->messages, messages + 1);
}

static void
test_writing_nothing_is_no_failure(void **state)
{
	struct probe probe = {.last_status = 1};
	struct fixture f;

	(void)state;
	(void)begin(&f, &probe, NULL);
	tell(&f, &probe, EMPTY);
	assert_int_equal(probe.last_status, 0);
	fixture_fini(&f);
}

static void
test_room_that_was_not_used_costs_no_buffer(void **state)
{
	struct probe probe = {0};
	struct fixture f;

	(void)state;
	(void)begin(&f, &probe, NULL);
	tell(&f, &probe, ROOM);
	assert_null(probe.session->connection->output.data);
	fixture_fini(&f);
}

/* ---- after close ---- */

static void
test_what_a_peer_sends_after_close_is_bounded_and_counted(void **state)
{
	static const char octets[40000];
	struct sb_limits limits = {.linger_bytes = 100000, .linger_ms = 10000};
	struct probe probe = {0};
	struct sim_peer *peer;
	struct fixture f;

	(void)state;
	peer = begin(&f, &probe, &limits);
	tell(&f, &probe, CLOSE);
	sim_send(peer, octets, sizeof(octets));
	sim_send(peer, octets, sizeof(octets));
	run_ms(&f, 10);
	assert_int_equal(probe.closed, 0);
	sim_send(peer, octets, sizeof(octets));
	run_ms(&f, 10);
	assert_int_equal(probe.closed, 1);
	assert_int_equal(counter_value(&f, "sb_limit_hits_total", "limit", "linger_bytes"), 1);
	fixture_fini(&f);
}

static void
test_a_peer_that_does_not_end_after_close_is_counted(void **state)
{
	struct sb_limits limits = {.linger_ms = 500};
	struct probe probe = {0};
	struct fixture f;

	(void)state;
	(void)begin(&f, &probe, &limits);
	tell(&f, &probe, CLOSE);
	wait_count(&f, &probe.closed, 1);
	assert_int_equal(counter_value(&f, "sb_limit_hits_total", "limit", "linger_ms"), 1);
	fixture_fini(&f);
}

static void
test_a_flood_after_close_takes_one_buffer_a_turn(void **state)
{
	static char octets[3u << 20];
	struct sb_limits limits = {.linger_bytes = SB_UNLIMITED};
	struct probe probe = {0};
	struct sim_peer *peer;
	struct fixture f;

	(void)state;
	peer = begin(&f, &probe, &limits);
	tell(&f, &probe, CLOSE);
	run_ms(&f, 1);
	sim_send(peer, octets, sizeof(octets));
	turn(&f, 0);
	assert_in_range(probe.session->connection->discarded, 1, 256u << 10);
	run_ms(&f, 10);
	assert_int_equal(probe.session->connection->discarded, sizeof(octets));
	fixture_fini(&f);
}

/* ---- a transport that cannot say the end at once ---- */

static int finishes_to_refuse;

static int
finish_later(struct sb_connection *c)
{
	if (finishes_to_refuse) {
		finishes_to_refuse--;
		return SB_AGAIN;
	}
	return sb_transport_plain.finish(c);
}

static void
test_the_end_is_said_as_soon_as_the_transport_can(void **state)
{
	struct sb_transport later = sb_transport_plain;
	struct sb_limits limits = {.linger_ms = 60000};
	struct probe probe = {0};
	struct sim_peer *peer;
	struct fixture f;

	(void)state;
	later.finish = finish_later;
	finishes_to_refuse = 3;
	peer = begin(&f, &probe, &limits);
	probe.session->connection->transport = &later;
	tell(&f, &probe, CLOSE);
	run_ms(&f, 10);
	assert_true(sim_has_ended(peer));
	assert_int_equal(finishes_to_refuse, 0);
	assert_memory_equal(sim_received(peer).data, "bye", 3);
	sim_finish(peer);
	wait_count(&f, &probe.closed, 1);
	fixture_fini(&f);
}

/* ---- directions crossed, as TLS may cross them ---- */

static bool reads_want_to_write, writes_want_to_read;

static ssize_t
crossed_read(struct sb_connection *c, void *buf, size_t size)
{
	if (!reads_want_to_write)
		return sb_transport_plain.read(c, buf, size);
	c->blocked_on |= SB_WRITABLE;
	return SB_AGAIN;
}

static ssize_t
crossed_write(struct sb_connection *c, const void *data, size_t size)
{
	if (!writes_want_to_read)
		return sb_transport_plain.write(c, data, size);
	c->blocked_on |= SB_READABLE;
	return SB_AGAIN;
}

static ssize_t
echo(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	sb_write(s, in.data, in.size);
	return (ssize_t)in.size;
}

static void
test_a_read_that_waits_to_write_does_not_spin_while_held(void **state)
{
	struct sb_transport crossed = sb_transport_plain;
	struct probe probe = {0};
	struct sim_peer *peer;
	struct fixture f;

	(void)state;
	crossed.read = crossed_read;
	reads_want_to_write = true;
	peer = begin(&f, &probe, NULL);
	probe.session->connection->transport = &crossed;
	sim_send(peer, "x", 1);
	turn(&f, 0);
	assert_int_equal(probe.session->connection->io.events, SB_WRITABLE);
	tell(&f, &probe, HOLD);
	turn(&f, 0);
	assert_int_equal(probe.session->connection->io.events, 0);
	fixture_fini(&f);
}

static void
test_a_write_that_waits_to_read_goes_on_though_held(void **state)
{
	struct sb_transport crossed = sb_transport_plain;
	struct probe probe = {.on_received = echo};
	struct sim_peer *peer;
	struct fixture f;

	(void)state;
	crossed.write = crossed_write;
	writes_want_to_read = true;
	peer = begin(&f, &probe, NULL);
	probe.session->connection->transport = &crossed;
	sim_send(peer, "x", 1);
	run_ms(&f, 1);
	assert_int_equal(sim_received(peer).size, 0);
	tell(&f, &probe, HOLD);
	turn(&f, 0);
	assert_int_equal(probe.session->connection->io.events, SB_READABLE);
	writes_want_to_read = false;
	sim_send(peer, "y", 1);
	run_ms(&f, 1);
	assert_int_equal(sim_received(peer).size, 1);
	assert_int_equal(probe.session->connection->io.events, 0);
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writing_nothing_is_no_failure),
		cmocka_unit_test(test_room_that_was_not_used_costs_no_buffer),
		cmocka_unit_test(test_what_a_peer_sends_after_close_is_bounded_and_counted),
		cmocka_unit_test(test_a_peer_that_does_not_end_after_close_is_counted),
		cmocka_unit_test(test_a_flood_after_close_takes_one_buffer_a_turn),
		cmocka_unit_test(test_the_end_is_said_as_soon_as_the_transport_can),
		cmocka_unit_test(test_a_read_that_waits_to_write_does_not_spin_while_held),
		cmocka_unit_test(test_a_write_that_waits_to_read_goes_on_though_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
