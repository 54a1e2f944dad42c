/* How a device writes is learned from its Envelope: namespace, version, prefixes, header. */
#include "tests/protocols/cwmp/documents.h"

#include "protocols/cwmp/encode.h"

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

#define SOAP "http://schemas.xmlsoap.org/soap/envelope/"

#define OF_CWMP(uri, header)                                                     \
	"<E:Envelope xmlns:E=\"" SOAP "\" xmlns:c=\"" uri "\"><E:Header>" header \
	"</E:Header><E:Body><c:GetRPCMethods/></E:Body></E:Envelope>"

static void
test_a_version_is_told_by_namespace_and_header(void **state)
{
	static const char timeout[] =
		OF_CWMP("urn:dslforum-org:cwmp-1-2", "<c:SessionTimeout>60</c:SessionTimeout>");
	static const char versions[] = OF_CWMP("urn:dslforum-org:cwmp-1-2",
		"<c:SupportedCWMPVersions>1.0,1.4</c:SupportedCWMPVersions>");
	static const struct {
		const char *document, *uri;
		enum cwmp_version version;
	} all[] = {
		{OF_CWMP("urn:dslforum-org:cwmp-1-0", ""), "urn:dslforum-org:cwmp-1-0", CWMP_1_0},
		{OF_CWMP("urn:dslforum-org:cwmp-1-1", ""), "urn:dslforum-org:cwmp-1-1", CWMP_1_1},
		{OF_CWMP("urn:dslforum-org:cwmp-1-2", ""), "urn:dslforum-org:cwmp-1-2", CWMP_1_2},
		{timeout, "urn:dslforum-org:cwmp-1-2", CWMP_1_3},
		{versions, "urn:dslforum-org:cwmp-1-2", CWMP_1_4},
		{OF_CWMP("urn:dslforum-org:cwmp-1-3", ""), "urn:dslforum-org:cwmp-1-3", CWMP_1_3},
		{OF_CWMP("urn:dslforum-org:cwmp-1-4", ""), "urn:dslforum-org:cwmp-1-4", CWMP_1_4},
		{OF_CWMP("urn:dslforum-org:cwmp-1-9", ""), "urn:dslforum-org:cwmp-1-9", CWMP_1_4},
		{OF_CWMP("urn:dslforum-org:cwmp-2-0", ""), "urn:dslforum-org:cwmp-2-0", CWMP_1_4},
		{OF_CWMP("urn:dslforum-org:cwmp-1-10", ""), "urn:dslforum-org:cwmp-1-0", CWMP_1_0},
		{OF_CWMP("urn:else", ""), "urn:dslforum-org:cwmp-1-0", CWMP_1_0},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct cwmp_envelope *e = decode_text(decoder, all[i].document);

		assert_string_equal(e->dialect.uri, all[i].uri);
		assert_int_equal(e->dialect.version, all[i].version);
		cwmp_envelope_free(e);
	}
	(void)state;
}

static void
assert_prefixes(const struct cwmp_dialect *d, const char *env, const char *xsd, const char *xsi,
	const char *cwmp)
{
	assert_string_equal(d->env, env);
	assert_string_equal(d->xsd, xsd);
	assert_string_equal(d->xsi, xsi);
	assert_string_equal(d->cwmp, cwmp);
}

