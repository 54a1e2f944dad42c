#include <stdio.h>
#include <stdlib.h>

#include "protocols/erps/atom_internal.h"
#include "protocols/erps/node_internal.h"
#include "protocols/erps/number_internal.h"
#include "tests/protocols/erps/terms.h"

/* One octet holds it, of which Erlang uses two bits. */
#define NARROW_CREATION 3

static void
put_big(struct sb_writer *w, struct chance *c, const struct erps_magnitude *magnitude)
{
	size_t size = magnitude->octets.size;
	size_t zeros = chance_below(c, 3);
	bool is_small = size + zeros <= UINT8_MAX && chance_below(c, 4);

	sb_put_u8(w, is_small ? ERPS_TAG_SMALL_BIG : ERPS_TAG_LARGE_BIG);
	if (is_small)
		sb_put_u8(w, (uint8_t)(size + zeros));
	else
		sb_put_u32(w, (uint32_t)(size + zeros));
	/* Also the negative zero, which is zero. */
	sb_put_u8(w, magnitude->is_negative || (size == 0 && chance_below(c, 2)));
	sb_put_bytes(w, magnitude->octets.data, size);
	while (zeros--)
		sb_put_u8(w, 0);
}

static void
rewrite_integer(struct sb_writer *w, struct chance *c, struct erps_term term)
{
	struct erps_magnitude magnitude;
	int64_t value;

	if (erps_get_integer(term, &value) && chance_below(c, 2)) {
		if (value >= 0 && value <= UINT8_MAX && chance_below(c, 2)) {
			sb_put_u8(w, ERPS_TAG_SMALL_INTEGER);
			sb_put_u8(w, (uint8_t)value);
			return;
		}
		if (value >= INT32_MIN && value <= INT32_MAX) {
			sb_put_u8(w, ERPS_TAG_INTEGER);
			sb_put_u32(w, (uint32_t)value);
			return;
		}
	}
	erps_magnitude_at(term.data, &magnitude);
	put_big(w, c, &magnitude);
}

static void
rewrite_float(struct sb_writer *w, struct chance *c, struct erps_term term)
{
	char text[32] = {0};

	if (chance_below(c, 2)) {
		sb_put_u8(w, ERPS_TAG_NEW_FLOAT);
		sb_put_u64(w, erps_float_bits(term.data));
		return;
	}
	snprintf(text, sizeof(text), "%.20e", erps_float_at(term.data));
	sb_put_u8(w, ERPS_TAG_FLOAT);
	sb_put_bytes(w, text, 31);
}

/* UTF-8 whose characters are all below 256, as Latin-1; false for any other. */
static bool
to_latin1(struct sb_bytes utf8, uint8_t *out, size_t *size)
{
	*size = 0;
	for (size_t i = 0; i < utf8.size; i++) {
		if (utf8.data[i] >= 0xc4)
			return false;
		if (utf8.data[i] >= 0xc2) {
			out[(*size)++] = (uint8_t)(utf8.data[i] << 6 | (utf8.data[i + 1] & 0x3f));
			i++;
		} else {
			out[(*size)++] = utf8.data[i];
		}
	}
	return true;
}

static void
put_name(struct sb_writer *w, struct chance *c, bool is_latin1, const uint8_t *name, size_t size)
{
	if (size <= UINT8_MAX && chance_below(c, 2)) {
		sb_put_u8(w, is_latin1 ? ERPS_TAG_SMALL_ATOM : ERPS_TAG_SMALL_ATOM_UTF8);
		sb_put_u8(w, (uint8_t)size);
	} else {
		sb_put_u8(w, is_latin1 ? ERPS_TAG_ATOM : ERPS_TAG_ATOM_UTF8);
		sb_put_u16(w, (uint16_t)size);
	}
	sb_put_bytes(w, name, size);
}

