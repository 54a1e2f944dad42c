/*
 * Documents that mean harm, or are none: refused within bounds, with a reason, and the decoder
 * takes the next one.
 */
#include "tests/protocols/cwmp/documents.h"

#include <stdio.h>

#include "tests/protocols/cwmp/messages.h"

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

/* The decoder is as good as new. */
static void
assert_well(void)
{
	struct cwmp_envelope *e = decode_text(decoder, VALUE("v"));

	assert_int_equal(e->message.body.inform.parameter_list.count, 1);
	assert_int_equal(e->repairs, 0);
	assert_string_equal(cwmp_decoder_id(decoder), "");
	cwmp_envelope_free(e);
}

/* ---- no documents ---- */

static void
test_what_is_no_envelope_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *document;
		int error;
		const char *fault;
	} all[] = {
		{"", SB_EPROTO, "no Envelope"},
		{" ", SB_EPROTO, "no Envelope"},
		{"<", SB_EPROTO, "no Envelope"},
		{"\xef\xbb\xbf", SB_EPROTO, "no Envelope"},
		{"hello, world", SB_EPROTO, "no XML, or broken beyond repair"},
		{"{\"json\": 1}", SB_EPROTO, "no XML, or broken beyond repair"},
		{"<html><body/></html>", SB_EPROTO, "no Envelope"},
		{"<!-- nothing but words -->", SB_EPROTO, "no Envelope"},
		{"<E:Envelope" NAMESPACES "/>", SB_EPROTO, "no Body"},
		{"<E:Envelope" NAMESPACES "><E:Header/></E:Envelope>", SB_EPROTO, "no Body"},
		{"<E:Envelope" NAMESPACES "><E:Body> </E:Body></E:Envelope>", SB_EPROTO,
			"a Body with nothing in it"},
		{"<E:Envelope" NAMESPACES "><c:Inform/></E:Envelope>", SB_EPROTO, "no Body"},
		{VALUE("a < b"), SB_EPROTO, "no XML, or broken beyond repair"},
		{"<!DOCTYPE Envelope>" VALUE("v"), SB_EPROTO, "a DOCTYPE"},
		{"<?xml version=\"1.0\"?>\n<!DOCTYPE e [<!ENTITY a \"b\">]>" VALUE("&a;"),
			SB_EPROTO, "a DOCTYPE"},
		{"<!DOCTYPE e SYSTEM \"file:///etc/passwd\">" VALUE("v"), SB_EPROTO, "a DOCTYPE"},
		{"<!DOCTYPE e [<!ENTITY % p SYSTEM \"http://127.0.0.1:9/\"> %p;]>" VALUE("v"),
			SB_EPROTO, "a DOCTYPE"},
		{"<!DOCTYPE e [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
		 "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d "
		 "\"&c;&c;&c;&c;&c;&c;\">]>" VALUE("&d;&d;&d;"),
			SB_EPROTO, "a DOCTYPE"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_refused(decoder, sb_bytes_text(all[i].document), all[i].error, all[i].fault);
		assert_well();
	}
	(void)state;
}

static void
test_a_nul_inside_is_refused(void **state)
{
	static const char document[] = VALUE("a\0b");

	assert_refused(decoder, sb_bytes(document, sizeof(document) - 1), SB_EPROTO,
		"no XML, or broken beyond repair");
	assert_well();
	(void)state;
}

static void
test_a_document_cut_at_any_octet_is_refused(void **state)
{
	static const char document[] = VALUE("v");

	/* In its last end tag all has come, and it is repaired. */
	for (size_t cut = 0; cut <= sizeof(document) - sizeof("</E:Envelope>"); cut++) {
		struct cwmp_envelope *envelope;

		assert_int_equal(
			try_octets(decoder, sb_bytes(document, cut), &envelope), SB_EPROTO);
		assert_null(envelope);
	}
	assert_string_equal(cwmp_decoder_fault(decoder), "cut short: the Envelope does not end");
	assert_string_equal(cwmp_decoder_id(decoder), "1");
	assert_well();
	(void)state;
}

static void
test_a_document_in_two_parts_is_the_same_wherever_they_meet(void **state)
{
	static const char document[] =
		"\xef\xbb\xbf<?xml version=\"1.0\"?>" VALUE("\xc3\xa9&amp;\r\n<![CDATA[x]]>");
	struct cwmp_envelope *whole = decode_text(decoder, document), *parts;

	for (size_t cut = 0; cut < sizeof(document) - 1; cut++) {
		assert_int_equal(cwmp_decoder_push(decoder, sb_bytes(document, cut)), 0);
		assert_int_equal(cwmp_decoder_push(decoder,
					 sb_bytes(document + cut, sizeof(document) - 1 - cut)),
			0);
		assert_int_equal(cwmp_decoder_finish(decoder, &parts), 0);
		assert_null(message_difference(&whole->message, &parts->message));
		cwmp_envelope_free(parts);
	}
	cwmp_envelope_free(whole);
	(void)state;
}

