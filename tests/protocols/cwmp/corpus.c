/*
 * What real devices, agents and other servers wrote: every file of data/index.txt is decoded
 * to what it is said to be, at once and octet by octet, and some to their last value.
 */
#include "protocols/cwmp/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/env.h"
#include "core/error.h"
#include "tests/protocols/cwmp/messages.h"
#include "tests/support/octets.h"

#define SLOW_ABOVE 4096 /* octets that are not pushed one by one */

static char path[512];
static char file_octets[1 << 20];

static void
path_of(const char *name)
{
	snprintf(path, sizeof(path), "%s/tests/protocols/cwmp/data/%s", getenv("SB_SOURCE_DIR"),
		name);
}

/* The document in a file: what follows the HTTP header, where there is one. */
static struct sb_bytes
read_document(const char *name)
{
	static const char *const ends[] = {"\r\n\r\n", "\n\n"};
	FILE *file;
	size_t size;

	path_of(name);
	file = fopen(path, "rb");
	assert_non_null(file);
	size = fread(file_octets, 1, sizeof(file_octets) - 1, file);
	fclose(file);
	file_octets[size] = '\0';
	for (size_t i = 0; memcmp(file_octets, "POST", 4) == 0 && i < 2; i++) {
		char *end = strstr(file_octets, ends[i]);

		if (end) {
			end += strlen(ends[i]);
			return sb_bytes(end, size - (size_t)(end - file_octets));
		}
	}
	return sb_bytes(file_octets, size);
}

static struct cwmp_envelope *
decode(struct cwmp_decoder *decoder, const char *name)
{
	struct sb_bytes document = exact_copy(read_document(name));
	struct cwmp_envelope *envelope;
	int err = cwmp_decode(decoder, document, &envelope);

	if (err)
		print_error("%s: %s\n", name, cwmp_decoder_fault(decoder));
	assert_int_equal(err, 0);
	assert_string_equal(cwmp_decoder_fault(decoder), "");
	free((void *)document.data);
	return envelope;
}

static struct cwmp_envelope *
decode_by_octets(struct cwmp_decoder *decoder, const char *name)
{
	struct sb_bytes document = read_document(name);
	struct cwmp_envelope *envelope;

	for (size_t i = 0; i < document.size; i++)
		assert_int_equal(cwmp_decoder_push(decoder, sb_bytes(document.data + i, 1)), 0);
	assert_int_equal(cwmp_decoder_finish(decoder, &envelope), 0);
	return envelope;
}

static void
check_file(struct cwmp_decoder *decoder, const char *name, const char *method, const char *version)
{
	struct cwmp_envelope *envelope = decode(decoder, name), *again;

	assert_string_equal(envelope->message.name, method);
	assert_string_equal(envelope->dialect.uri + strlen("urn:dslforum-org:cwmp-"), version);
	assert_true(envelope->message.kind == CWMP_FAULT ||
		    envelope->message.method != CWMP_OTHER_METHOD);
	assert_int_equal(envelope->repairs, 0);
	if (envelope->bytes <= SLOW_ABOVE) {
		again = decode_by_octets(decoder, name);
		assert_null(message_difference(&envelope->message, &again->message));
		cwmp_envelope_free(again);
	}
	cwmp_envelope_free(envelope);
}

static void
test_every_file_is_what_the_index_says(void **state)
{
	struct cwmp_decoder *decoder = cwmp_decoder_new(sb_env_system(), NULL);
	char line[512];
	size_t count = 0;
	FILE *index;

	path_of("index.txt");
	index = fopen(path, "r");
	assert_non_null(index);
	while (fgets(line, sizeof(line), index)) {
		char *at = line, *name = strsep(&at, " "), *method = strsep(&at, " ");

		if (*line == '#')
			continue;
		assert_non_null(at);
		at[strcspn(at, "\n")] = '\0';
		check_file(decoder, name, method, at);
		count++;
	}
	fclose(index);
	assert_int_equal(count, 162);
	cwmp_decoder_free(decoder);
	(void)state;
}

/* ---- to the last value ---- */

static struct cwmp_decoder *decoder;

static int
make_decoder(void **state)
{
	(void)state;
	decoder = cwmp_decoder_new(sb_env_system(), NULL);
	return decoder ? 0 : -1;
}

