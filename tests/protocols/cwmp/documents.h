/* Documents for the decoder's tests. */
#ifndef SB_TESTS_PROTOCOLS_CWMP_DOCUMENTS_H
#define SB_TESTS_PROTOCOLS_CWMP_DOCUMENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/env.h"
#include "core/error.h"
#include "protocols/cwmp/decode.h"
#include "tests/support/octets.h"

#define NAMESPACES                                                \
	" xmlns:E=\"http://schemas.xmlsoap.org/soap/envelope/\""  \
	" xmlns:C=\"http://schemas.xmlsoap.org/soap/encoding/\""  \
	" xmlns:s=\"http://www.w3.org/2001/XMLSchema\""           \
	" xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" " \
	"xmlns:c=\"urn:dslforum-org:cwmp-1-2\""

#define BEGIN(header) "<E:Envelope" NAMESPACES "><E:Header>" header "</E:Header><E:Body>"
#define END           "</E:Body></E:Envelope>"

/* An envelope with ID 1, around the Body's element. */
#define ENVELOPE(body) BEGIN("<c:ID E:mustUnderstand=\"1\">1</c:ID>") body END

/* Around the members of an Inform's ParameterList. */
#define PARAMETERS_BEGIN "<c:Inform><ParameterList C:arrayType=\"c:ParameterValueStruct[1]\">"
#define PARAMETERS_END   "</ParameterList></c:Inform>"
#define VALUE(text)                                                             \
	ENVELOPE(PARAMETERS_BEGIN "<ParameterValueStruct><Name>Device.X</Name>" \
				  "<Value i:type=\"s:string\">" text            \
				  "</Value></ParameterValueStruct>" PARAMETERS_END)

/* What decoding gives, from memory of exactly the document's size. */
static inline int
try_octets(struct cwmp_decoder *decoder, struct sb_bytes octets, struct cwmp_envelope **envelope)
{
	struct sb_bytes copy = exact_copy(octets);
	int err = cwmp_decode(decoder, copy, envelope);

	free((void *)copy.data);
	return err;
}

static inline struct cwmp_envelope *
decode_octets(struct cwmp_decoder *decoder, struct sb_bytes octets)
{
	struct cwmp_envelope *envelope;
	int err = try_octets(decoder, octets, &envelope);

	if (err)
		print_error("%s\n", cwmp_decoder_fault(decoder));
	assert_int_equal(err, 0);
	assert_non_null(envelope);
	return envelope;
}

static inline struct cwmp_envelope *
decode_text(struct cwmp_decoder *decoder, const char *document)
{
	return decode_octets(decoder, sb_bytes_text(document));
}

/* The document is refused with this error and for this reason. */
static inline void
assert_refused(struct cwmp_decoder *decoder, struct sb_bytes octets, int error, const char *fault)
{
	struct cwmp_envelope *envelope;

	assert_int_equal(try_octets(decoder, octets, &envelope), error);
	assert_null(envelope);
	assert_string_equal(cwmp_decoder_fault(decoder), fault);
}

#endif
