/* The table of states against one written down by hand, over all pairs, and against what must hold
 * whatever it says. */
#include "protocols/cwmp/state_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const actions[] = {
#define X(name) [CWMP_DO_##name] = #name,
	CWMP_ACTION_MAP(X)
#undef X
};

static const char *const inputs[] = {
#define X(name) [CWMP_INPUT_##name] = #name,
	CWMP_INPUT_MAP(X)
#undef X
};

/* In the order of the inputs: the action, and the state after it unless it stays. */
static const char *const written[CWMP_STATE_COUNT][CWMP_INPUT_COUNT] = {
	[CWMP_STATE_NAMING] = {"REFUSE", "REFUSE", "REFUSE", "REFUSE", "REFUSE", "REFUSE", "REFUSE",
		"REFUSE", "END_TIMEOUT ended", "END_IDLE ended", "END_REPLACED ended"},
	[CWMP_STATE_DECIDING] = {"REFUSE", "REFUSE", "REFUSE", "REFUSE", "REFUSE", "REFUSE",
		"REFUSE", "REFUSE", "END_TIMEOUT ended", "END_IDLE ended", "END_REPLACED ended"},
	[CWMP_STATE_CPE_TURN] = {"ASK asked", "REPEAT", "END_PROTOCOL ended", "END_PROTOCOL ended",
		"END_PROTOCOL ended", "TURN acs_turn", "TURN acs_turn", "FAULT", "NOTHING",
		"END_TIMEOUT ended", "END_REPLACED ended"},
	[CWMP_STATE_ASKED] = {"REFUSE", "JOIN", "REFUSE", "REFUSE", "REFUSE", "REFUSE", "REFUSE",
		"REFUSE", "NOTHING owing", "DEFER owing", "END_REPLACED ended"},
	[CWMP_STATE_OWING] = {"BUSY", "JOIN asked", "DELIVER acs_turn", "END_PROTOCOL ended",
		"END_PROTOCOL ended", "TURN acs_turn", "TURN acs_turn", "FAULT", "NOTHING",
		"END_TIMEOUT ended", "END_REPLACED ended"},
	[CWMP_STATE_ACS_TURN] = {"REFUSE", "REFUSE", "REFUSE", "JOIN", "REFUSE", "JOIN", "JOIN",
		"REFUSE", "NOTHING left", "SAY_NOTHING", "END_REPLACED ended"},
	[CWMP_STATE_LEFT] = {"ASK asked", "REPEAT", "END_PROTOCOL ended", "JOIN acs_turn",
		"END_PROTOCOL ended", "JOIN acs_turn", "JOIN acs_turn", "FAULT", "NOTHING",
		"END_TIMEOUT ended", "END_REPLACED ended"},
	[CWMP_STATE_AWAITING] = {"ASK asked", "REPEAT", "DELIVER acs_turn", "RESEND",
		"FAIL acs_turn", "FAIL acs_turn", "RESEND", "FAIL acs_turn", "NOTHING",
		"END_TIMEOUT ended", "END_REPLACED ended"},
	[CWMP_STATE_RELEASED] = {"ASK asked", "REPEAT", "END_PROTOCOL ended", "TURN acs_turn",
		"END_PROTOCOL ended", "TURN acs_turn", "TURN acs_turn", "FAULT", "NOTHING",
		"END_DONE ended", "END_REPLACED ended"},
	[CWMP_STATE_ENDED] = {"REFUSE", "REFUSE", "REFUSE", "REFUSE", "REFUSE", "REFUSE", "REFUSE",
		"REFUSE", "NOTHING", "NOTHING", "NOTHING"},
};

static void
each_pair(void (*check)(enum cwmp_state state, enum cwmp_input input, struct cwmp_step step))
{
	for (enum cwmp_state state = 0; state < CWMP_STATE_COUNT; state++)
		for (enum cwmp_input input = 0; input < CWMP_INPUT_COUNT; input++)
			check(state, input, cwmp_step(state, input));
}

