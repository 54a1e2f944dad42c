/* Which PDU is legal when: the specification's table, cell by cell. */
#include "protocols/smpp/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocols/smpp/command.h"
#include "protocols/smpp/status.h"

/*
 * Columns OPEN OUTBOUND TX RX TRX UNBOUND CLOSED: who may send, E the ESME, M the
 * MC, B both, - nobody.
 */
static const struct {
	uint32_t command;
	const char *in_34;
	const char *in_50;
} table[] = {
	{SMPP_BIND_RECEIVER, "EE-----", "EE-----"},
	{SMPP_BIND_TRANSMITTER, "E------", "EE-----"},
	{SMPP_BIND_TRANSCEIVER, "E------", "EE-----"},
	{SMPP_OUTBIND, "M------", "M------"},
	{SMPP_SUBMIT_SM, "--E-E--", "--E-E--"},
	{SMPP_SUBMIT_MULTI, "--E-E--", "--E-E--"},
	{SMPP_QUERY_SM, "--E-E--", "--E-E--"},
	{SMPP_CANCEL_SM, "--E-E--", "--E-E--"},
	{SMPP_REPLACE_SM, "--E-E--", "--E-E--"},
	{SMPP_DATA_SM, "--EMB--", "--EMB--"},
	{SMPP_DELIVER_SM, "---MM--", "---MM--"},
	{SMPP_ALERT_NOTIFICATION, "---MM--", "---MM--"},
	{SMPP_BROADCAST_SM, "-------", "--E-E--"},
	{SMPP_QUERY_BROADCAST_SM, "-------", "--E-E--"},
	{SMPP_CANCEL_BROADCAST_SM, "-------", "--E-E--"},
	{SMPP_UNBIND, "--BBB--", "--BBB--"},
	{SMPP_ENQUIRE_LINK, "--BBB--", "BBBBBB-"},
	{SMPP_GENERIC_NACK, "--BBB--", "BBBBBB-"},
	/* Responses go the other way. */
	{SMPP_BIND_RECEIVER_RESP, "MM-----", "MM-----"},
	{SMPP_BIND_TRANSMITTER_RESP, "M------", "MM-----"},
	{SMPP_BIND_TRANSCEIVER_RESP, "M------", "MM-----"},
	{SMPP_SUBMIT_SM_RESP, "--M-M--", "--M-M--"},
	{SMPP_SUBMIT_MULTI_RESP, "--M-M--", "--M-M--"},
	{SMPP_QUERY_SM_RESP, "--M-M--", "--M-M--"},
	{SMPP_CANCEL_SM_RESP, "--M-M--", "--M-M--"},
	{SMPP_REPLACE_SM_RESP, "--M-M--", "--M-M--"},
	{SMPP_DATA_SM_RESP, "--MEB--", "--MEB--"},
	{SMPP_DELIVER_SM_RESP, "---EE--", "---EE--"},
	{SMPP_BROADCAST_SM_RESP, "-------", "--M-M--"},
	{SMPP_QUERY_BROADCAST_SM_RESP, "-------", "--M-M--"},
	{SMPP_CANCEL_BROADCAST_SM_RESP, "-------", "--M-M--"},
	{SMPP_UNBIND_RESP, "--BBB--", "--BBB--"},
	{SMPP_ENQUIRE_LINK_RESP, "--BBB--", "BBBBBB-"},
	{0x00010200, "-------", "-------"},
	{0x80010200, "-------", "-------"},
};

#define ROWS (sizeof(table) / sizeof(table[0]))

static void
check_row(uint32_t command, enum smpp_version version, const char *row)
{
	for (int state = SMPP_OPEN; state <= SMPP_CLOSED; state++) {
		bool esme = row[state] == 'E' || row[state] == 'B';
		bool mc = row[state] == 'M' || row[state] == 'B';

		if (smpp_is_legal((enum smpp_state)state, SMPP_ESME, version, command) != esme ||
			smpp_is_legal((enum smpp_state)state, SMPP_MC, version, command) != mc)
			fail_msg("%s in %s by version %02x", smpp_command_name(command),
				smpp_state_name((enum smpp_state)state), version);
	}
}

static void
test_every_command_is_legal_where_the_specification_says(void **state)
{
	for (size_t i = 0; i < ROWS; i++) {
		check_row(table[i].command, SMPP_VERSION_33, table[i].in_34);
		check_row(table[i].command, SMPP_VERSION_34, table[i].in_34);
		check_row(table[i].command, SMPP_VERSION_50, table[i].in_50);
	}
	(void)state;
}