static void
rewrite_atom(struct sb_writer *w, struct chance *c, struct erps_atom atom)
{
	uint8_t utf8[ERPS_ATOM_OCTETS], latin1[ERPS_ATOM_OCTETS];
	size_t size = erps_atom_utf8(atom, utf8), latin1_size;

	if (to_latin1(sb_bytes(utf8, size), latin1, &latin1_size) && chance_below(c, 2))
		put_name(w, c, true, latin1, latin1_size);
	else
		put_name(w, c, false, utf8, size);
}

/* A whole binary in either form; bits beyond the last that counts by chance. */
static void
rewrite_bits(struct sb_writer *w, struct chance *c, struct erps_term term)
{
	struct sb_bytes octets;
	uint8_t bits;

	erps_get_bits(term, &octets, &bits);
	if (octets.size == 0 || (bits == 8 && chance_below(c, 2))) {
		sb_put_u8(w, ERPS_TAG_BINARY);
		sb_put_u32(w, (uint32_t)octets.size);
		sb_put_bytes(w, octets.data, octets.size);
		return;
	}
	sb_put_u8(w, ERPS_TAG_BIT_BINARY);
	sb_put_u32(w, (uint32_t)octets.size);
	sb_put_u8(w, bits);
	sb_put_bytes(w, octets.data, octets.size - 1);
	sb_put_u8(w, (uint8_t)(octets.data[octets.size - 1] ^ chance_below(c, 1u << (8 - bits))));
}

static void
rewrite_tuple(struct sb_writer *w, struct chance *c, struct erps_term term)
{
	struct erps_walk walk = erps_walk(term);
	struct erps_term element;
	size_t count = erps_count(term);

	if (count <= UINT8_MAX && chance_below(c, 2)) {
		sb_put_u8(w, ERPS_TAG_SMALL_TUPLE);
		sb_put_u8(w, (uint8_t)count);
	} else {
		sb_put_u8(w, ERPS_TAG_LARGE_TUPLE);
		sb_put_u32(w, (uint32_t)count);
	}
	while (erps_next(&walk, &element))
		rewrite_term(w, c, element);
}

/* As STRING, when it can be. */
static bool
put_string(struct sb_writer *w, struct erps_term list)
{
	uint8_t characters[1024];
	ssize_t size = erps_get_charlist(list, characters, sizeof(characters));

	if (size < 0)
		return false;
	sb_put_u8(w, ERPS_TAG_STRING);
	sb_put_u16(w, (uint16_t)size);
	sb_put_bytes(w, characters, (size_t)size);
	return true;
}

static void
rewrite_list(struct sb_writer *w, struct chance *c, struct erps_term list)
{
	struct erps_walk walk = erps_walk(list);
	struct erps_term element;
	size_t left = erps_count(list), piece;

	if (chance_below(c, 2) && put_string(w, list))
		return;
	while (left) {
		piece = chance_below(c, 2) ? left : 1 + chance_below(c, (uint32_t)left);
		sb_put_u8(w, ERPS_TAG_LIST);
		sb_put_u32(w, (uint32_t)piece);
		for (left -= piece; piece && erps_next(&walk, &element); piece--)
			rewrite_term(w, c, element);
	}
	erps_next(&walk, &element);
	element = erps_walk_tail(&walk);
	if (erps_kind(element) == ERPS_LIST)
		sb_put_u8(w, ERPS_TAG_NIL);
	else
		rewrite_term(w, c, element);
}

static void
rewrite_map(struct sb_writer *w, struct chance *c, struct erps_term map)
{
	size_t pairs = erps_count(map);
	struct erps_walk walk = erps_walk(map);
	struct erps_term(*all)[2] = malloc((pairs + 1) * sizeof(*all));

	if (!all)
		abort();
	for (size_t i = 0; i < pairs; i++) {
		size_t other = chance_below(c, (uint32_t)i + 1);

		memcpy(all[i], all[other], sizeof(all[i]));
		erps_next(&walk, &all[other][0]);
		erps_next(&walk, &all[other][1]);
	}
	sb_put_u8(w, ERPS_TAG_MAP);
	sb_put_u32(w, (uint32_t)pairs);
	for (size_t i = 0; i < pairs; i++) {
		rewrite_term(w, c, all[i][0]);
		rewrite_term(w, c, all[i][1]);
	}
	free(all);
}

