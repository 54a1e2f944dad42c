#include "core/error.h"
#include "protocols/erps/scan_internal.h"

bool
erps_get_bits(struct erps_term term, struct sb_bytes *octets, uint8_t *bits_in_last)
{
	enum erps_kind kind = erps_kind(term);

	if (kind != ERPS_BINARY && kind != ERPS_BITSTRING)
		return false;
	if (*term.data == ERPS_TAG_BIT_BINARY) {
		*octets = sb_bytes(term.data + 6, erps_u32(term.data + 1));
		*bits_in_last = term.data[5];
	} else {
		*octets = sb_bytes(term.data + 5, erps_u32(term.data + 1));
		*bits_in_last = 8;
	}
	return true;
}

bool
erps_get_binary(struct erps_term term, struct sb_bytes *octets)
{
	uint8_t bits;

	return erps_kind(term) == ERPS_BINARY && erps_get_bits(term, octets, &bits);
}

ssize_t
erps_get_charlist(struct erps_term term, uint8_t *buf, size_t room)
{
	struct erps_walk walk = erps_walk(term);
	struct erps_term element, tail;
	uint64_t character;
	size_t size = 0;

	if (!erps_tail(term, &tail) || *tail.data != ERPS_TAG_NIL)
		return SB_EINVAL;
	while (erps_next(&walk, &element)) {
		if (!erps_get_unsigned(element, &character) || character > UINT8_MAX)
			return SB_EINVAL;
		if (size == room)
			return SB_ENOSPC;
		buf[size++] = (uint8_t)character;
	}
	return (ssize_t)size;
}
