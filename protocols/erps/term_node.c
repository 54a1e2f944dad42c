#include "protocols/erps/node_internal.h"

/* `at`: behind the node's name. */
static void
read_port(uint8_t tag, const uint8_t *at, struct erps_node_term *term)
{
	size_t size = tag == ERPS_TAG_V4_PORT ? 8 : 4;

	term->id = size == 8 ? erps_u64(at) : erps_u32(at);
	term->creation = tag == ERPS_TAG_PORT ? at[size] : erps_u32(at + size);
}

static void
read_pid(uint8_t tag, const uint8_t *at, struct erps_node_term *term)
{
	term->id = erps_u64(at);
	term->creation = tag == ERPS_TAG_PID ? at[8] : erps_u32(at + 8);
}

static void
read_reference(uint8_t tag, uint16_t words, const uint8_t *at, struct erps_node_term *term)
{
	if (tag == ERPS_TAG_REFERENCE) {
		term->words = sb_bytes(at, 4);
		term->creation = at[4];
	} else if (tag == ERPS_TAG_NEW_REFERENCE) {
		term->creation = at[0];
		term->words = sb_bytes(at + 1, 4 * (size_t)words);
	} else {
		term->creation = erps_u32(at);
		term->words = sb_bytes(at + 4, 4 * (size_t)words);
	}
}

struct erps_node_term
erps_node_term_at(const uint8_t *at)
{
	bool has_count = *at == ERPS_TAG_NEW_REFERENCE || *at == ERPS_TAG_NEWER_REFERENCE;
	const uint8_t *name = at + (has_count ? 3 : 1);
	const uint8_t *rest = name + erps_own_size(name);
	struct erps_node_term term = {.node = erps_atom_at(name)};

	switch (*at) {
	case ERPS_TAG_PID:
	case ERPS_TAG_NEW_PID:
		read_pid(*at, rest, &term);
		break;
	case ERPS_TAG_PORT:
	case ERPS_TAG_NEW_PORT:
	case ERPS_TAG_V4_PORT:
		read_port(*at, rest, &term);
		break;
	default:
		read_reference(*at, has_count ? erps_u16(at + 1) : 1, rest, &term);
		break;
	}
	return term;
}

/* Words that one of them does not have are 0. */
static bool
words_equal(struct sb_bytes a, struct sb_bytes b)
{
	size_t size = a.size > b.size ? a.size : b.size;

	for (size_t at = 0; at < size; at += 4) {
		uint32_t of_a = at < a.size ? erps_u32(a.data + at) : 0;
		uint32_t of_b = at < b.size ? erps_u32(b.data + at) : 0;

		if (of_a != of_b)
			return false;
	}
	return true;
}

bool
erps_node_terms_equal(const uint8_t *a, const uint8_t *b)
{
	struct erps_node_term of_a = erps_node_term_at(a);
	struct erps_node_term of_b = erps_node_term_at(b);

	return of_a.creation == of_b.creation && of_a.id == of_b.id &&
	       words_equal(of_a.words, of_b.words) && erps_atoms_equal(of_a.node, of_b.node);
}
