/*
 * Any octets as a payload, and behind a 131: checking them reads nothing outside, takes
 * no more memory than its limits say, and gives it back. What decodes can be taken apart
 * and built again, and written in other forms: all of them are the same term.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocols/erps/decode.h"
#include "protocols/erps/hash_internal.h"
#include "protocols/erps/match.h"
#include "protocols/erps/tag.h"
#include "tests/protocols/erps/terms.h"
#include "tests/support/octets.h"
#include "tests/support/plain_env.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INFLATED_MAX ((size_t)1 << 16)
#define ZLIB_MAX     ((size_t)50000)

static const uint64_t secret[2] = {UINT64_C(0x243F6A8885A308D3), UINT64_C(0x13198A2E03707344)};

static void
expect(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static struct erps_decoder
decoder_in(struct plain_env *plain, uint32_t depth)
{
	plain_env_init(plain);
	return (struct erps_decoder){
		.limits = {.depth = depth, .inflated = (uint32_t)INFLATED_MAX}, .env = &plain->env};
}

/* `other`, a payload, is `term` again. */
static void
expect_again(struct erps_term term, struct sb_bytes other)
{
	struct plain_env plain;
	struct erps_decoder decoder = decoder_in(&plain, 256);
	struct erps_term again;

	/* Of a list written in many pieces there may be too many levels. */
	if (erps_decode(&decoder, other, &again) == 0) {
		expect(erps_kind(term) == erps_kind(again), "it is of the same kind");
		expect(erps_equal(term, again) && erps_equal(again, term), "it is the same");
		expect(erps_hash(term, secret) == erps_hash(again, secret), "it hashes the same");
	} else {
		expect(strcmp(decoder.fault.what, "nested too deeply") == 0, "it decodes again");
	}
	erps_decoder_fini(&decoder);
}

static void
rebuild(struct erps_term term)
{
	struct plain_env plain;
	struct erps_builder b;

	plain_env_init(&plain);
	erps_builder_init_env(&b, &plain.env, SIZE_MAX / 4);
	erps_put_version(&b);
	rebuild_term(&b, term);
	expect(b.error == 0, "what decodes can be built");
	expect_again(term, erps_built_payload(&b));
	erps_builder_fini(&b);
}

static void
rewrite(struct erps_term term)
{
	size_t room = 64 + 16 * term.size;
	uint8_t *octets = malloc(room);
	struct sb_writer w = sb_writer_of(octets, room);
	struct chance c = {term.size};

	expect(octets != NULL, "memory");
	sb_put_u8(&w, ERPS_TERM_VERSION);
	rewrite_term(&w, &c, term);
	expect(!sb_writer_failed(&w), "other forms are not much longer");
	expect_again(term, sb_bytes(octets, sb_writer_size(&w)));
	free(octets);
}

static void
match(struct erps_term term)
{
	struct erps_term a, b;
	struct erps_walk rest;
	struct sb_bytes octets;
	int64_t number;

	erps_match(term, "{ref, request}", &a, &b);
	erps_match(term, "{_, {:echo, \"text\", n::int}}", &number);
	erps_match(term, "[a, b::binary | rest]", &a, &octets, &rest);
	erps_match(term, "%{key: a, \"key\" => b, 1 => n::int}", &a, &b, &number);
}

static void
try_payload(struct sb_bytes payload)
{
	static const char *const names[] = {"ok", "ping"};
	const struct erps_atoms atoms = {.names = names, .count = 2};
	struct plain_env plain;
	struct erps_decoder decoder = decoder_in(&plain, 0);
	size_t larger = payload.size > INFLATED_MAX ? payload.size : INFLATED_MAX;
	struct erps_term term, ref, method;
	int err = erps_decode(&decoder, payload, &term);

	expect((err == 0) == (term.data != NULL), "a term or an error");
	expect((err == 0) == (decoder.fault.what == NULL), "an error has a fault");
	expect(plain.peak <= INFLATED_MAX + ZLIB_MAX + 4 * larger, "the memory is bounded");
	if (err == 0) {
		rebuild(term);
		rewrite(term);
		match(term);
	}
	if (erps_decode_ref(&decoder, payload, &ref, &method)) {
		rebuild(ref);
		if (method.data)
			rebuild(method);
	}
	decoder.atoms = &atoms;
	decoder.limits.takes_trailing = true;
	if (erps_decode(&decoder, payload, &term) == 0)
		rebuild(term);
	erps_decoder_fini(&decoder);
	expect(plain.live == 0, "all memory is given back");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_bytes payload = exact_copy(sb_bytes(data, size));
	uint8_t *longer = malloc(size + 1);

	expect(longer != NULL, "memory");
	try_payload(payload);
	longer[0] = ERPS_TERM_VERSION;
	if (size)
		memcpy(longer + 1, data, size);
	try_payload(sb_bytes(longer, size + 1));
	free(longer);
	free((void *)payload.data);
	return 0;
}
