#include "tests/protocols/erps/terms.h"

#include <stdlib.h>

static void
rebuild_integer(struct erps_builder *b, struct erps_term term)
{
	struct sb_bytes octets;
	bool is_negative;
	int64_t value;
	uint64_t absolute;

	if (erps_get_integer(term, &value))
		erps_put_integer(b, value);
	else if (erps_get_unsigned(term, &absolute))
		erps_put_unsigned(b, absolute);
	else if (erps_get_big(term, &octets, &is_negative))
		erps_put_big(b, octets, is_negative);
	else
		abort();
}

static void
rebuild_atom(struct erps_builder *b, struct erps_term term)
{
	struct sb_bytes name;
	char text[1021];
	bool value;

	if (erps_get_boolean(term, &value))
		erps_put_boolean(b, value);
	else if (erps_copy_atom(term, text))
		erps_put_atom(b, text);
	else if (erps_get_atom(term, &name))
		erps_put_atom_name(b, name);
	else /* Latin-1 with a NUL inside: nobody has its name in UTF-8 */
		erps_put_term(b, term);
}

static void
rebuild_octets(struct erps_builder *b, struct erps_term term)
{
	struct sb_bytes octets;
	uint8_t bits;

	if (erps_get_binary(term, &octets))
		erps_put_binary(b, octets);
	else if (erps_get_bits(term, &octets, &bits))
		erps_put_bits(b, octets, bits);
	else
		abort();
}

static void
rebuild_elements(struct erps_builder *b, struct erps_term term)
{
	struct erps_walk walk = erps_walk(term);
	struct erps_term element;

	while (erps_next(&walk, &element))
		rebuild_term(b, element);
}

static void
rebuild_list(struct erps_builder *b, struct erps_term term)
{
	struct erps_term tail;

	erps_put_list(b, erps_count(term));
	rebuild_elements(b, term);
	if (!erps_tail(term, &tail))
		abort();
	if (erps_kind(tail) == ERPS_LIST)
		erps_put_nil(b);
	else
		rebuild_term(b, tail);
}

void
rebuild_term(struct erps_builder *b, struct erps_term term)
{
	double number;

	switch (erps_kind(term)) {
	case ERPS_INTEGER:
		rebuild_integer(b, term);
		break;
	case ERPS_FLOAT:
		if (!erps_get_float(term, &number))
			abort();
		erps_put_float(b, number);
		break;
	case ERPS_ATOM:
		rebuild_atom(b, term);
		break;
	case ERPS_TUPLE:
		erps_put_tuple(b, erps_count(term));
		rebuild_elements(b, term);
		break;
	case ERPS_LIST:
		rebuild_list(b, term);
		break;
	case ERPS_BINARY:
	case ERPS_BITSTRING:
		rebuild_octets(b, term);
		break;
	case ERPS_MAP:
		erps_put_map(b, erps_count(term));
		rebuild_elements(b, term);
		break;
	case ERPS_PID:
	case ERPS_PORT:
	case ERPS_REFERENCE:
		erps_put_term(b, term);
		break;
	case ERPS_NONE:
		abort();
	}
}
