/*
 * PROXY headers: nothing is read past the input, what is taken fits its bounds,
 * and what was read can be written and read again as the same.
 */
#include "core/error.h"
#include "core/proxy.h"
#include "tests/support/proxy_builder.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
require_round_trip(enum sb_proxy_mode version, const struct sb_proxy_header *header)
{
	struct sb_proxy_header back;
	uint8_t octets[256];
	size_t size = proxy_build(version, header, octets, sizeof(octets));

	require(size > 0);
	require(sb_proxy_parse(sb_bytes(octets, size), version, &back) == (ssize_t)size);
	require(memcmp(&back, header, sizeof(back)) == 0);
}

/* Once the header is whole, what follows changes nothing; before it, more is asked for. */
static void
require_incremental(struct sb_bytes in, enum sb_proxy_mode mode, size_t used)
{
	struct sb_proxy_header header;

	for (size_t i = 0; i < used; i++)
		require(sb_proxy_parse(sb_bytes(in.data, i), mode, &header) == 0);
	require(sb_proxy_parse(sb_bytes(in.data, used), mode, &header) == (ssize_t)used);
}

static void
play(struct sb_bytes in, enum sb_proxy_mode mode)
{
	struct sb_proxy_header header;
	ssize_t used = sb_proxy_parse(in, mode, &header);

	require(used == SB_EPROTO || (used >= 0 && (size_t)used <= in.size));
	require(used != 0 || in.size < SB_PROXY_V2_MAX);
	if (used <= 0)
		return;
	require_incremental(in, mode, (size_t)used);
	require_round_trip(SB_PROXY_V1, &header);
	require_round_trip(SB_PROXY_V2, &header);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_bytes in = sb_bytes(data, size);

	play(in, SB_PROXY_OFF);
	play(in, SB_PROXY_V1);
	play(in, SB_PROXY_V2);
	play(in, SB_PROXY_ANY);
	return 0;
}
