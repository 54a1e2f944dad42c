/*
 * Any octets as an envelope of a device: at once and in pieces, which must give the same where
 * nothing had to be repaired. What decodes can be copied, and what of it can be written reads
 * back to the same octets.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/env.h"
#include "core/error.h"
#include "protocols/cwmp/decode.h"
#include "protocols/cwmp/encode.h"
#include "tests/protocols/cwmp/messages.h"
#include "tests/support/octets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Small ones, so that they are reached. */
static const struct cwmp_decode_limits limits = {
	.bytes = 100000, .depth = 12, .text = 2000, .members = 50, .memory = 30000};

static void
expect(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static struct cwmp_decoder *
new_decoder(void)
{
	struct cwmp_decoder *decoder = cwmp_decoder_new(sb_env_system(), &limits);

	expect(decoder != NULL, "there is memory");
	return decoder;
}

static struct cwmp_envelope *
decode_whole(struct cwmp_decoder *decoder, struct sb_bytes in)
{
	struct cwmp_envelope *envelope;
	int err = cwmp_decode(decoder, in, &envelope);

	expect((err == 0) == (envelope != NULL), "an envelope or an error");
	expect((err == 0) == (*cwmp_decoder_fault(decoder) == '\0'), "an error has a fault");
	expect(err == 0 || err == SB_EPROTO || err == SB_ELIMIT, "an error of the document");
	return envelope;
}

/* In pieces whose sizes come from the octets themselves. */
static struct cwmp_envelope *
decode_in_pieces(struct cwmp_decoder *decoder, struct sb_bytes in)
{
	struct cwmp_envelope *envelope;

	while (in.size) {
		size_t size = 1 + in.data[0] * (in.data[0] % 3 == 0);
		struct sb_bytes piece;

		size = size < in.size ? size : in.size;
		piece = exact_copy(sb_bytes(in.data, size));
		cwmp_decoder_push(decoder, piece);
		free((void *)piece.data);
		in = sb_bytes(in.data + size, in.size - size);
	}
	cwmp_decoder_finish(decoder, &envelope);
	return envelope;
}

static void
compare(const struct cwmp_envelope *whole, const struct cwmp_envelope *pieces)
{
	if (!whole || whole->repairs)
		return;
	expect(pieces != NULL, "what is well-formed decodes in pieces");
	expect(!message_difference(&whole->message, &pieces->message), "to the same");
}

static void
copy(const struct cwmp_envelope *envelope)
{
	struct cwmp_envelope *copied = cwmp_envelope_copy(sb_env_system(), envelope);

	expect(copied != NULL, "there is memory for a copy");
	expect(!message_difference(&envelope->message, &copied->message), "a copy is the same");
	cwmp_envelope_free(copied);
}

/* The envelope as octets; empty: it has what the specification does not let us send. */
static struct sb_bytes
encode(const struct cwmp_envelope *envelope)
{
	ssize_t size = cwmp_encode(&envelope->message, &envelope->dialect, NULL, 0);
	char *octets;

	expect(size > 0 || size == SB_EINVAL, "a size or a refusal");
	if (size < 0)
		return sb_bytes(NULL, 0);
	octets = malloc((size_t)size);
	expect(octets != NULL, "there is memory for the octets");
	expect(cwmp_encode(&envelope->message, &envelope->dialect, octets, (size_t)size) == size,
		"the size is exact");
	return sb_bytes(octets, (size_t)size);
}

static void
write_and_read(const struct cwmp_envelope *envelope)
{
	struct cwmp_decoder *decoder = cwmp_decoder_new(sb_env_system(), NULL);
	struct sb_bytes once = encode(envelope), twice;
	struct cwmp_envelope *again;

	expect(decoder != NULL, "there is memory");
	if (once.size) {
		expect(cwmp_decode(decoder, once, &again) == 0, "what is written reads back");
		expect(again->repairs == 0 && again->defects == 0, "and is well written");
		twice = encode(again);
		expect(sb_bytes_equal(once, twice), "and is the same");
		free((void *)twice.data);
		cwmp_envelope_free(again);
	}
	free((void *)once.data);
	cwmp_decoder_free(decoder);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_bytes in = exact_copy(sb_bytes(data, size));
	struct cwmp_decoder *decoder = new_decoder();
	struct cwmp_envelope *whole = decode_whole(decoder, in);
	struct cwmp_envelope *pieces = decode_in_pieces(decoder, in);

	compare(whole, pieces);
	if (whole) {
		copy(whole);
		write_and_read(whole);
	}
	cwmp_envelope_free(whole);
	cwmp_envelope_free(pieces);
	cwmp_decoder_free(decoder);
	free((void *)in.data);
	return 0;
}
