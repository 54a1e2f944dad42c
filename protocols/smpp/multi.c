/*
 * The repeated parts of submit_multi (3.4, 4.5.1): octets in place, read entry by
 * entry. Structs for 255 destinations would be 6 KiB in each PDU, of any command.
 */
#include "protocols/smpp/multi.h"

#include "core/error.h"
#include "protocols/smpp/scan_internal.h"

/* Characters of a destination_addr or dl_name; with its NUL 21. */
#define ADDRESS_MAX 20

/* A string up to its NUL; the reader fails without one. */
static struct sb_bytes
get_string(struct sb_reader *r)
{
	const uint8_t *start = r->at;
	const uint8_t *nul = smpp_find_nul(start, r->end);

	if (r->failed || !nul) {
		r->failed = true;
		return sb_bytes(NULL, 0);
	}
	r->at = nul + 1;
	return sb_bytes(start, (size_t)(nul - start));
}

bool
smpp_next_destination(struct sb_reader *r, struct smpp_destination *out)
{
	if (r->failed || sb_reader_left(r) == 0)
		return false;
	*out = (struct smpp_destination){.flag = sb_get_u8(r)};
	if (out->flag == SMPP_DESTINATION_ADDRESS) {
		out->ton = sb_get_u8(r);
		out->npi = sb_get_u8(r);
	} else if (out->flag != SMPP_DESTINATION_LIST) {
		/* Of an unknown kind the length is unknown, too: the walk ends here. */
		r->failed = true;
	}
	out->address = get_string(r);
	return !r->failed;
}

bool
smpp_next_failure(struct sb_reader *r, struct smpp_failure *out)
{
	if (r->failed || sb_reader_left(r) == 0)
		return false;
	out->ton = sb_get_u8(r);
	out->npi = sb_get_u8(r);
	out->address = get_string(r);
	out->status = sb_get_u32(r);
	return !r->failed;
}

static bool
address_fits(struct sb_bytes address)
{
	return address.size <= ADDRESS_MAX && !smpp_has_nul(address);
}

static void
put_string(struct sb_writer *w, struct sb_bytes text)
{
	sb_put_bytes(w, text.data, text.size);
	sb_put_u8(w, 0);
}

/* A writer that an append has made full goes back to what it was before. */
static int
settle(struct sb_writer *w, struct sb_writer before)
{
	if (!w->failed)
		return 0;
	*w = before;
	return SB_ENOSPC;
}

int
smpp_put_destination(struct sb_writer *w, const struct smpp_destination *destination)
{
	struct sb_writer before = *w;

	if (!address_fits(destination->address))
		return SB_EINVAL;
	sb_put_u8(w, destination->flag);
	if (destination->flag == SMPP_DESTINATION_ADDRESS) {
		sb_put_u8(w, destination->ton);
		sb_put_u8(w, destination->npi);
	} else if (destination->flag != SMPP_DESTINATION_LIST) {
		*w = before;
		return SB_EINVAL;
	}
	put_string(w, destination->address);
	return settle(w, before);
}

int
smpp_put_failure(struct sb_writer *w, const struct smpp_failure *failure)
{
	struct sb_writer before = *w;

	if (!address_fits(failure->address))
		return SB_EINVAL;
	sb_put_u8(w, failure->ton);
	sb_put_u8(w, failure->npi);
	put_string(w, failure->address);
	sb_put_u32(w, failure->status);
	return settle(w, before);
}
