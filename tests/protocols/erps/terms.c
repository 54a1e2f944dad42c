#include "tests/protocols/erps/terms.h"

#include <stdio.h>
#include <stdlib.h>

#include "protocols/erps/tag.h"

static void
put_any(struct sb_writer *w, struct chance *c, const struct term_wishes *wishes, unsigned depth);

static void
put_octets(struct sb_writer *w, struct chance *c, size_t size)
{
	while (size--)
		sb_put_u8(w, (uint8_t)chance_next(c));
}

/* Small ones mostly. */
static uint32_t
some_size(struct chance *c, uint32_t most)
{
	return chance_below(c, 1 + chance_below(c, most + 1));
}

/* ---- numbers ---- */

static void
put_integer(struct sb_writer *w, struct chance *c)
{
	uint32_t size = some_size(c, 40);

	switch (chance_below(c, 5)) {
	case 0:
		sb_put_u8(w, ERPS_TAG_SMALL_INTEGER);
		put_octets(w, c, 1);
		return;
	case 1:
		sb_put_u8(w, ERPS_TAG_INTEGER);
		put_octets(w, c, 4);
		return;
	case 2: /* at the edges of our own types */
		size = 7 + chance_below(c, 3);
		break;
	case 3:
		sb_put_u8(w, ERPS_TAG_LARGE_BIG);
		sb_put_u32(w, size);
		sb_put_u8(w, chance_below(c, 2));
		put_octets(w, c, size);
		return;
	default:
		break;
	}
	sb_put_u8(w, ERPS_TAG_SMALL_BIG);
	sb_put_u8(w, (uint8_t)size);
	sb_put_u8(w, chance_below(c, 2));
	put_octets(w, c, size);
}

