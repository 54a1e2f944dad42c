/* Frames of tally: what decodes fits its octets, and encodes to the same ones again. */
#include "examples/tally/wire.h"

#include "core/error.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[TALLY_FRAME_MAX];
	struct sb_writer w = sb_writer_of(again, sizeof(again));
	struct tally_frame frame;
	ssize_t used = tally_decode(sb_bytes(data, size), &frame);

	require(used == SB_EPROTO || (used >= 0 && (size_t)used <= size));
	if (used <= 0)
		return 0;
	for (size_t cut = 0; cut < (size_t)used; cut++)
		require(tally_decode(sb_bytes(data, cut), &frame) == 0);
	require(tally_decode(sb_bytes(data, size), &frame) == used);
	tally_encode(&w, &frame);
	require(!sb_writer_failed(&w));
	require(sb_bytes_equal(sb_bytes(again, sb_writer_size(&w)), sb_bytes(data, (size_t)used)));
	return 0;
}
