#include "protocols/erps/atom_internal.h"
#include "protocols/erps/equal_internal.h"
#include "protocols/erps/node_internal.h"
#include "protocols/erps/number_internal.h"

static bool
integers_equal(const uint8_t *a, const uint8_t *b)
{
	struct erps_magnitude of_a, of_b;

	erps_magnitude_at(a, &of_a);
	erps_magnitude_at(b, &of_b);
	return of_a.is_negative == of_b.is_negative && sb_bytes_equal(of_a.octets, of_b.octets);
}

static bool
bits_equal(struct erps_term a, struct erps_term b)
{
	struct sb_bytes of_a, of_b;
	uint8_t bits_a, bits_b;
	size_t whole;

	erps_get_bits(a, &of_a, &bits_a);
	erps_get_bits(b, &of_b, &bits_b);
	if (bits_a != bits_b || of_a.size != of_b.size)
		return false;
	if (bits_a == 8)
		return sb_bytes_equal(of_a, of_b);
	whole = of_a.size - 1;
	return (of_a.data[whole] ^ of_b.data[whole]) >> (8 - bits_a) == 0 &&
	       memcmp(of_a.data, of_b.data, whole) == 0;
}

bool
erps_leaves_equal(struct erps_term a, struct erps_term b)
{
	enum erps_kind kind = erps_kind(a);

	if (kind != erps_kind(b))
		return false;
	switch (kind) {
	case ERPS_INTEGER:
		return integers_equal(a.data, b.data);
	case ERPS_FLOAT:
		return erps_float_bits(a.data) == erps_float_bits(b.data);
	case ERPS_ATOM:
		return erps_atoms_equal(erps_atom_at(a.data), erps_atom_at(b.data));
	case ERPS_BINARY:
	case ERPS_BITSTRING:
		return bits_equal(a, b);
	case ERPS_PID:
	case ERPS_PORT:
	case ERPS_REFERENCE:
		return erps_node_terms_equal(a.data, b.data);
	case ERPS_NONE:
		return true;
	case ERPS_TUPLE:
	case ERPS_LIST:
	case ERPS_MAP:
		break;
	}
	return false;
}
