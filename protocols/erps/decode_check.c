/*
 * The check of a term: one loop over its octets, with a stack of the tuples, lists and
 * maps around. A count is compared with the octets that are left before anything
 * is done with it; so the work is bounded by the size of the payload.
 */
#include "protocols/erps/atom_internal.h"
#include "protocols/erps/decode_internal.h"
#include "protocols/erps/number_internal.h"

static inline size_t
octets_left(const struct erps_check *c)
{
	return (size_t)(c->end - c->at);
}

/* Passes `size` octets. */
static inline enum erps_fault_code
pass(struct erps_check *c, uint64_t size)
{
	if (octets_left(c) < size)
		return ERPS_FAULT_CUT;
	c->at += size;
	return ERPS_FAULT_NONE;
}

/* A length of `width` octets behind the tag, then as many octets as it says, and `more`. */
static inline enum erps_fault_code
pass_counted(struct erps_check *c, size_t width, size_t more)
{
	if (octets_left(c) < 1 + width)
		return ERPS_FAULT_CUT;
	return pass(c, 1 + width + more + (width == 2 ? erps_u16(c->at + 1) : erps_u32(c->at + 1)));
}

/* Goes into a tuple, list or map whose own octets are `size`. */
static inline enum erps_fault_code
enter(struct erps_check *c, size_t size, uint64_t count, const uint8_t *map)
{
	struct erps_level *level = &c->levels[c->depth];

	if (octets_left(c) - size < count)
		return ERPS_FAULT_COUNT;
	if (c->depth == c->limits.depth)
		return ERPS_FAULT_DEPTH;
	if (count > c->elements)
		return ERPS_FAULT_ELEMENTS;
	c->elements -= count;
	level->left = c->left;
	level->map = map;
	c->left = count;
	c->depth++;
	c->at += size;
	return ERPS_FAULT_NONE;
}

static inline enum erps_fault_code
enter_small_tuple(struct erps_check *c)
{
	if (octets_left(c) < 2)
		return ERPS_FAULT_CUT;
	return enter(c, 2, c->at[1], NULL);
}

static enum erps_fault_code
enter_counted(struct erps_check *c)
{
	uint64_t count;

	if (octets_left(c) < 5)
		return ERPS_FAULT_CUT;
	count = erps_u32(c->at + 1);
	switch (*c->at) {
	case ERPS_TAG_MAP:
		return enter(c, 5, 2 * count, count > 1 ? c->at : NULL);
	case ERPS_TAG_LIST:
		/* Erlang reads it as the tail alone; a list it is to us, so it must be empty. */
		if (count == 0 && octets_left(c) > 5 && c->at[5] != ERPS_TAG_NIL)
			return ERPS_FAULT_LIST;
		return enter(c, 5, count + 1, NULL);
	default:
		return enter(c, 5, count, NULL);
	}
}

static enum erps_fault_code
check_new_float(struct erps_check *c)
{
	if (octets_left(c) < 9)
		return ERPS_FAULT_CUT;
	/* All bits of the exponent: not a number, or infinite. */
	if ((erps_u16(c->at + 1) & 0x7ff0) == 0x7ff0)
		return ERPS_FAULT_FLOAT;
	return pass(c, 9);
}

static enum erps_fault_code
check_old_float(struct erps_check *c)
{
	double value;

	if (octets_left(c) < 32)
		return ERPS_FAULT_CUT;
	if (!erps_parse_float(c->at + 1, &value))
		return ERPS_FAULT_FLOAT;
	return pass(c, 32);
}

/* `head`: the octets up to the sign. */
static enum erps_fault_code
check_big(struct erps_check *c, size_t head)
{
	uint32_t size;

	if (octets_left(c) < head + 1)
		return ERPS_FAULT_CUT;
	size = head == 2 ? c->at[1] : erps_u32(c->at + 1);
	if (size > c->limits.integer)
		return ERPS_FAULT_INTEGER_SIZE;
	if (c->at[head] > 1)
		return ERPS_FAULT_INTEGER_SIGN;
	return pass(c, (uint64_t)head + 1 + size);
}

static enum erps_fault_code
check_bits(struct erps_check *c)
{
	if (octets_left(c) < 6)
		return ERPS_FAULT_CUT;
	if (erps_u32(c->at + 1) == 0 || c->at[5] == 0 || c->at[5] > 8)
		return ERPS_FAULT_BITS;
	return pass_counted(c, 4, 1);
}

