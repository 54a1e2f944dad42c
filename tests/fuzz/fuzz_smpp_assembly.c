/*
 * Any sequence of parts: nothing may be lost or counted wrongly, and whatever is
 * sent, what is kept stays under the bounds. Each part takes a few octets of the
 * input; some of its allocations fail.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocols/smpp/assembly.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OCTETS_MAX   4000
#define SOURCE_MAX   1500
#define MESSAGES_MAX 8

static size_t used;
static bool is_failing;

static void
expect(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static void *
take(void *context, size_t size)
{
	size_t *block = is_failing ? NULL : malloc(16 + size);

	(void)context;
	if (!block)
		return NULL;
	*block = size;
	used += size;
	return (char *)block + 16;
}

static void
give_back(void *context, void *pointer)
{
	size_t *block = (size_t *)(void *)((char *)pointer - 16);

	(void)context;
	used -= *block;
	free(block);
}

static void
add(struct smpp_assembly *assembly, struct sb_reader *r, uint64_t *now)
{
	uint8_t who = sb_get_u8(r), what = sb_get_u8(r);
	struct smpp_assembly_part part = {
		.source = {who & 1, 1, sb_bytes("1234567", who >> 1 & 7)},
		.destination = {1, who >> 4 & 1, sb_bytes("7654321", who >> 5)},
		.kind = what % 3,
		.data_coding = what & 8,
		.concat = {what & 3, false, sb_get_u8(r) % 16, sb_get_u8(r) % 16},
	};
	struct smpp_assembled whole;
	struct smpp_assembly_counts counts;
	int err;

	part.octets = sb_get_bytes(r, sb_get_u8(r));
	*now += what >> 5;
	is_failing = (what & 0x1C) == 0x1C;
	err = smpp_assembly_add(assembly, &part, *now, &whole);
	counts = smpp_assembly_counts(assembly);
	is_failing = false;
	if (err == 0)
		expect(whole.parts == part.concat.total, "a whole has all its parts");
	expect(err != SB_ENOMEM || (what & 0x1C) == 0x1C, "there was memory");
	expect(counts.octets <= OCTETS_MAX, "the octets are bounded");
	expect(counts.messages <= MESSAGES_MAX, "the messages are bounded");
	expect(counts.sources <= counts.messages, "no source is idle");
	expect((counts.messages == 0) == (counts.octets == 0), "nothing open takes nothing");
	expect(used >= counts.octets, "what is counted is taken");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct smpp_assembly_options options = {
		.allocate = take,
		.release = give_back,
		.seed = 7,
		.wait = 50,
		.octets_max = OCTETS_MAX,
		.source_octets_max = SOURCE_MAX,
		.messages_max = MESSAGES_MAX,
		.source_messages_max = 4,
	};
	struct sb_reader r = sb_reader_of(sb_bytes(data, size));
	struct smpp_assembly *assembly;
	uint64_t now = 0;

	expect(smpp_assembly_new(&options, &assembly) == 0, "it is made");
	while (sb_reader_left(&r) && !sb_reader_failed(&r))
		add(assembly, &r, &now);
	smpp_assembly_expire(assembly, UINT64_MAX);
	expect(smpp_assembly_counts(assembly).octets == 0, "all of it expires");
	smpp_assembly_free(assembly);
	expect(used == 0, "all memory comes back");
	return 0;
}