/* ---- too much ---- */

/* Pushes `head`, then `part` again and again, to `total` octets. */
static void
assert_flood_refused(const char *head, const char *part, size_t total, const char *fault)
{
	size_t size = strlen(part), bytes = strlen(head);
	char many[4096];
	struct cwmp_envelope *envelope;
	int err;

	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = part[i % size];
	err = cwmp_decoder_push(decoder, sb_bytes_text(head));
	while (!err && bytes < total) {
		err = cwmp_decoder_push(
			decoder, sb_bytes(many, sizeof(many) - sizeof(many) % size));
		bytes += sizeof(many) - sizeof(many) % size;
	}
	assert_int_equal(err, SB_ELIMIT);
	assert_true(bytes < total);
	assert_int_equal(cwmp_decoder_push(decoder, sb_bytes_text("more")), SB_ELIMIT);
	assert_int_equal(cwmp_decoder_finish(decoder, &envelope), SB_ELIMIT);
	assert_null(envelope);
	assert_string_equal(cwmp_decoder_fault(decoder), fault);
	assert_string_equal(cwmp_decoder_id(decoder), "1");
	assert_well();
}

#define OPEN "<E:Envelope" NAMESPACES "><E:Header><c:ID>1</c:ID></E:Header><E:Body><c:Inform>"

#define MEGABYTE ((size_t)1 << 20)

