/* Names and numbers of commands, statuses and message states; what answers what. */
#include "protocols/smpp/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/error.h"
#include "protocols/smpp/status.h"
#include "protocols/smpp/values.h"

/* Section 5 of the specification, once more, by its own spelling. */
static const struct {
	uint32_t code;
	const char *name;
} statuses[] = {
	{0x0, "ESME_ROK"},
	{0x1, "ESME_RINVMSGLEN"},
	{0x2, "ESME_RINVCMDLEN"},
	{0x3, "ESME_RINVCMDID"},
	{0x4, "ESME_RINVBNDSTS"},
	{0x5, "ESME_RALYBND"},
	{0x6, "ESME_RINVPRTFLG"},
	{0x7, "ESME_RINVREGDLVFLG"},
	{0x8, "ESME_RSYSERR"},
	{0xA, "ESME_RINVSRCADR"},
	{0xB, "ESME_RINVDSTADR"},
	{0xC, "ESME_RINVMSGID"},
	{0xD, "ESME_RBINDFAIL"},
	{0xE, "ESME_RINVPASWD"},
	{0xF, "ESME_RINVSYSID"},
	{0x11, "ESME_RCANCELFAIL"},
	{0x13, "ESME_RREPLACEFAIL"},
	{0x14, "ESME_RMSGQFUL"},
	{0x15, "ESME_RINVSERTYP"},
	{0x33, "ESME_RINVNUMDESTS"},
	{0x34, "ESME_RINVDLNAME"},
	{0x40, "ESME_RINVDESTFLAG"},
	{0x42, "ESME_RINVSUBREP"},
	{0x43, "ESME_RINVESMCLASS"},
	{0x44, "ESME_RCNTSUBDL"},
	{0x45, "ESME_RSUBMITFAIL"},
	{0x48, "ESME_RINVSRCTON"},
	{0x49, "ESME_RINVSRCNPI"},
	{0x50, "ESME_RINVDSTTON"},
	{0x51, "ESME_RINVDSTNPI"},
	{0x53, "ESME_RINVSYSTYP"},
	{0x54, "ESME_RINVREPFLAG"},
	{0x55, "ESME_RINVNUMMSGS"},
	{0x58, "ESME_RTHROTTLED"},
	{0x61, "ESME_RINVSCHED"},
	{0x62, "ESME_RINVEXPIRY"},
	{0x63, "ESME_RINVDFTMSGID"},
	{0x64, "ESME_RX_T_APPN"},
	{0x65, "ESME_RX_P_APPN"},
	{0x66, "ESME_RX_R_APPN"},
	{0x67, "ESME_RQUERYFAIL"},
	{0xC0, "ESME_RINVTLVSTREAM"},
	{0xC1, "ESME_RTLVNOTALLWD"},
	{0xC2, "ESME_RINVTLVLEN"},
	{0xC3, "ESME_RMISSINGTLV"},
	{0xC4, "ESME_RINVTLVVAL"},
	{0xFE, "ESME_RDELIVERYFAILURE"},
	{0xFF, "ESME_RUNKNOWNERR"},
	{0x100, "ESME_RSERTYPUNAUTH"},
	{0x101, "ESME_RPROHIBITED"},
	{0x102, "ESME_RSERTYPUNAVAIL"},
	{0x103, "ESME_RSERTYPDENIED"},
	{0x104, "ESME_RINVDCS"},
	{0x105, "ESME_RINVSRCADDRSUBUNIT"},
	{0x106, "ESME_RINVDSTADDRSUBUNIT"},
	{0x107, "ESME_RINVBCASTFREQINT"},
	{0x108, "ESME_RINVBCASTALIAS_NAME"},
	{0x109, "ESME_RINVBCASTAREAFMT"},
	{0x10A, "ESME_RINVNUMBCAST_AREAS"},
	{0x10B, "ESME_RINVBCASTCNTTYPE"},
	{0x10C, "ESME_RINVBCASTMSGCLASS"},
	{0x10D, "ESME_RBCASTFAIL"},
	{0x10E, "ESME_RBCASTQUERYFAIL"},
	{0x10F, "ESME_RBCASTCANCELFAIL"},
	{0x110, "ESME_RINVBCAST_REP"},
	{0x111, "ESME_RINVBCASTSRVGRP"},
	{0x112, "ESME_RINVBCASTCHANIND"},
};