static void
test_no_command_is_missing_from_the_table(void **state)
{
	size_t count;
	const struct smpp_command_info *commands = smpp_command_table(&count);

	assert_int_equal(count, ROWS - 2);
	for (size_t c = 0; c < count; c++) {
		size_t i = 0;

		while (i < ROWS && table[i].command != commands[c].id)
			i++;
		assert_true(i < ROWS);
	}
	(void)state;
}

static void
test_an_illegal_command_has_its_status(void **state)
{
	const enum smpp_version v = SMPP_VERSION_34;

	assert_int_equal(
		smpp_state_status(SMPP_OPEN, SMPP_ESME, v, SMPP_BIND_TRANSCEIVER), SMPP_ROK);
	assert_int_equal(
		smpp_state_status(SMPP_OPEN, SMPP_ESME, v, SMPP_SUBMIT_SM), SMPP_RINVBNDSTS);
	assert_int_equal(
		smpp_state_status(SMPP_BOUND_RX, SMPP_ESME, v, SMPP_SUBMIT_SM), SMPP_RINVBNDSTS);
	assert_int_equal(
		smpp_state_status(SMPP_BOUND_RX, SMPP_ESME, v, SMPP_BIND_RECEIVER), SMPP_RALYBND);
	assert_int_equal(smpp_state_status(SMPP_BOUND_TX, SMPP_ESME, v, SMPP_BIND_TRANSMITTER),
		SMPP_RALYBND);
	assert_int_equal(smpp_state_status(SMPP_BOUND_TRX, SMPP_ESME, v, SMPP_BIND_TRANSCEIVER),
		SMPP_RALYBND);
	assert_int_equal(smpp_state_status(SMPP_UNBOUND, SMPP_ESME, v, SMPP_BIND_TRANSCEIVER),
		SMPP_RINVBNDSTS);
	(void)state;
}

static void
test_good_answers_move_the_state_and_bad_ones_do_not(void **state)
{
	assert_int_equal(
		smpp_state_after(SMPP_OPEN, SMPP_BIND_TRANSMITTER_RESP, SMPP_ROK), SMPP_BOUND_TX);
	assert_int_equal(
		smpp_state_after(SMPP_OPEN, SMPP_BIND_RECEIVER_RESP, SMPP_ROK), SMPP_BOUND_RX);
	assert_int_equal(smpp_state_after(SMPP_OUTBOUND, SMPP_BIND_TRANSCEIVER_RESP, SMPP_ROK),
		SMPP_BOUND_TRX);
	assert_int_equal(
		smpp_state_after(SMPP_OPEN, SMPP_BIND_TRANSMITTER_RESP, SMPP_RBINDFAIL), SMPP_OPEN);
	assert_int_equal(
		smpp_state_after(SMPP_OPEN, SMPP_BIND_RECEIVER_RESP, SMPP_RBINDFAIL), SMPP_OPEN);
	assert_int_equal(smpp_state_after(SMPP_OUTBOUND, SMPP_BIND_TRANSCEIVER_RESP, SMPP_RALYBND),
		SMPP_OUTBOUND);
	assert_int_equal(smpp_state_after(SMPP_OPEN, SMPP_OUTBIND, 0), SMPP_OUTBOUND);
	assert_int_equal(smpp_state_after(SMPP_BOUND_RX, SMPP_OUTBIND, 0), SMPP_BOUND_RX);
	assert_int_equal(smpp_state_after(SMPP_BOUND_TRX, SMPP_UNBIND, 0), SMPP_BOUND_TRX);
	assert_int_equal(smpp_state_after(SMPP_BOUND_TRX, SMPP_UNBIND_RESP, 0), SMPP_UNBOUND);
	assert_int_equal(smpp_state_after(SMPP_BOUND_TX, SMPP_SUBMIT_SM_RESP, 0), SMPP_BOUND_TX);
	(void)state;
}

static void
test_states_go_by_their_names(void **state)
{
	static const char *const names[] = {
		"open", "outbound", "bound_tx", "bound_rx", "bound_trx", "unbound", "closed"};

	for (int i = SMPP_OPEN; i <= SMPP_CLOSED; i++) {
		assert_string_equal(smpp_state_name((enum smpp_state)i), names[i]);
		assert_int_equal(smpp_state_is_bound((enum smpp_state)i),
			strncmp(names[i], "bound", 5) == 0);
	}
	assert_string_equal(smpp_state_name((enum smpp_state)99), "unknown");
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_command_is_legal_where_the_specification_says),
		cmocka_unit_test(test_no_command_is_missing_from_the_table),
		cmocka_unit_test(test_an_illegal_command_has_its_status),
		cmocka_unit_test(test_good_answers_move_the_state_and_bad_ones_do_not),
		cmocka_unit_test(test_states_go_by_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