static void
test_floods_end_at_their_bounds(void **state)
{
	static const struct {
		const char *head, *part;
		size_t total;
		const char *fault;
	} all[] = {
		{OPEN "<ParameterList><P><Value>", "a value", 100 * MEGABYTE,
			"a text that is too long"},
		{OPEN "<ParameterList>", "<P><Name>a</Name><Value>b</Value></P>", 100 * MEGABYTE,
			"too many members of arrays"},
		{OPEN, "<a>", MEGABYTE, "nested too deeply"},
		{OPEN "<RetryCount>", "1", 4 * MEGABYTE, "a text that is too long"},
		{OPEN "<CurrentTime>", "&#1;", MEGABYTE, "broken in too many places"},
		{OPEN "<CurrentTime>", "&x;", MEGABYTE, "broken in too many places"},
		{OPEN "<x>", "<q:a/>", 4 * MEGABYTE, "broken in too many places"},
		{OPEN, "<a xmlns:b=\"c\"/>", MEGABYTE, "too many namespaces"},
		{OPEN "<", "a", MEGABYTE, "a tag or comment that is too long"},
		{OPEN "<a b=\"", "a", MEGABYTE, "a tag or comment that is too long"},
		{OPEN "<a ", "b=\"c\" ", MEGABYTE, "a tag or comment that is too long"},
		{OPEN "<!--", "a", MEGABYTE, "a tag or comment that is too long"},
		{OPEN "<![CDATA[", "a", 4 * MEGABYTE, "a tag or comment that is too long"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_flood_refused(all[i].head, all[i].part, all[i].total, all[i].fault);
	(void)state;
}

static void
test_names_that_are_all_different_end_at_their_bound(void **state)
{
	struct cwmp_envelope *envelope;
	int err = cwmp_decoder_push(decoder, sb_bytes_text(OPEN "<x>"));

	for (unsigned i = 0; !err && i < 200000; i++) {
		char part[32];

		snprintf(part, sizeof(part), "<a%x/>", i);
		err = cwmp_decoder_push(decoder, sb_bytes_text(part));
	}
	assert_int_equal(err, SB_ELIMIT);
	assert_int_equal(cwmp_decoder_finish(decoder, &envelope), SB_ELIMIT);
	assert_string_equal(cwmp_decoder_fault(decoder), "too many names");
	assert_well();
	(void)state;
}

static void
test_an_element_with_many_attributes_is_refused(void **state)
{
	char document[4096];
	size_t size = (size_t)snprintf(document, sizeof(document), "%s<a", OPEN);

	for (unsigned i = 0; i < 65; i++)
		size += (size_t)snprintf(document + size, sizeof(document) - size, " a%u=\"\"", i);
	snprintf(document + size, sizeof(document) - size, "/></c:Inform>" END);
	assert_refused(
		decoder, sb_bytes_text(document), SB_ELIMIT, "too many attributes of one element");
	assert_well();
	(void)state;
}

/* ---- bounds of one's own ---- */

static void
assert_bound(struct cwmp_decode_limits limits, const char *document, const char *fault)
{
	struct cwmp_decoder *bounded = cwmp_decoder_new(sb_env_system(), &limits);

	assert_refused(bounded, sb_bytes_text(document), SB_ELIMIT, fault);
	cwmp_decoder_free(bounded);
}

static void
assert_within(struct cwmp_decode_limits limits, const char *document)
{
	struct cwmp_decoder *bounded = cwmp_decoder_new(sb_env_system(), &limits);

	cwmp_envelope_free(decode_text(bounded, document));
	cwmp_decoder_free(bounded);
}

static void
test_bounds_hold_to_the_last_one(void **state)
{
	static const char document[] = VALUE("a value of 24 characters");
	static const char names[] = ENVELOPE("<c:GetParameterValues><ParameterNames>"
					     "<string>a</string><string>b</string>"
					     "</ParameterNames></c:GetParameterValues>");

	assert_within((struct cwmp_decode_limits){.bytes = sizeof(document) - 1}, document);
	assert_bound(
		(struct cwmp_decode_limits){.bytes = sizeof(document) - 2}, document, "too large");
	assert_within((struct cwmp_decode_limits){.depth = 6}, document);
	assert_bound((struct cwmp_decode_limits){.depth = 5}, document, "nested too deeply");
	assert_within((struct cwmp_decode_limits){.text = 24}, document);
	assert_bound((struct cwmp_decode_limits){.text = 23}, document, "a text that is too long");
	assert_within((struct cwmp_decode_limits){.members = 2}, names);
	assert_bound(
		(struct cwmp_decode_limits){.members = 1}, names, "too many members of arrays");
	(void)state;
}

static void
test_a_message_takes_no_more_memory_than_it_may(void **state)
{
	struct cwmp_decode_limits limits = {.memory = 20000};
	struct cwmp_decoder *bounded = cwmp_decoder_new(sb_env_system(), &limits);
	struct cwmp_envelope *envelope;
	int err = cwmp_decoder_push(bounded, sb_bytes_text(OPEN "<ParameterList>"));

	for (int i = 0; !err && i < 2000; i++)
		err = cwmp_decoder_push(
			bounded, sb_bytes_text("<P><Name>Device.X</Name><Value>1</Value></P>"));
	assert_int_equal(err, SB_ELIMIT);
	assert_int_equal(cwmp_decoder_finish(bounded, &envelope), SB_ELIMIT);
	assert_string_equal(cwmp_decoder_fault(bounded), "a message that takes too much memory");
	cwmp_decoder_free(bounded);
	(void)state;
}

/* ---- the order of calls ---- */

static void
test_a_document_can_be_dropped_in_its_middle(void **state)
{
	static const char document[] = VALUE("v");

	for (size_t cut = 0; cut < sizeof(document); cut += 7) {
		assert_int_equal(cwmp_decoder_push(decoder, sb_bytes(document, cut)), 0);
		cwmp_decoder_reset(decoder);
		assert_string_equal(cwmp_decoder_fault(decoder), "");
		assert_string_equal(cwmp_decoder_id(decoder), "");
	}
	assert_well();
	(void)state;
}

static void
test_an_id_that_is_too_long_to_answer_is_none(void **state)
{
	char document[512];

	snprintf(document, sizeof(document),
		"<E:Envelope" NAMESPACES "><E:Header><c:ID>%0100d</c:ID></E:Header></E:Envelope>",
		1);
	assert_refused(decoder, sb_bytes_text(document), SB_EPROTO, "no Body");
	assert_string_equal(cwmp_decoder_id(decoder), "");
	(void)state;
}

static void
test_nothing_is_all_that_null_needs(void **state)
{
	cwmp_decoder_free(NULL);
	cwmp_envelope_free(NULL);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_no_envelope_is_refused_with_a_reason),
		cmocka_unit_test(test_a_nul_inside_is_refused),
		cmocka_unit_test(test_a_document_cut_at_any_octet_is_refused),
		cmocka_unit_test(test_a_document_in_two_parts_is_the_same_wherever_they_meet),
		cmocka_unit_test(test_floods_end_at_their_bounds),
		cmocka_unit_test(test_names_that_are_all_different_end_at_their_bound),
		cmocka_unit_test(test_an_element_with_many_attributes_is_refused),
		cmocka_unit_test(test_bounds_hold_to_the_last_one),
		cmocka_unit_test(test_a_message_takes_no_more_memory_than_it_may),
		cmocka_unit_test(test_a_document_can_be_dropped_in_its_middle),
		cmocka_unit_test(test_an_id_that_is_too_long_to_answer_is_none),
		cmocka_unit_test(test_nothing_is_all_that_null_needs),
	};

	return cmocka_run_group_tests(tests, make_decoder, free_decoder);
}