static void
test_every_status_goes_by_its_name(void **state)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		uint32_t code = 0xFFFF;

		assert_true(smpp_status_is_known(statuses[i].code));
		assert_string_equal(smpp_status_name(statuses[i].code), statuses[i].name);
		assert_int_equal(smpp_status_from_name(statuses[i].name, &code), 0);
		assert_int_equal(code, statuses[i].code);
	}
	(void)state;
}

static void
test_no_other_status_has_a_name(void **state)
{
	size_t known = 0;

	for (uint32_t code = 0; code <= 0xFFFF; code++)
		known += smpp_status_is_known(code);
	assert_int_equal(known, sizeof(statuses) / sizeof(statuses[0]));
	assert_string_equal(smpp_status_name(0x400), "ESME_VENDOR");
	assert_string_equal(smpp_status_name(0x4FF), "ESME_VENDOR");
	assert_string_equal(smpp_status_name(0x500), "ESME_RESERVED");
	assert_string_equal(smpp_status_name(0xFFFFFFFF), "ESME_RESERVED");
	(void)state;
}

static void
test_a_status_is_found_by_any_spelling(void **state)
{
	uint32_t code = 7;

	assert_int_equal(smpp_status_from_name("rthrottled", &code), 0);
	assert_int_equal(code, SMPP_RTHROTTLED);
	assert_int_equal(smpp_status_from_name("esme_RInvParLen", &code), 0);
	assert_int_equal(code, SMPP_RINVTLVLEN);
	assert_int_equal(smpp_status_from_name("ESME_ROPTPARNOTALLWD", &code), 0);
	assert_int_equal(code, SMPP_RTLVNOTALLWD);
	code = 7;
	assert_int_equal(smpp_status_from_name("ESME_RNOTHING", &code), SB_ENOENT);
	assert_int_equal(smpp_status_from_name("ESME_", &code), SB_ENOENT);
	assert_int_equal(smpp_status_from_name("", &code), SB_ENOENT);
	assert_int_equal(code, 7);
	(void)state;
}

static void
test_four_statuses_ask_to_send_again(void **state)
{
	static const uint32_t temporary[] = {0x08, 0x14, 0x58, 0x64};
	size_t found = 0;

	for (uint32_t code = 0; code < 0x500; code++)
		found += smpp_status_is_temporary(code);
	assert_int_equal(found, 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(smpp_status_is_temporary(temporary[i]));
	(void)state;
}

static const struct {
	uint32_t id;
	const char *name;
	uint32_t answer;
} commands[] = {
	{0x00000001, "bind_receiver", 0x80000001},
	{0x00000002, "bind_transmitter", 0x80000002},
	{0x00000003, "query_sm", 0x80000003},
	{0x00000004, "submit_sm", 0x80000004},
	{0x00000005, "deliver_sm", 0x80000005},
	{0x00000006, "unbind", 0x80000006},
	{0x00000007, "replace_sm", 0x80000007},
	{0x00000008, "cancel_sm", 0x80000008},
	{0x00000009, "bind_transceiver", 0x80000009},
	{0x0000000B, "outbind", 0},
	{0x00000015, "enquire_link", 0x80000015},
	{0x00000021, "submit_multi", 0x80000021},
	{0x00000102, "alert_notification", 0},
	{0x00000103, "data_sm", 0x80000103},
	{0x00000111, "broadcast_sm", 0x80000111},
	{0x00000112, "query_broadcast_sm", 0x80000112},
	{0x00000113, "cancel_broadcast_sm", 0x80000113},
	{0x80000000, "generic_nack", 0},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
test_every_command_goes_by_its_name_and_has_its_answer(void **state)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		char response[64];
		uint32_t id = 0;

		assert_string_equal(smpp_command_name(commands[i].id), commands[i].name);
		assert_int_equal(smpp_command_from_name(commands[i].name, &id), 0);
		assert_int_equal(id, commands[i].id);
		assert_int_equal(smpp_answer_of(commands[i].id), commands[i].answer);
		if (!commands[i].answer)
			continue;
		snprintf(response, sizeof(response), "%s_resp", commands[i].name);
		assert_string_equal(smpp_command_name(commands[i].answer), response);
		assert_int_equal(smpp_answer_of(commands[i].answer), 0);
		assert_true(smpp_is_response(commands[i].answer));
		assert_false(smpp_is_response(commands[i].id));
	}
	(void)state;
}

