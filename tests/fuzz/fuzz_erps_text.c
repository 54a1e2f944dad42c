/*
 * Any octets as a text: a fault lies inside it and leaves the builder as it was; what
 * is read is a checked term, prints, and reads and prints as the same again. Any
 * octets as a term: what decodes does so, too. The first octet chooses.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/env.h"
#include "core/utf8.h"
#include "protocols/erps/decode.h"
#include "protocols/erps/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TERM_MAX ((size_t)1 << 20)
#define TEXT_MAX ((size_t)4 << 20)

static void
expect(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

/* A copy that AddressSanitizer guards on both ends. */
static struct sb_bytes
exact_copy(const void *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	expect(copy != NULL, "memory");
	if (size)
		memcpy(copy, data, size);
	return sb_bytes(copy, size);
}

static void
print_cut(struct erps_term term)
{
	for (size_t room = 0; room < 130; room += 1 + room / 4) {
		char *text = malloc(room ? room : 1);
		size_t length;

		expect(text != NULL, "memory");
		length = erps_print(text, room, term);
		expect(length == 0 || length < room, "the text has room");
		expect(room == 0 || strlen(text) == length, "the text is whole");
		expect(sb_utf8_valid(sb_bytes(text, length)), "it is UTF-8");
		free(text);
	}
}

static void
print_and_read(struct erps_term term)
{
	const struct sb_env *env = sb_env_system();
	struct erps_builder b;
	char *text = NULL, *again = NULL;
	size_t size = 0, size_again = 0;

	print_cut(term);
	expect(erps_print_env(env, term, TEXT_MAX, &text, &size) == 0, "memory");
	erps_builder_init_env(&b, env, 4 * TERM_MAX);
	if (size < TEXT_MAX) {
		expect(erps_parse(sb_bytes(text, size), &b, NULL) == 0, "what prints is read");
		expect(erps_equal(term, erps_built(&b)), "as the same term");
		expect(erps_print_env(env, erps_built(&b), TEXT_MAX, &again, &size_again) == 0 &&
				size_again == size && memcmp(text, again, size) == 0,
			"which prints the same");
	}
	erps_builder_fini(&b);
	free(text);
	free(again);
}

static void
decode_and_print(struct sb_bytes octets, bool is_checked)
{
	struct erps_decoder decoder = {
		.limits = {.depth = 256, .inflated = TERM_MAX}, .env = sb_env_system()};
	struct erps_term term;
	int err;

	if (is_checked)
		decoder.limits.integer = ERPS_TEXT_INTEGER_MAX;
	err = erps_decode(&decoder, octets, &term);
	expect(!err || !is_checked, "what is read decodes");
	if (!err)
		print_and_read(term);
	erps_decoder_fini(&decoder);
}

static void
read_text(struct sb_bytes text)
{
	struct erps_text_fault fault;
	struct erps_builder b;
	int err;

	erps_builder_init_env(&b, sb_env_system(), TERM_MAX);
	erps_put_version(&b);
	err = erps_parse(text, &b, &fault);
	if (err) {
		expect(fault.at <= text.size && fault.line && fault.column, "the fault is inside");
		expect(b.size == 1 && b.error == 0, "nothing is left of it");
	} else {
		decode_and_print(erps_built_payload(&b), true);
	}
	erps_builder_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_bytes in;

	if (size < 1)
		return 0;
	in = exact_copy(data + 1, size - 1);
	if (data[0] & 1)
		read_text(in);
	else
		decode_and_print(in, false);
	free((void *)in.data);
	return 0;
}
