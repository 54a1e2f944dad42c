/*
 * Packing: the first septet in the low bits of the first octet, the next one in
 * what is left of it, and so on.
 */
#include "protocols/smpp/text_pack.h"

#include "core/error.h"
#include "protocols/smpp/text_gsm7.h"

#define SEPTET 0x7F

void
smpp_packer_put(struct smpp_packer *p, uint8_t septet)
{
	p->bits = (uint16_t)(p->bits | (septet & SEPTET) << p->count);
	p->count += 7;
	if (p->count < 8)
		return;
	sb_put_u8(p->w, (uint8_t)p->bits);
	p->bits >>= 8;
	p->count -= 8;
}

void
smpp_packer_finish(struct smpp_packer *p)
{
	/* A whole septet is empty: zeros would be read as one more '@'. */
	if (p->count == 1)
		smpp_packer_put(p, SMPP_GSM7_CR);
	if (p->count)
		sb_put_u8(p->w, (uint8_t)p->bits);
}

int
smpp_pack(struct sb_bytes septets, unsigned fill, struct sb_writer *w)
{
	struct sb_writer before = *w;
	struct smpp_packer packer = smpp_packer_of(w, fill);

	if (septets.size == 0)
		return 0;
	for (size_t i = 0; i < septets.size; i++)
		smpp_packer_put(&packer, septets.data[i]);
	smpp_packer_finish(&packer);
	if (!sb_writer_failed(w))
		return 0;
	*w = before;
	return SB_ENOSPC;
}

static uint8_t
septet_at(struct sb_bytes octets, size_t bit)
{
	size_t at = bit / 8;
	unsigned both = octets.data[at];

	if (at + 1 < octets.size)
		both |= (unsigned)octets.data[at + 1] << 8;
	return both >> bit % 8 & SEPTET;
}

struct smpp_unpacker
smpp_unpacker_of(struct sb_bytes octets, unsigned fill)
{
	struct smpp_unpacker u = {octets, fill, octets.size ? (octets.size * 8 - fill) / 7 : 0};

	if (u.left && smpp_pack_is_even(u.left, fill) &&
		septet_at(octets, fill + (u.left - 1) * 7) == SMPP_GSM7_CR)
		u.left--;
	return u;
}

bool
smpp_unpacker_next(struct smpp_unpacker *u, uint8_t *septet)
{
	if (!u->left)
		return false;
	*septet = septet_at(u->octets, u->bit);
	u->bit += 7;
	u->left--;
	return true;
}

int
smpp_unpack(struct sb_bytes octets, unsigned fill, struct sb_writer *w)
{
	struct sb_writer before = *w;
	struct smpp_unpacker unpacker = smpp_unpacker_of(octets, fill);
	uint8_t septet;

	while (smpp_unpacker_next(&unpacker, &septet))
		sb_put_u8(w, septet);
	if (!sb_writer_failed(w))
		return 0;
	*w = before;
	return SB_ENOSPC;
}
