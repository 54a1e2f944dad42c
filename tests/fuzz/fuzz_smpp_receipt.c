/*
 * Any octets as a receipt's text: what is read of it can be written, fits a short
 * message, and reads the same again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocols/smpp/receipt.h"
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

/* A date is written to the minute, and once a minute. */
static bool
is_same_minute(int64_t a, int64_t b)
{
	return a / 60000 == b / 60000;
}

static void
write_and_read(const struct smpp_receipt *receipt)
{
	uint8_t text[SMPP_RECEIPT_TEXT_MAX];
	struct sb_writer w = sb_writer_of(text, sizeof(text));
	struct smpp_receipt again;

	if (receipt->message_id.size > 64)
		return;
	expect(smpp_receipt_write(receipt, &w) == 0, "what is read can be written");
	expect(smpp_receipt_parse(sb_bytes(text, sb_writer_size(&w)), &again) == 0,
		"what is written is a receipt");
	expect(sb_bytes_equal(again.message_id, receipt->message_id), "the same id");
	expect(!receipt->has_state || again.state == receipt->state, "the same state");
	expect(is_same_minute(again.submit_ms, receipt->submit_ms), "the same submit date");
	expect(is_same_minute(again.done_ms, receipt->done_ms), "the same done date");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_bytes text = exact_copy(sb_bytes(data, size));
	struct smpp_receipt receipt;
	int err = smpp_receipt_parse(text, &receipt);

	expect(err == 0 || err == SB_ENOENT, "it is a receipt or none");
	if (!err)
		write_and_read(&receipt);
	free((void *)text.data);
	return 0;
}
