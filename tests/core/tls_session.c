/* TLS sessions on the simulated machine, with OpenSSL alone at the far end: octets, ends, moves. */
#include "core/error.h"
#include "tests/core/tls_session_fixture.h"

#include <string.h>

/* ---- octets ---- */

static void
test_octets_come_back_however_they_are_split(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 7, 100};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct identity identity;
		struct probe probe = {
			.on_received = echo, .on_connected = note_identity, .context = &identity};
		struct fixture f;
		struct tls_far far;

		fixture_init(&f, 1, &probe_module, NULL, NULL);
		tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &probe, NULL),
			&certificates, NULL, "localhost");
		far.send_max = sizes[i];
		tls_far_run(&far);
		assert_true(tls_far_is_open(&far));
		assert_int_equal(probe.connected, 1);
		assert_false(identity.is_verified);
		assert_string_equal(identity.common_name, "(none)");
		assert_string_equal(identity.server_name, "localhost");
		assert_string_equal(identity.version, "TLSv1.3");
		tls_far_write(&far, "hello", 5);
		assert_int_equal(far.text_size, 5);
		assert_memory_equal(far.text, "hello", 5);
		fixture_fini(&f);
		tls_far_close(&far);
	}
}

static void
test_a_large_transfer_passes_both_ways(void **state)
{
	static char sent[60000];
	struct probe probe = {.on_received = echo};
	struct fixture f;
	struct tls_far far;

	(void)state;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 131 >> 4);
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &probe, NULL),
		&certificates, NULL, NULL);
	tls_far_run(&far);
	tls_far_write(&far, sent, sizeof(sent));
	assert_int_equal(far.text_size, sizeof(sent));
	assert_memory_equal(far.text, sent, sizeof(sent));
	fixture_fini(&f);
	tls_far_close(&far);
}

static ssize_t
hold_at_first(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	if (p->received_calls > 1)
		return (ssize_t)in.size;
	sb_hold(s, "test");
	return 1;
}

static void
resume(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	sb_resume(s);
}

/* Octets that OpenSSL has decrypted are no news to the poller: they must come by themselves. */
static void
test_what_was_decrypted_comes_after_a_hold(void **state)
{
	struct probe probe = {.on_received = hold_at_first};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &probe, NULL),
		&certificates, NULL, NULL);
	tls_far_run(&far);
	SSL_write(far.ssl, "abc", 3);
	SSL_write(far.ssl, "def", 3);
	SSL_write(far.ssl, "ghi", 3);
	tls_far_run(&far);
	assert_int_equal(probe.received_calls, 1);
	let(&f, &probe, resume);
	assert_int_equal(probe.text_size, 9);
	assert_memory_equal(probe.text, "abcdefghi", 9);
	fixture_fini(&f);
	tls_far_close(&far);
}

/* ---- ends ---- */

static ssize_t
close_after_answer(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	static char large[50000];

	(void)p;
	memset(large, 'x', sizeof(large));
	sb_write(s, large, sizeof(large));
	sb_close(s, SB_END_LOCAL);
	return (ssize_t)in.size;
}

static void
test_a_close_flushes_and_says_goodbye(void **state)
{
	struct probe probe = {.on_received = close_after_answer};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &probe, NULL),
		&certificates, NULL, NULL);
	tls_far_run(&far);
	sim_stall(far.peer, true);
	SSL_write(far.ssl, "bye", 3);
	tls_far_run(&far);
	assert_false(far.has_ended);
	sim_stall(far.peer, false);
	tls_far_run(&far);
	assert_int_equal(far.text_size, 50000);
	assert_true(far.has_ended);
	assert_true(sim_has_ended(far.peer));
	assert_false(sim_was_reset(far.peer));
	assert_int_equal(probe.closed, 0); /* it waits for our end */
	tls_far_finish(&far);
	assert_int_equal(probe.closed, 1);
	assert_int_equal(probe.end, SB_END_LOCAL);
	fixture_fini(&f);
	tls_far_close(&far);
}

/* Four records that fill the socket to the octet: there is no room for close_notify. */
static ssize_t
fill_and_close(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	static char large[3 * 16384 + 16296];

	(void)p;
	sb_write(s, large, sizeof(large));
	sb_close(s, SB_END_LOCAL);
	return (ssize_t)in.size;
}

static void
test_a_goodbye_that_does_not_fit_is_said_as_soon_as_it_does(void **state)
{
	struct probe probe = {.on_received = fill_and_close};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &probe, NULL),
		&certificates, NULL, NULL);
	tls_far_run(&far);
	sim_stall(far.peer, true);
	SSL_write(far.ssl, "bye", 3);
	tls_far_run(&far);
	sim_stall(far.peer, false);
	tls_far_run(&far);
	assert_int_equal(far.text_size, 65448);
	assert_true(far.has_ended);
	assert_true(sim_has_ended(far.peer));
	tls_far_finish(&far);
	assert_int_equal(probe.closed, 1);
	fixture_fini(&f);
	tls_far_close(&far);
}

