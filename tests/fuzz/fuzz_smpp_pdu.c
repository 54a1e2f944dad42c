/*
 * Any octets as a PDU: framing and decoding must survive them, and what decodes
 * must print, encode, and decode to the same again. The modules that read what
 * is inside (payload, user data header, receipt, times) get it, too.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocols/smpp/payload.h"
#include "protocols/smpp/pdu.h"
#include "protocols/smpp/print.h"
#include "protocols/smpp/receipt.h"
#include "protocols/smpp/time.h"
#include "protocols/smpp/udh.h"
#include "tests/protocols/smpp/pdus.h"
#include "tests/support/octets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static void
print(const struct smpp_pdu *pdu)
{
	static const size_t sizes[] = {0, 1, 3, 100, 600000};
	const struct smpp_print_options masked = {.mask = true};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *line = malloc(sizes[i] ? sizes[i] : 1);
		size_t open;

		if (!line)
			abort();
		open = smpp_pdu_print(line, sizes[i], pdu, NULL);
		expect(open == 0 || (open < sizes[i] && strlen(line) == open), "a whole line");
		smpp_pdu_print(line, sizes[i], pdu, &masked);
		free(line);
	}
}

static void
read_message(const struct smpp_pdu *pdu)
{
	struct sb_bytes octets, elements, text;
	struct smpp_concat concat;
	struct smpp_receipt receipt;
	int64_t at_ms;

	if (smpp_payload(pdu, &octets) == 0) {
		if (smpp_udh_split(octets, &elements, &text) == 0 &&
			smpp_udh_concat(elements, &concat) == 0)
			expect(concat.part >= 1 && concat.part <= concat.total, "a part of all");
		smpp_receipt_parse(octets, &receipt);
	}
	smpp_receipt_read(pdu, &receipt);
	smpp_sar_concat(pdu->tlvs, &concat);
	if (pdu->header.command == SMPP_SUBMIT_SM)
		smpp_time_parse(pdu->submit_sm.validity_period, 0, &at_ms);
}

static void
encode_and_compare(const struct smpp_pdu *pdu)
{
	size_t size = smpp_encoded_size(pdu);
	uint8_t *octets = malloc(size ? size : 1);
	struct sb_writer w = sb_writer_of(octets, size);
	struct smpp_pdu again;

	expect(octets && size >= SMPP_HEADER_SIZE, "what decodes has a size");
	expect(smpp_encode(pdu, &w) == 0, "what decodes encodes");
	expect(sb_writer_size(&w) == size, "the size is exact");
	expect(smpp_decode(sb_bytes(octets, size), NULL, &again, NULL) == 0, "it decodes again");
	expect(pdu_difference(pdu, &again) == NULL, "it is the same again");
	free(octets);
}

static void
try_pdu(struct sb_bytes in, const struct smpp_decode_options *options)
{
	struct smpp_decode_error error;
	struct smpp_pdu pdu;
	int err = smpp_decode(in, options, &pdu, &error);

	expect((err == 0) == (error.fault == SMPP_FAULT_NONE), "an error has a fault");
	expect((err == 0) == (error.status == SMPP_ROK), "a fault has a status");
	print(&pdu);
	if (err)
		return;
	read_message(&pdu);
	encode_and_compare(&pdu);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct smpp_decode_options strict = {
		.version = SMPP_VERSION_34, .strict_values = true, .strict_tlvs = true};
	struct sb_bytes in = exact_copy(sb_bytes(data, size));
	ssize_t frame = smpp_frame(in, 70000, NULL);

	if (frame > 0)
		try_pdu(sb_bytes(in.data, (size_t)frame), NULL);
	/* With its true length, so that most inputs come as far as the body. */
	if (size >= SMPP_HEADER_SIZE)
		patch_u32((uint8_t *)in.data, (uint32_t)size);
	try_pdu(in, NULL);
	try_pdu(in, &strict);
	free((void *)in.data);
	return 0;
}
