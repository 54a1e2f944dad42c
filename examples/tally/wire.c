#include "wire.h"

#include <switchboard/core/error.h>

#include <string.h>

#define FIXED (1 + 4 + 8) /* of a frame, behind its size */

static bool
is_legal(const struct tally_frame *frame)
{
	if (frame->op < TALLY_HELLO || frame->op > TALLY_REFUSED)
		return false;
	return frame->name.size == 0 || !memchr(frame->name.data, 0, frame->name.size);
}

ssize_t
tally_decode(struct sb_bytes in, struct tally_frame *frame)
{
	struct sb_reader r = sb_reader_of(in);
	uint32_t size = sb_get_u32(&r);
	struct sb_bytes body;

	if (sb_reader_failed(&r))
		return 0; /* not even the size is here */
	if (size < FIXED || size > FIXED + TALLY_NAME_MAX)
		return SB_EPROTO; /* before anything waits for it */
	body = sb_get_bytes(&r, size);
	if (sb_reader_failed(&r))
		return 0;
	r = sb_reader_of(body);
	frame->op = sb_get_u8(&r);
	frame->ref = sb_get_u32(&r);
	frame->number = sb_get_u64(&r);
	frame->name = sb_get_bytes(&r, sb_reader_left(&r));
	return is_legal(frame) ? (ssize_t)(4 + size) : SB_EPROTO;
}

void
tally_encode(struct sb_writer *w, const struct tally_frame *frame)
{
	sb_put_u32(w, (uint32_t)(FIXED + frame->name.size));
	sb_put_u8(w, (uint8_t)frame->op);
	sb_put_u32(w, frame->ref);
	sb_put_u64(w, frame->number);
	sb_put_bytes(w, frame->name.data, frame->name.size);
}