static int
free_decoder(void **state)
{
	(void)state;
	cwmp_decoder_free(decoder);
	return 0;
}

static void
test_an_inform_has_all_its_values(void **state)
{
	struct cwmp_envelope *e = decode(decoder, "messages/cwmp_ex/cycto.xml");
	const struct cwmp_inform *inform = &e->message.body.inform;

	assert_string_equal(e->message.header.id, "31645");
	assert_string_equal(inform->device_id.manufacturer, "Cytco");
	assert_string_equal(inform->device_id.oui, "00a859");
	assert_string_equal(inform->device_id.product_class, "BCM Serials");
	assert_string_equal(inform->device_id.serial_number, "00100400FV020010000000a859f6a238");
	assert_int_equal(inform->event.count, 1);
	assert_string_equal(inform->event.each[0].event_code, "2 PERIODIC");
	assert_string_equal(inform->event.each[0].command_key, "");
	assert_int_equal(inform->max_envelopes, 1);
	assert_string_equal(inform->current_time, "2019-03-05T11:54::14");
	assert_int_equal(inform->retry_count, 942);
	assert_int_equal(inform->parameter_list.count, 8);
	assert_string_equal(inform->parameter_list.each[4].name,
		"InternetGatewayDevice.ManagementServer.ConnectionRequestURL");
	assert_string_equal(
		inform->parameter_list.each[4].value.text, "http://192.168.40.144:8088/");
	assert_int_equal(inform->parameter_list.each[4].value.type, CWMP_TYPE_STRING);
	cwmp_envelope_free(e);
	(void)state;
}

static void
test_an_inform_without_a_header_has_no_id(void **state)
{
	struct cwmp_envelope *e = decode(decoder, "messages/acs_ex/informs/noheader1");

	assert_null(e->message.header.id);
	assert_string_equal(e->dialect.env, "soap");
	assert_string_equal(e->dialect.enc, "enc");
	assert_int_equal(e->message.body.inform.event.count, 2);
	assert_string_equal(e->message.body.inform.event.each[1].event_code, "0 BOOTSTRAP");
	cwmp_envelope_free(e);
	(void)state;
}

static void
test_a_microcell_s_names_are_all_there(void **state)
{
	struct cwmp_envelope *e = decode(decoder, "messages/tr069-simulator/getnames.txt");
	const struct cwmp_parameter_infos *list =
		&e->message.body.get_parameter_names_response.parameter_list;
	size_t writable = 0;

	for (size_t i = 0; i < list->count; i++)
		writable += list->each[i].writable;
	assert_int_equal(list->count, 227); /* the array says 213 */
	assert_int_equal(writable, 43);
	assert_int_equal(e->defects, 1); /* one is 30 */
	assert_string_equal(list->each[0].name, "Device.DeviceSummary");
	cwmp_envelope_free(e);
	(void)state;
}

static void
test_values_keep_their_text_whatever_their_type_says(void **state)
{
	struct cwmp_envelope *e = decode(decoder, "messages/tr069-simulator/getvalues.txt");
	const struct cwmp_parameter_values *list =
		&e->message.body.get_parameter_values_response.parameter_list;

	assert_int_equal(list->count, 227);
	assert_int_equal(list->each[13].value.type, CWMP_TYPE_UNSIGNED_INT);
	assert_string_equal(list->each[13].value.text, "45");
	assert_int_equal(list->each[14].value.type, CWMP_TYPE_UNSIGNED_INT);
	assert_int_equal(strncmp(list->each[14].value.text, "Bootloader: 205_001", 19), 0);
	cwmp_envelope_free(e);
	(void)state;
}

static void
test_a_fault_says_which_parameters_failed(void **state)
{
	struct cwmp_envelope *e = decode(decoder, "captures/easycwmp/009-Fault.http");
	const struct cwmp_fault *fault = &e->message.body.fault;

	assert_true(fault->is_client);
	assert_int_equal(fault->fault_code, 9003);
	assert_string_equal(fault->fault_string, "Invalid arguments");
	assert_int_equal(fault->set_parameter_values_fault.count, 2);
	assert_int_equal(fault->set_parameter_values_fault.each[1].fault_code, 9005);
	assert_string_equal(
		fault->set_parameter_values_fault.each[1].fault_string, "Invalid parameter name");
	cwmp_envelope_free(e);
	(void)state;
}