static void
check_written(enum cwmp_state state, enum cwmp_input input, struct cwmp_step step)
{
	char said[64], wanted[64];

	(void)snprintf(said, sizeof(said), "%s %s %s %s", cwmp_state_name(state), inputs[input],
		actions[step.action], cwmp_state_name(step.next));
	(void)snprintf(wanted, sizeof(wanted), "%s %s %s", cwmp_state_name(state), inputs[input],
		written[state][input]);
	if (!strchr(written[state][input], ' '))
		(void)snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), " %s",
			cwmp_state_name(state));
	assert_string_equal(said, wanted);
}

static void
test_every_pair_is_as_written_down(void **state)
{
	(void)state;
	each_pair(check_written);
}

static bool
waits(enum cwmp_state state)
{
	return state <= CWMP_STATE_DECIDING || state == CWMP_STATE_ASKED ||
	       state == CWMP_STATE_ACS_TURN;
}

static bool
is_post(enum cwmp_input input)
{
	return input < CWMP_INPUT_LOST;
}

/* Actions that answer the POST at once leave no state in which one waits; those that do not, one.
 */
static void
check_waiting(enum cwmp_state state, enum cwmp_input input, struct cwmp_step step)
{
	bool is_answered = step.action == CWMP_DO_REPEAT || step.action == CWMP_DO_RESEND ||
			   step.action == CWMP_DO_FAULT || step.action == CWMP_DO_BUSY;

	assert_int_not_equal(step.action, CWMP_DO_UNSAID);
	if (!is_post(input) || step.action == CWMP_DO_REFUSE || step.next == CWMP_STATE_ENDED) {
		if (input == CWMP_INPUT_LOST && state != CWMP_STATE_ENDED)
			assert_false(waits(step.next));
		return;
	}
	assert_int_equal(waits(step.next), !is_answered);
}

static void
test_a_post_waits_exactly_where_a_state_says_so(void **state)
{
	(void)state;
	each_pair(check_waiting);
}

/* What looks at a POST comes with one only. */
static void
check_post(enum cwmp_state state, enum cwmp_input input, struct cwmp_step step)
{
	(void)state;
	if (!is_post(input))
		assert_true(step.action == CWMP_DO_NOTHING || step.action == CWMP_DO_DEFER ||
			    step.action == CWMP_DO_SAY_NOTHING || step.action >= CWMP_DO_END_DONE);
}

static void
test_what_looks_at_a_post_comes_with_one(void **state)
{
	(void)state;
	each_pair(check_post);
}

static void
check_refusal(enum cwmp_state state, enum cwmp_input input, struct cwmp_step step)
{
	(void)input;
	if (step.action == CWMP_DO_REFUSE) {
		assert_int_equal(step.next, state);
		assert_true(waits(state) || state == CWMP_STATE_ENDED);
	}
}

static void
test_a_refused_post_changes_nothing_and_only_where_another_waits(void **state)
{
	(void)state;
	each_pair(check_refusal);
}

static void
check_end(enum cwmp_state state, enum cwmp_input input, struct cwmp_step step)
{
	if (state == CWMP_STATE_ENDED)
		assert_int_equal(step.next, CWMP_STATE_ENDED);
	else if (input == CWMP_INPUT_REPLACED)
		assert_int_equal(step.next, CWMP_STATE_ENDED);
	else if (input == CWMP_INPUT_SILENCE)
		assert_true(step.next == CWMP_STATE_ENDED || step.action == CWMP_DO_DEFER ||
			    step.action == CWMP_DO_SAY_NOTHING);
}

static void
test_silence_and_a_newer_session_always_end_it(void **state)
{
	(void)state;
	each_pair(check_end);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pair_is_as_written_down),
		cmocka_unit_test(test_a_post_waits_exactly_where_a_state_says_so),
		cmocka_unit_test(test_what_looks_at_a_post_comes_with_one),
		cmocka_unit_test(test_a_refused_post_changes_nothing_and_only_where_another_waits),
		cmocka_unit_test(test_silence_and_a_newer_session_always_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