/* Of every size, none of them infinite. */
static double
some_float(struct chance *c)
{
	uint64_t bits = chance_next(c);
	double value;

	if (chance_below(c, 2))
		return ((double)chance_below(c, 2000001) - 1000000) / (1 + chance_below(c, 64));
	if ((bits >> 52 & 0x7ff) == 0x7ff)
		bits ^= UINT64_C(1) << 52;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void
put_float(struct sb_writer *w, struct chance *c)
{
	double value = some_float(c);
	char text[32] = {0};
	uint64_t bits;

	if (chance_below(c, 3)) {
		memcpy(&bits, &value, sizeof(bits));
		sb_put_u8(w, ERPS_TAG_NEW_FLOAT);
		sb_put_u64(w, bits);
		return;
	}
	snprintf(text, sizeof(text), "%.20e", value);
	sb_put_u8(w, ERPS_TAG_FLOAT);
	sb_put_bytes(w, text, 31);
}

/* ---- atoms ---- */

static size_t
add_character(uint8_t *name, struct chance *c, uint32_t bound)
{
	uint32_t code = chance_below(c, bound);

	if (code < 0x80) {
		name[0] = (uint8_t)code;
		return 1;
	}
	if (code < 0x800) {
		name[0] = (uint8_t)(0xc0 | code >> 6);
		name[1] = (uint8_t)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code >= 0xd800 && code < 0xe000)
		code -= 0x1000;
	name[0] = (uint8_t)(0xe0 | code >> 12);
	name[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
	name[2] = (uint8_t)(0x80 | (code & 0x3f));
	return 3;
}

static void
put_utf8_atom(struct sb_writer *w, struct chance *c, uint32_t characters)
{
	uint8_t name[1020];
	size_t size = 0;

	while (characters--)
		size += add_character(name + size, c, 1u << (7 + chance_below(c, 10)));
	if (size <= UINT8_MAX && chance_below(c, 2)) {
		sb_put_u8(w, ERPS_TAG_SMALL_ATOM_UTF8);
		sb_put_u8(w, (uint8_t)size);
	} else {
		sb_put_u8(w, ERPS_TAG_ATOM_UTF8);
		sb_put_u16(w, (uint16_t)size);
	}
	sb_put_bytes(w, name, size);
}

static void
put_latin1_atom(struct sb_writer *w, struct chance *c, uint32_t characters)
{
	bool is_ascii = chance_below(c, 2);

	if (chance_below(c, 2)) {
		sb_put_u8(w, ERPS_TAG_SMALL_ATOM);
		sb_put_u8(w, (uint8_t)characters);
	} else {
		sb_put_u8(w, ERPS_TAG_ATOM);
		sb_put_u16(w, (uint16_t)characters);
	}
	while (characters--)
		sb_put_u8(w, (uint8_t)(1 + chance_below(c, is_ascii ? 127 : 255)));
}

/* Few names, since Erlang keeps every atom it has met. */
static void
put_atom(struct sb_writer *w, struct chance *c)
{
	struct chance name = {chance_below(c, 20000)};
	uint32_t characters = some_size(&name, 12);

	if (chance_below(&name, 20) == 0)
		characters = some_size(&name, 255);
	if (chance_below(&name, 2))
		put_utf8_atom(w, &name, characters);
	else
		put_latin1_atom(w, &name, characters);
}

/* ---- pids, ports, references ---- */

static void
put_node(struct sb_writer *w, struct chance *c)
{
	char name[8];
	int size = snprintf(name, sizeof(name), "n%u@h", (unsigned)chance_below(c, 10));

	sb_put_u8(w, ERPS_TAG_SMALL_ATOM_UTF8);
	sb_put_u8(w, (uint8_t)size);
	sb_put_bytes(w, name, (size_t)size);
}

static void
put_id(struct sb_writer *w, struct chance *c, unsigned bits)
{
	sb_put_u32(w, (uint32_t)(chance_next(c) >> (64 - bits)));
}

static void
put_creation(struct sb_writer *w, struct chance *c, bool is_wide)
{
	if (is_wide)
		sb_put_u32(w, 4 + chance_below(c, 1000000));
	else
		sb_put_u8(w, (uint8_t)(1 + chance_below(c, 3)));
}

static void
put_pid(struct sb_writer *w, struct chance *c, bool is_wide)
{
	sb_put_u8(w, is_wide ? ERPS_TAG_NEW_PID : ERPS_TAG_PID);
	put_node(w, c);
	put_id(w, c, 15);
	put_id(w, c, 13);
	put_creation(w, c, is_wide);
}

static void
put_port(struct sb_writer *w, struct chance *c, bool is_wide)
{
	bool is_v4 = chance_below(c, 3) == 0;

	sb_put_u8(w, is_v4 ? ERPS_TAG_V4_PORT : is_wide ? ERPS_TAG_NEW_PORT : ERPS_TAG_PORT);
	put_node(w, c);
	if (is_v4)
		sb_put_u32(w, 0);
	put_id(w, c, 28);
	put_creation(w, c, is_wide || is_v4);
}

static void
put_reference(struct sb_writer *w, struct chance *c, const struct term_wishes *wishes, bool is_wide)
{
	/* Erlang takes as many words as its own have: of five it may refuse. */
	uint16_t words = (uint16_t)(1 + chance_below(c, wishes->is_for_erlang ? 3 : 5));

	if (chance_below(c, 4) == 0) {
		sb_put_u8(w, ERPS_TAG_REFERENCE);
		put_node(w, c);
		put_id(w, c, 18);
		put_creation(w, c, false);
		return;
	}
	sb_put_u8(w, is_wide ? ERPS_TAG_NEWER_REFERENCE : ERPS_TAG_NEW_REFERENCE);
	sb_put_u16(w, words);
	put_node(w, c);
	put_creation(w, c, is_wide);
	put_id(w, c, 18);
	while (--words)
		put_id(w, c, 32);
}

static void
put_node_term(struct sb_writer *w, struct chance *c, const struct term_wishes *wishes)
{
	bool is_wide = chance_below(c, 2);

	switch (chance_below(c, 3)) {
	case 0:
		put_pid(w, c, is_wide);
		break;
	case 1:
		put_port(w, c, is_wide);
		break;
	default:
		put_reference(w, c, wishes, is_wide);
		break;
	}
}

/* ---- octets ---- */

static void
put_binary(struct sb_writer *w, struct chance *c)
{
	uint32_t size = some_size(c, 100);

	sb_put_u8(w, ERPS_TAG_BINARY);
	sb_put_u32(w, size);
	put_octets(w, c, size);
}

static void
put_bits(struct sb_writer *w, struct chance *c)
{
	uint32_t size = 1 + some_size(c, 20);

	sb_put_u8(w, ERPS_TAG_BIT_BINARY);
	sb_put_u32(w, size);
	sb_put_u8(w, (uint8_t)(1 + chance_below(c, 8)));
	put_octets(w, c, size);
}

static void
put_string(struct sb_writer *w, struct chance *c)
{
	uint16_t size = (uint16_t)some_size(c, 30);

	sb_put_u8(w, ERPS_TAG_STRING);
	sb_put_u16(w, size);
	put_octets(w, c, size);
}

static void
put_leaf(struct sb_writer *w, struct chance *c, const struct term_wishes *wishes)
{
	switch (chance_below(c, 16)) {
	case 0:
		put_float(w, c);
		break;
	case 1:
		put_bits(w, c);
		break;
	case 2:
		put_string(w, c);
		break;
	case 3:
		sb_put_u8(w, ERPS_TAG_NIL);
		break;
	case 4:
	case 5:
	case 6:
		put_binary(w, c);
		break;
	case 7:
	case 8:
	case 9:
		put_atom(w, c);
		break;
	case 14:
	case 15:
		put_node_term(w, c, wishes);
		break;
	default:
		put_integer(w, c);
		break;
	}
}

/* ---- what holds others ---- */

static void
put_head(struct sb_writer *w, uint8_t tag, uint32_t count)
{
	sb_put_u8(w, tag);
	sb_put_u32(w, count);
}

static void
put_tuple(struct sb_writer *w, struct chance *c, const struct term_wishes *wishes, unsigned depth)
{
	uint32_t arity = some_size(c, wishes->elements);

	if (arity > UINT8_MAX || chance_below(c, 4) == 0) {
		put_head(w, ERPS_TAG_LARGE_TUPLE, arity);
	} else {
		sb_put_u8(w, ERPS_TAG_SMALL_TUPLE);
		sb_put_u8(w, (uint8_t)arity);
	}
	while (arity--)
		put_any(w, c, wishes, depth - 1);
}

/* Improper ones and those in pieces, too. */
static void
put_list(struct sb_writer *w, struct chance *c, const struct term_wishes *wishes, unsigned depth)
{
	uint32_t count = some_size(c, wishes->elements);

	put_head(w, ERPS_TAG_LIST, count);
	for (uint32_t i = 0; i < count; i++)
		put_any(w, c, wishes, depth - 1);
	if (count && chance_below(c, 4) == 0)
		put_any(w, c, wishes, depth - 1);
	else
		sb_put_u8(w, ERPS_TAG_NIL);
}

/* Whatever form it has, it is no other key's, since its number is inside. */
static void
put_key(struct sb_writer *w, struct chance *c, const struct term_wishes *wishes, unsigned depth,
	uint32_t number)
{
	switch (chance_below(c, depth ? 5 : 3)) {
	case 0:
		put_head(w, ERPS_TAG_INTEGER, number);
		break;
	case 1:
		sb_put_u8(w, ERPS_TAG_ATOM);
		sb_put_u16(w, 4);
		sb_put_bytes(w,
			(const char[]){'k', (char)('0' + number % 64),
				(char)(number / 64 % 64 + '0'), 'y'},
			4);
		break;
	case 2:
		put_head(w, ERPS_TAG_BINARY, 4);
		sb_put_u32(w, number);
		break;
	case 3:
		sb_put_u8(w, ERPS_TAG_SMALL_TUPLE);
		sb_put_u8(w, 2);
		put_head(w, ERPS_TAG_INTEGER, number);
		put_any(w, c, wishes, depth - 1);
		break;
	default:
		put_head(w, ERPS_TAG_MAP, 1);
		put_head(w, ERPS_TAG_INTEGER, number);
		put_any(w, c, wishes, depth - 1);
		break;
	}
}

static void
put_map(struct sb_writer *w, struct chance *c, const struct term_wishes *wishes, unsigned depth)
{
	uint32_t pairs = some_size(c, wishes->elements);

	put_head(w, ERPS_TAG_MAP, pairs);
	for (uint32_t i = 0; i < pairs; i++) {
		put_key(w, c, wishes, depth - 1, i);
		put_any(w, c, wishes, depth - 1);
	}
}

static void
put_any(struct sb_writer *w, struct chance *c, const struct term_wishes *wishes, unsigned depth)
{
	uint32_t which = depth ? chance_below(c, 9) : 9;

	if (which == 0)
		put_tuple(w, c, wishes, depth);
	else if (which == 1)
		put_list(w, c, wishes, depth);
	else if (which == 2)
		put_map(w, c, wishes, depth);
	else
		put_leaf(w, c, wishes);
}

void
generate_term(struct sb_writer *w, struct chance *c, const struct term_wishes *wishes)
{
	uint32_t which = wishes->depth ? chance_below(c, 4) : 3;

	/* Something with elements mostly. */
	if (which == 0)
		put_tuple(w, c, wishes, wishes->depth);
	else if (which == 1)
		put_list(w, c, wishes, wishes->depth);
	else if (which == 2)
		put_map(w, c, wishes, wishes->depth);
	else
		put_any(w, c, wishes, wishes->depth);
}