/* A node's name, `head` octets behind the tag, and `rest` octets behind it. */
static enum erps_fault_code
check_node(struct erps_check *c, size_t head, size_t rest)
{
	enum erps_fault_code fault;

	if (octets_left(c) < head + 1)
		return ERPS_FAULT_CUT;
	c->at += head;
	if (!erps_is_atom_tag(*c->at))
		return ERPS_FAULT_NODE;
	fault = erps_check_atom(c, true);
	return fault ? fault : pass(c, rest);
}

static enum erps_fault_code
check_reference(struct erps_check *c, size_t creation)
{
	uint16_t words;

	if (octets_left(c) < 3)
		return ERPS_FAULT_CUT;
	words = erps_u16(c->at + 1);
	if (words == 0 || words > 5)
		return ERPS_FAULT_WORDS;
	return check_node(c, 3, creation + 4 * (size_t)words);
}

static enum erps_fault_code
refuse(const struct erps_check *c)
{
	switch (*c->at) {
#define X(name, tag) case ERPS_TAG_##name:
		ERPS_FUN_MAP(X)
		return ERPS_FAULT_FUN;
		ERPS_CLUSTER_MAP(X)
#undef X
		return ERPS_FAULT_CLUSTER;
	case ERPS_TAG_COMPRESSED:
		return ERPS_FAULT_INNER;
	default:
		return ERPS_FAULT_TAG;
	}
}

/* One term without its elements. */
static inline enum erps_fault_code
check_one(struct erps_check *c)
{
	if (c->at == c->end)
		return ERPS_FAULT_CUT;
	switch (*c->at) {
	case ERPS_TAG_SMALL_INTEGER:
		return pass(c, 2);
	case ERPS_TAG_INTEGER:
		return pass(c, 5);
	case ERPS_TAG_SMALL_BIG:
		return check_big(c, 2);
	case ERPS_TAG_LARGE_BIG:
		return check_big(c, 5);
	case ERPS_TAG_NEW_FLOAT:
		return check_new_float(c);
	case ERPS_TAG_FLOAT:
		return check_old_float(c);
	case ERPS_TAG_ATOM:
	case ERPS_TAG_SMALL_ATOM:
	case ERPS_TAG_ATOM_UTF8:
	case ERPS_TAG_SMALL_ATOM_UTF8:
		return erps_check_atom(c, false);
	case ERPS_TAG_SMALL_TUPLE:
		return enter_small_tuple(c);
	case ERPS_TAG_LARGE_TUPLE:
	case ERPS_TAG_LIST:
	case ERPS_TAG_MAP:
		return enter_counted(c);
	case ERPS_TAG_NIL:
		return pass(c, 1);
	case ERPS_TAG_STRING:
		return pass_counted(c, 2, 0);
	case ERPS_TAG_BINARY:
		return pass_counted(c, 4, 0);
	case ERPS_TAG_BIT_BINARY:
		return check_bits(c);
	case ERPS_TAG_PID:
		return check_node(c, 1, 9);
	case ERPS_TAG_NEW_PID:
	case ERPS_TAG_V4_PORT:
		return check_node(c, 1, 12);
	case ERPS_TAG_PORT:
	case ERPS_TAG_REFERENCE:
		return check_node(c, 1, 5);
	case ERPS_TAG_NEW_PORT:
		return check_node(c, 1, 8);
	case ERPS_TAG_NEW_REFERENCE:
		return check_reference(c, 1);
	case ERPS_TAG_NEWER_REFERENCE:
		return check_reference(c, 4);
	default:
		return refuse(c);
	}
}

/* Out of what is whole now. */
static inline enum erps_fault_code
leave(struct erps_check *c)
{
	struct erps_level *level = &c->levels[--c->depth];

	c->left = level->left;
	return level->map ? erps_check_keys(c, level->map) : ERPS_FAULT_NONE;
}

enum erps_fault_code
erps_check_term(struct erps_check *c)
{
	enum erps_fault_code fault;

	c->elements--; /* of one at least */
	c->left = 1;
	for (;;) {
		c->left--;
		fault = check_one(c);
		if (fault)
			return fault;
		while (c->left == 0) {
			if (c->depth == 0)
				return ERPS_FAULT_NONE;
			fault = leave(c);
			if (fault)
				return fault;
		}
	}
}