static void
test_answers_follow_the_peers_end(void **state)
{
	struct probe probe = {0};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &probe, NULL),
		&certificates, NULL, NULL);
	tls_far_run(&far);
	tls_far_finish(&far);
	assert_int_equal(probe.input_ended, 1);
	let(&f, &probe, say_goodbye);
	tls_far_run(&far);
	assert_int_equal(far.text_size, 4);
	assert_true(far.has_ended);
	assert_int_equal(probe.closed, 1);
	fixture_fini(&f);
	tls_far_close(&far);
}

static void
test_an_end_without_close_notify_is_an_end_too(void **state)
{
	struct probe probe = {0};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &probe, NULL),
		&certificates, NULL, NULL);
	tls_far_run(&far);
	sim_finish(far.peer);
	tls_far_run(&far);
	assert_int_equal(probe.input_ended, 1);
	let(&f, &probe, say_late);
	tls_far_run(&far);
	assert_int_equal(far.text_size, 4);
	fixture_fini(&f);
	tls_far_close(&far);
}

/* ---- hand-over ---- */

static struct sb_address heir;

static ssize_t
answer_and_hand_over(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	(void)in;
	assert_int_equal(sb_write(s, "from the giver, ", 16), 0);
	assert_int_equal(sb_hand_over(s, heir, 1), 0);
	return 6; /* "giver:" */
}

static void
test_a_connection_moves_to_another_shard_with_all_it_has(void **state)
{
	struct identity identity = {0};
	struct probe giver = {.on_received = answer_and_hand_over};
	struct probe taker = {
		.on_received = echo, .on_connected = note_identity, .context = &identity};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	start_probe(&f, &taker, 1);
	heir = taker.self;
	tls_far_connect(&far, &f, listen_tls(&f, mutual_server, &probe_plain_module, &giver, NULL),
		&certificates, "client", "localhost");
	tls_far_run(&far);
	assert_int_equal(giver.connected, 1);
	SSL_write(far.ssl, "giver:for the taker, ", 21);
	SSL_write(far.ssl, "in two records", 14);
	tls_far_run(&far);
	assert_int_equal(taker.connected, 1);
	assert_int_equal(giver.closed, 1);
	assert_int_equal(giver.end, SB_END_HANDED);
	assert_true(identity.is_verified);
	assert_string_equal(identity.common_name, "client");
	tls_far_write(&far, " and one more", 13);
	far.text[far.text_size] = '\0';
	assert_string_equal(far.text, "from the giver, for the taker, in two records and one more");
	let(&f, &taker, say_goodbye);
	tls_far_run(&far);
	assert_true(far.has_ended);
	fixture_fini(&f);
	tls_far_close(&far);
}

static void
test_a_connection_that_nobody_takes_is_ended_in_order(void **state)
{
	struct probe giver = {.on_received = answer_and_hand_over}, taker = {0};
	struct fixture f;
	struct tls_far far;

	(void)state;
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	start_probe(&f, &taker, 1);
	heir = taker.self;
	tls_far_connect(&far, &f, listen_tls(&f, plain_server, &probe_module, &giver, NULL),
		&certificates, NULL, NULL);
	tls_far_run(&far);
	SSL_write(far.ssl, "giver:", 6);
	tls_far_run(&far);
	assert_int_equal(taker.connected, 1);
	/* The heir has a connection now, and takes no second one. */
	{
		struct probe second = {.on_received = answer_and_hand_over};
		struct tls_far late;

		tls_far_connect(&late, &f,
			listen_tls(&f, plain_server, &probe_module, &second, NULL), &certificates,
			NULL, NULL);
		tls_far_run(&late);
		tls_far_write(&late, "giver:", 6);
		assert_int_equal(second.messages, 1);
		assert_int_equal(second.last_type, SB_MSG_HAND_OVER);
		assert_int_equal(second.last_status, SB_EEXIST);
		assert_true(late.has_ended);
		tls_far_close(&late);
		fixture_fini(&f);
	}
	tls_far_close(&far);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_octets_come_back_however_they_are_split),
		cmocka_unit_test(test_a_large_transfer_passes_both_ways),
		cmocka_unit_test(test_what_was_decrypted_comes_after_a_hold),
		cmocka_unit_test(test_a_close_flushes_and_says_goodbye),
		cmocka_unit_test(test_a_goodbye_that_does_not_fit_is_said_as_soon_as_it_does),
		cmocka_unit_test(test_answers_follow_the_peers_end),
		cmocka_unit_test(test_an_end_without_close_notify_is_an_end_too),
		cmocka_unit_test(test_a_connection_moves_to_another_shard_with_all_it_has),
		cmocka_unit_test(test_a_connection_that_nobody_takes_is_ended_in_order),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