static void
test_prefixes_are_remembered_when_they_can_be(void **state)
{
	static const struct {
		const char *document;
		const char *env, *xsd, *xsi, *cwmp;
	} all[] = {
		{ENVELOPE("<c:GetRPCMethods/>"), "E", "s", "i", "c"},
		/* The schemas of 1999. */
		{"<s:Envelope xmlns:s=\"" SOAP "\" xmlns:y=\"http://www.w3.org/1999/XMLSchema\""
		 " xmlns:z=\"http://www.w3.org/1999/XMLSchema-instance\">"
		 "<s:Body><GetRPCMethods/></s:Body></s:Envelope>",
			"s", "y", "z", "cwmp"},
		/* Default namespaces have no prefix to answer with. */
		{"<Envelope xmlns=\"" SOAP "\"><Body>"
		 "<GetRPCMethods xmlns=\"urn:dslforum-org:cwmp-1-1\"/></Body></Envelope>",
			"SOAP-ENV", "xsd", "xsi", "cwmp"},
		/* Declared only where it is used. */
		{"<e:Envelope xmlns:e=\"" SOAP "\"><e:Body>"
		 "<m:GetRPCMethods xmlns:m=\"urn:dslforum-org:cwmp-1-1\"/></e:Body></e:Envelope>",
			"e", "xsd", "xsi", "m"},
		/* The one that the method has, of two. */
		{"<e:Envelope xmlns:e=\"" SOAP "\" xmlns:a=\"urn:dslforum-org:cwmp-1-1\""
		 " xmlns:b=\"urn:dslforum-org:cwmp-1-0\"><e:Body><a:GetRPCMethods/></e:Body>"
		 "</e:Envelope>",
			"e", "xsd", "xsi", "a"},
		/* Too long, or not to be trusted in a tag. */
		{"<sixteen-letters-:Envelope xmlns:sixteen-letters-=\"" SOAP "\""
		 " xmlns:\xc3\xa9=\"urn:dslforum-org:cwmp-1-1\"><sixteen-letters-:Body>"
		 "<\xc3\xa9:GetRPCMethods/></sixteen-letters-:Body></sixteen-letters-:Envelope>",
			"SOAP-ENV", "xsd", "xsi", "cwmp"},
		/* One prefix by turns for two namespaces: ours for all. */
		{"<e:Envelope xmlns:e=\"" SOAP "\"><e:Body>"
		 "<e:GetRPCMethods xmlns:e=\"urn:dslforum-org:cwmp-1-1\"/></e:Body></e:Envelope>",
			"SOAP-ENV", "xsd", "xsi", "cwmp"},
		/* One of ours for another namespace. */
		{"<xsd:Envelope xmlns:xsd=\"" SOAP "\"><xsd:Body><GetRPCMethods/>"
		 "</xsd:Body></xsd:Envelope>",
			"SOAP-ENV", "xsd", "xsi", "cwmp"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct cwmp_envelope *e = decode_text(decoder, all[i].document);

		assert_int_equal(e->message.method, CWMP_GET_RPC_METHODS);
		assert_prefixes(&e->dialect, all[i].env, all[i].xsd, all[i].xsi, all[i].cwmp);
		cwmp_envelope_free(e);
	}
	(void)state;
}

static void
test_what_is_written_in_a_dialect_teaches_it_again(void **state)
{
	struct cwmp_envelope *e = decode_text(decoder, ENVELOPE("<c:GetRPCMethods/>")), *again;
	char written[2048];
	ssize_t size = cwmp_encode(&e->message, &e->dialect, written, sizeof(written));

	assert_in_range(size, 1, sizeof(written));
	again = decode_octets(decoder, sb_bytes(written, (size_t)size));
	assert_memory_equal(&again->dialect, &e->dialect, sizeof(e->dialect));
	cwmp_envelope_free(again);
	cwmp_envelope_free(e);
	(void)state;
}

static void
test_a_header_is_read_whole(void **state)
{
	static const char document[] =
		BEGIN("<c:ID E:mustUnderstand=\"1\"> an ID, verbatim </c:ID>"
		      "<c:HoldRequests E:mustUnderstand=\"1\">1</c:HoldRequests>"
		      "<c:NoMoreRequests>1</c:NoMoreRequests>"
		      "<c:SessionTimeout>90</c:SessionTimeout>"
		      "<c:SupportedCWMPVersions>1.0,1.1</c:SupportedCWMPVersions>"
		      "<c:UseCWMPVersion>1.1</c:UseCWMPVersion>"
		      "<z:Unknown xmlns:z=\"urn:z\" "
		      "E:mustUnderstand=\"1\"><ID>2</ID></z:Unknown>") "<c:GetRPCMethods/>" END;
	struct cwmp_envelope *e = decode_text(decoder, document);
	const struct cwmp_header *header = &e->message.header;

	assert_string_equal(header->id, " an ID, verbatim ");
	assert_true(header->has_hold_requests && header->hold_requests);
	assert_true(header->no_more_requests);
	assert_int_equal(header->session_timeout, 90);
	assert_string_equal(header->supported_cwmp_versions, "1.0,1.1");
	assert_string_equal(header->use_cwmp_version, "1.1");
	cwmp_envelope_free(e);
	e = decode_text(
		decoder, BEGIN("<c:HoldRequests>0</c:HoldRequests>") "<c:GetRPCMethods/>" END);
	assert_true(e->message.header.has_hold_requests);
	assert_false(e->message.header.hold_requests);
	assert_null(e->message.header.id);
	cwmp_envelope_free(e);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_version_is_told_by_namespace_and_header),
		cmocka_unit_test(test_prefixes_are_remembered_when_they_can_be),
		cmocka_unit_test(test_what_is_written_in_a_dialect_teaches_it_again),
		cmocka_unit_test(test_a_header_is_read_whole),
	};

	return cmocka_run_group_tests(tests, make_decoder, free_decoder);
}