static void
put_creation(struct sb_writer *w, uint32_t creation, bool is_wide)
{
	if (is_wide)
		sb_put_u32(w, creation);
	else
		sb_put_u8(w, (uint8_t)creation);
}

static void
rewrite_pid(struct sb_writer *w, struct chance *c, const struct erps_node_term *term)
{
	bool is_wide = term->creation > NARROW_CREATION || chance_below(c, 2);

	sb_put_u8(w, is_wide ? ERPS_TAG_NEW_PID : ERPS_TAG_PID);
	rewrite_atom(w, c, term->node);
	sb_put_u64(w, term->id);
	put_creation(w, term->creation, is_wide);
}

static void
rewrite_port(struct sb_writer *w, struct chance *c, const struct erps_node_term *term)
{
	bool is_v4 = term->id > UINT32_MAX || chance_below(c, 3) == 0;
	bool is_wide = term->creation > NARROW_CREATION || chance_below(c, 2);

	sb_put_u8(w, is_v4 ? ERPS_TAG_V4_PORT : is_wide ? ERPS_TAG_NEW_PORT : ERPS_TAG_PORT);
	rewrite_atom(w, c, term->node);
	if (is_v4)
		sb_put_u64(w, term->id);
	else
		sb_put_u32(w, (uint32_t)term->id);
	put_creation(w, term->creation, is_v4 || is_wide);
}

static void
rewrite_reference(struct sb_writer *w, struct chance *c, const struct erps_node_term *term)
{
	bool is_wide = term->creation > NARROW_CREATION || chance_below(c, 2);
	size_t words = term->words.size / 4;
	bool is_longer = words < 3 && chance_below(c, 4) == 0;

	if (words == 1 && !is_wide && chance_below(c, 2)) {
		sb_put_u8(w, ERPS_TAG_REFERENCE);
		rewrite_atom(w, c, term->node);
		sb_put_bytes(w, term->words.data, 4);
		put_creation(w, term->creation, false);
		return;
	}
	sb_put_u8(w, is_wide ? ERPS_TAG_NEWER_REFERENCE : ERPS_TAG_NEW_REFERENCE);
	sb_put_u16(w, (uint16_t)(words + is_longer));
	rewrite_atom(w, c, term->node);
	put_creation(w, term->creation, is_wide);
	sb_put_bytes(w, term->words.data, term->words.size);
	if (is_longer)
		sb_put_u32(w, 0);
}

void
rewrite_term(struct sb_writer *w, struct chance *c, struct erps_term term)
{
	struct erps_node_term node;

	switch (erps_kind(term)) {
	case ERPS_INTEGER:
		rewrite_integer(w, c, term);
		break;
	case ERPS_FLOAT:
		rewrite_float(w, c, term);
		break;
	case ERPS_ATOM:
		rewrite_atom(w, c, erps_atom_at(term.data));
		break;
	case ERPS_TUPLE:
		rewrite_tuple(w, c, term);
		break;
	case ERPS_LIST:
		rewrite_list(w, c, term);
		break;
	case ERPS_BINARY:
	case ERPS_BITSTRING:
		rewrite_bits(w, c, term);
		break;
	case ERPS_MAP:
		rewrite_map(w, c, term);
		break;
	case ERPS_PID:
		node = erps_node_term_at(term.data);
		rewrite_pid(w, c, &node);
		break;
	case ERPS_PORT:
		node = erps_node_term_at(term.data);
		rewrite_port(w, c, &node);
		break;
	case ERPS_REFERENCE:
		node = erps_node_term_at(term.data);
		rewrite_reference(w, c, &node);
		break;
	case ERPS_NONE:
		abort();
	}
}