static void
test_the_table_holds_these_commands_and_their_responses_only(void **state)
{
	size_t count, requests = 0;
	const struct smpp_command_info *table = smpp_command_table(&count);
	uint32_t id = 7;

	for (size_t i = 0; i < count; i++) {
		requests += !smpp_is_response(table[i].id);
		assert_ptr_equal(smpp_command_find(table[i].id), &table[i]);
		assert_true(i == 0 || table[i - 1].id < table[i].id);
	}
	assert_int_equal(requests, COMMANDS - 1);
	assert_int_equal(count, 2 * requests - 2 + 1);
	assert_null(smpp_command_find(0x8000000B));
	assert_null(smpp_command_find(0x80000102));
	assert_string_equal(smpp_command_name(0x00010200), "unknown");
	assert_int_equal(smpp_command_from_name("submit_mms", &id), SB_ENOENT);
	assert_int_equal(id, 7);
	assert_true(smpp_is_response(SMPP_GENERIC_NACK));
	assert_int_equal(smpp_answer_of(0x00010200), SMPP_GENERIC_NACK);
	assert_int_equal(smpp_answer_of(0x80010200), 0);
	(void)state;
}

static void
test_message_states_have_seven_letters_and_an_end(void **state)
{
	static const char *const texts[] = {"SCHEDLD", "ENROUTE", "DELIVRD", "EXPIRED", "DELETED",
		"UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD", "SKIPPED", "UNKNOWN"};
	static const bool final[] = {
		false, false, true, true, true, true, false, false, true, true, false};

	for (uint8_t code = 0; code <= 10; code++) {
		assert_string_equal(smpp_message_state_text(code), texts[code]);
		assert_int_equal(smpp_message_state_is_final(code), final[code]);
	}
	(void)state;
}

static void
test_versions_and_receipts_are_told_by_the_right_bits(void **state)
{
	assert_int_equal(smpp_version_of(0x00), SMPP_VERSION_33);
	assert_int_equal(smpp_version_of(0x33), SMPP_VERSION_33);
	assert_int_equal(smpp_version_of(0x34), SMPP_VERSION_34);
	assert_int_equal(smpp_version_of(0x35), SMPP_VERSION_50);
	assert_int_equal(smpp_version_of(0x50), SMPP_VERSION_50);
	assert_int_equal(smpp_version_of(0xFF), SMPP_VERSION_50);
	assert_true(smpp_is_receipt(0x04));
	assert_true(smpp_is_receipt(0x44));
	assert_true(smpp_is_receipt(0x87));
	assert_false(smpp_is_receipt(0x00));
	assert_false(smpp_is_receipt(0x24));
	assert_false(smpp_is_receipt(0x0C));
	(void)state;
}

static void
test_states_have_names_and_are_found_by_them(void **state)
{
	uint8_t code = 99;

	for (uint8_t i = 0; i < 10; i++) {
		assert_int_equal(smpp_message_state_from_name(
					 sb_bytes_text(smpp_message_state_name(i)), &code),
			0);
		assert_int_equal(code, i);
	}
	assert_string_equal(smpp_message_state_name(SMPP_STATE_DELIVERED), "DELIVERED");
	assert_string_equal(smpp_message_state_name(10), "UNKNOWN");
	assert_int_equal(smpp_message_state_from_name(sb_bytes_text("delivrd"), &code), 0);
	assert_int_equal(code, SMPP_STATE_DELIVERED);
	assert_int_equal(smpp_message_state_from_name(sb_bytes_text("LOST"), &code), SB_ENOENT);
	assert_int_equal(smpp_message_state_from_name(sb_bytes(NULL, 0), &code), SB_ENOENT);
	assert_int_equal(code, SMPP_STATE_DELIVERED);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_status_goes_by_its_name),
		cmocka_unit_test(test_no_other_status_has_a_name),
		cmocka_unit_test(test_a_status_is_found_by_any_spelling),
		cmocka_unit_test(test_four_statuses_ask_to_send_again),
		cmocka_unit_test(test_every_command_goes_by_its_name_and_has_its_answer),
		cmocka_unit_test(test_the_table_holds_these_commands_and_their_responses_only),
		cmocka_unit_test(test_message_states_have_seven_letters_and_an_end),
		cmocka_unit_test(test_versions_and_receipts_are_told_by_the_right_bits),
		cmocka_unit_test(test_states_have_names_and_are_found_by_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
