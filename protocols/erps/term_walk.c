/*
 * A list may be written in pieces: LIST whose tail is another LIST or a STRING. Readers
 * see one list; so all that goes over one is here.
 */
#include "protocols/erps/scan_internal.h"

static const uint8_t nil[] = {ERPS_TAG_NIL};

/* An element of a STRING is an octet without a tag; as a term it is one of these. */
static struct erps_term
character_term(uint8_t character)
{
#define ONE(n)                              \
	{                                   \
		ERPS_TAG_SMALL_INTEGER, (n) \
	}
#define FOUR(n)    ONE(n), ONE((n) + 1), ONE((n) + 2), ONE((n) + 3)
#define SIXTEEN(n) FOUR(n), FOUR((n) + 4), FOUR((n) + 8), FOUR((n) + 12)
#define SIXTY(n)   SIXTEEN(n), SIXTEEN((n) + 16), SIXTEEN((n) + 32), SIXTEEN((n) + 48)
	static const uint8_t terms[256][2] = {SIXTY(0), SIXTY(64), SIXTY(128), SIXTY(192)};
#undef SIXTY
#undef SIXTEEN
#undef FOUR
#undef ONE

	return (struct erps_term){terms[character], sizeof(terms[character])};
}

/* Enters the list that begins at walk->at. False: there is none, or it is the empty one. */
static bool
enter_list(struct erps_walk *walk)
{
	walk->is_string = *walk->at == ERPS_TAG_STRING;
	if (walk->is_string) {
		walk->left = erps_u16(walk->at + 1);
		walk->at += 3;
		walk->has_tail = false;
		return walk->left != 0;
	}
	if (*walk->at != ERPS_TAG_LIST)
		return false;
	walk->left = erps_u32(walk->at + 1);
	walk->at += 5;
	return walk->left != 0;
}

struct erps_walk
erps_walk(struct erps_term term)
{
	const uint8_t *at = term.data;

	if (!at)
		return (struct erps_walk){0};
	switch (*at) {
	case ERPS_TAG_SMALL_TUPLE:
		return (struct erps_walk){.at = at + 2, .left = at[1]};
	case ERPS_TAG_LARGE_TUPLE:
		return (struct erps_walk){.at = at + 5, .left = erps_u32(at + 1)};
	case ERPS_TAG_MAP:
		return (struct erps_walk){.at = at + 5, .left = 2 * (size_t)erps_u32(at + 1)};
	case ERPS_TAG_NIL:
	case ERPS_TAG_STRING:
	case ERPS_TAG_LIST:
		return (struct erps_walk){.at = at, .has_tail = true};
	default:
		return (struct erps_walk){.at = at};
	}
}

bool
erps_next(struct erps_walk *walk, struct erps_term *element)
{
	if (walk->left == 0 && !(walk->has_tail && enter_list(walk)))
		return false;
	walk->left--;
	if (walk->is_string) {
		*element = character_term(*walk->at++);
		return true;
	}
	*element = erps_term_at(walk->at);
	walk->at += element->size;
	return true;
}

size_t
erps_count(struct erps_term term)
{
	struct erps_walk walk = erps_walk(term);
	size_t count = 0;

	if (erps_kind(term) == ERPS_MAP)
		return walk.left / 2;
	do {
		count += walk.left;
		if (!walk.has_tail)
			break;
		while (walk.left && !walk.is_string) {
			walk.at = erps_skip(walk.at);
			walk.left--;
		}
	} while (enter_list(&walk));
	return count;
}

bool
erps_element(struct erps_term term, size_t index, struct erps_term *element)
{
	struct erps_walk walk = erps_walk(term);

	if (erps_kind(term) == ERPS_MAP)
		return false;
	if (erps_kind(term) == ERPS_LIST) {
		while (erps_next(&walk, element))
			if (index-- == 0)
				return true;
		return false;
	}
	if (index >= walk.left)
		return false;
	while (index-- > 0)
		walk.at = erps_skip(walk.at);
	*element = erps_term_at(walk.at);
	return true;
}

struct erps_term
erps_walk_tail(const struct erps_walk *walk)
{
	return walk->is_string ? erps_term_at(nil) : erps_term_at(walk->at);
}

bool
erps_tail(struct erps_term list, struct erps_term *tail)
{
	struct erps_walk walk = erps_walk(list);
	struct erps_term element;

	if (erps_kind(list) != ERPS_LIST)
		return false;
	while (erps_next(&walk, &element))
		;
	*tail = erps_walk_tail(&walk);
	return true;
}