static void
test_a_detail_in_the_faultstring_is_read(void **state)
{
	struct cwmp_envelope *e = decode(decoder, "captures/netcwmp/010-Fault.http");

	assert_true(e->message.body.fault.is_client);
	assert_int_equal(e->message.body.fault.fault_code, 9005);
	assert_string_equal(e->message.body.fault.fault_string, "Invalid parameter name");
	cwmp_envelope_free(e);
	(void)state;
}

/* acs_ex and its kin write an array where the XSD repeats the element. */
static void
test_results_in_an_array_are_results(void **state)
{
	struct cwmp_envelope *e =
		decode(decoder, "messages/acs_ex/acs/autonomousdustatechangecomplete1");
	const struct cwmp_operation_results *results =
		&e->message.body.du_state_change_complete.results;

	assert_int_equal(results->count, 1);
	assert_string_equal(results->each[0].uuid, "some-uuid");
	assert_true(results->each[0].resolved);
	assert_string_equal(results->each[0].fault.fault_string, "");
	assert_string_equal(results->each[0].operation_performed, "Install");
	cwmp_envelope_free(e);
	(void)state;
}

static void
test_operations_in_one_element_are_several(void **state)
{
	struct cwmp_envelope *e =
		decode(decoder, "messages/cwmp_ex-embedded/change_du_state-3.xml");
	const struct cwmp_operations *operations = &e->message.body.change_du_state.operations;

	assert_int_equal(operations->count, 3);
	assert_int_equal(operations->each[0].kind, CWMP_INSTALL);
	assert_string_equal(operations->each[0].execution_env_ref, "env");
	assert_int_equal(operations->each[1].kind, CWMP_UPDATE);
	assert_string_equal(operations->each[1].version, "v2.0");
	assert_int_equal(operations->each[2].kind, CWMP_UNINSTALL);
	assert_null(operations->each[2].version);
	assert_string_equal(e->message.body.change_du_state.command_key, "cmdkey");
	cwmp_envelope_free(e);
	(void)state;
}

static void
test_elements_in_another_order_are_found(void **state)
{
	struct cwmp_envelope *e = decode(decoder, "messages/cwmp_ex-embedded/download-3.xml");

	assert_non_null(e->message.body.download.command_key);
	assert_non_null(e->message.body.download.url);
	assert_null(e->message.body.download.password);
	cwmp_envelope_free(e);
	e = decode(decoder, "messages/cwmp_ex-embedded/download-2.xml");
	assert_int_equal(e->message.body.download.file_size, 0);
	assert_int_equal(e->defects, 1); /* a FileSize of "foo" */
	cwmp_envelope_free(e);
	(void)state;
}

static void
test_an_access_list_without_members_is_empty(void **state)
{
	struct cwmp_envelope *e =
		decode(decoder, "captures/easycwmp/010-GetParameterAttributesResponse.http");
	const struct cwmp_parameter_attributes *list =
		&e->message.body.get_parameter_attributes_response.parameter_list;

	assert_int_equal(list->count, 1);
	assert_string_equal(list->each[0].name, "InternetGatewayDevice.ManagementServer.URL");
	assert_int_equal(list->each[0].access_list.count, 0);
	cwmp_envelope_free(e);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_file_is_what_the_index_says),
		cmocka_unit_test(test_an_inform_has_all_its_values),
		cmocka_unit_test(test_an_inform_without_a_header_has_no_id),
		cmocka_unit_test(test_a_microcell_s_names_are_all_there),
		cmocka_unit_test(test_values_keep_their_text_whatever_their_type_says),
		cmocka_unit_test(test_a_fault_says_which_parameters_failed),
		cmocka_unit_test(test_a_detail_in_the_faultstring_is_read),
		cmocka_unit_test(test_results_in_an_array_are_results),
		cmocka_unit_test(test_operations_in_one_element_are_several),
		cmocka_unit_test(test_elements_in_another_order_are_found),
		cmocka_unit_test(test_an_access_list_without_members_is_empty),
	};

	return cmocka_run_group_tests(tests, make_decoder, free_decoder);
}
