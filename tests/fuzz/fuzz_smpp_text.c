/*
 * Any octets as a message's text must decode to UTF-8 within the bound; any UTF-8
 * must come out of its parts as it went in, and no part may be larger than a
 * message over the air. The first octets choose encoding and form.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/utf8.h"
#include "protocols/smpp/text.h"
#include "protocols/smpp/text_pack.h"
#include "tests/support/octets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHOICES  4
#define TEXT_MAX 20000

static void
expect(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static void
decode(struct sb_bytes octets, const struct smpp_encoding *encoding, bool packed)
{
	size_t room = SMPP_UTF8_SIZE_MAX(octets.size) * (packed ? 2 : 1);
	uint8_t *text = malloc(room ? room : 1);
	struct sb_writer w = sb_writer_of(text, room);
	int err = smpp_text_decode(octets, encoding, packed, octets.size % 8, &w);

	expect(text && err == 0, "the bound of a decoded text holds");
	expect(sb_utf8_valid(sb_bytes(text, sb_writer_size(&w))), "it is UTF-8");
	free(text);
}

/* A CR at the very end is lost where it stands for filling. */
static bool
may_lose_cr(const struct smpp_text_plan *plan)
{
	return plan->packed && plan->text.size && plan->text.data[plan->text.size - 1] == '\r';
}

static void
read_part(const struct smpp_text_part *part, bool packed, uint8_t default_charset,
	struct sb_writer *joined)
{
	const struct smpp_text_reading reading = {default_charset, packed};
	struct smpp_pdu pdu = {.header.command = SMPP_DELIVER_SM};

	smpp_text_fill(part, &pdu);
	expect(smpp_text_read(&pdu, &reading, joined) == 0, "what was written is read");
}

static void
split_and_join(struct sb_bytes text, const struct smpp_text_options *options)
{
	static uint8_t joined[TEXT_MAX + 64], buf[2 * TEXT_MAX + 64];
	struct sb_writer w = sb_writer_of(joined, sizeof(joined));
	struct smpp_text_plan plan;
	unsigned parts = 0;

	if (smpp_text_plan(text, options, &plan)) {
		expect(plan.bad_at <= text.size, "what is to blame is in the text");
		return;
	}
	for (;;) {
		struct sb_writer out = sb_writer_of(buf, sizeof(buf));
		struct smpp_text_part part;
		int err = smpp_text_next(&plan, &out, &part);

		if (err) {
			expect(err == SB_ENOENT, "there is room");
			break;
		}
		expect(part.number == ++parts, "parts are numbered");
		expect(part.short_message.size <= 160, "a part fits a message");
		read_part(&part, options->packed, options->default_charset, &w);
	}
	expect(parts == plan.parts, "as many parts as planned");
	if (!may_lose_cr(&plan))
		expect(sb_bytes_equal(text, sb_bytes(joined, sb_writer_size(&w))),
			"the text is the same again");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smpp_encoding encoding;
	struct smpp_text_options options = {0};
	struct sb_bytes text;

	if (size < CHOICES || size > TEXT_MAX)
		return 0;
	encoding = (struct smpp_encoding){data[0] % 4, {data[1] % 5, data[1] / 5 % 5}};
	options.packed = data[2] & 1;
	options.form = data[2] >> 1 & 3;
	options.default_charset = data[2] >> 3 & 1;
	options.ref = data[3];
	text = exact_copy(sb_bytes(data + CHOICES, size - CHOICES));
	decode(text, &encoding, options.packed);
	split_and_join(text, &options);
	options.candidates = &encoding;
	options.candidate_count = 1;
	split_and_join(text, &options);
	free((void *)text.data);
	return 0;
}
