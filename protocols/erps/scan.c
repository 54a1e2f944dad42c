#include "protocols/erps/scan_internal.h"

static size_t
big_size(const uint8_t *at)
{
	return *at == ERPS_TAG_SMALL_BIG ? 3 + (size_t)at[1] : 6 + (size_t)erps_u32(at + 1);
}

/* A pid, a port or a reference of one word: an atom that names the node, then `rest`. */
static size_t
node_size(const uint8_t *at, size_t rest)
{
	return 1 + erps_own_size(at + 1) + rest;
}

static size_t
reference_size(const uint8_t *at, size_t creation)
{
	return 3 + erps_own_size(at + 3) + creation + 4 * (size_t)erps_u16(at + 1);
}

/* Of those tags whose octets have a length inside. */
static size_t
counted_size(const uint8_t *at)
{
	switch (*at) {
	case ERPS_TAG_SMALL_ATOM:
	case ERPS_TAG_SMALL_ATOM_UTF8:
		return 2 + (size_t)at[1];
	case ERPS_TAG_ATOM:
	case ERPS_TAG_ATOM_UTF8:
	case ERPS_TAG_STRING:
		return 3 + (size_t)erps_u16(at + 1);
	case ERPS_TAG_BINARY:
		return 5 + (size_t)erps_u32(at + 1);
	case ERPS_TAG_BIT_BINARY:
		return 6 + (size_t)erps_u32(at + 1);
	case ERPS_TAG_SMALL_BIG:
	case ERPS_TAG_LARGE_BIG:
		return big_size(at);
	case ERPS_TAG_PORT:
	case ERPS_TAG_REFERENCE:
		return node_size(at, 5);
	case ERPS_TAG_NEW_PORT:
		return node_size(at, 8);
	case ERPS_TAG_PID:
		return node_size(at, 9);
	case ERPS_TAG_NEW_PID:
	case ERPS_TAG_V4_PORT:
		return node_size(at, 12);
	case ERPS_TAG_NEW_REFERENCE:
		return reference_size(at, 1);
	case ERPS_TAG_NEWER_REFERENCE:
		return reference_size(at, 4);
	default: /* in no checked term */
		__builtin_unreachable();
	}
}

size_t
erps_own_size(const uint8_t *at)
{
	static const uint8_t fixed[256] = {
		[ERPS_TAG_NIL] = 1,
		[ERPS_TAG_SMALL_INTEGER] = 2,
		[ERPS_TAG_SMALL_TUPLE] = 2,
		[ERPS_TAG_INTEGER] = 5,
		[ERPS_TAG_LARGE_TUPLE] = 5,
		[ERPS_TAG_LIST] = 5,
		[ERPS_TAG_MAP] = 5,
		[ERPS_TAG_NEW_FLOAT] = 9,
		[ERPS_TAG_FLOAT] = 32,
	};

	return fixed[*at] ? fixed[*at] : counted_size(at);
}

uint64_t
erps_children(const uint8_t *at)
{
	switch (*at) {
	case ERPS_TAG_SMALL_TUPLE:
		return at[1];
	case ERPS_TAG_LARGE_TUPLE:
		return erps_u32(at + 1);
	case ERPS_TAG_LIST:
		return (uint64_t)erps_u32(at + 1) + 1;
	case ERPS_TAG_MAP:
		return 2 * (uint64_t)erps_u32(at + 1);
	default:
		return 0;
	}
}

/* No stack is needed: how many terms are still to come is one number, however they nest. */
const uint8_t *
erps_skip(const uint8_t *at)
{
	uint64_t left = erps_children(at);

	for (at += erps_own_size(at); left; at += erps_own_size(at))
		left += erps_children(at) - 1;
	return at;
}
