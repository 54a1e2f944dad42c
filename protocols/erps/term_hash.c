#include "protocols/erps/hash_internal.h"

#include "protocols/erps/atom_internal.h"
#include "protocols/erps/decode_internal.h"
#include "protocols/erps/node_internal.h"
#include "protocols/erps/number_internal.h"

/* As many as erps_equal looks into. A term that was decoded has no more; one that was built may. */
#define LEVELS (ERPS_DEPTH_MAX + 1)

/* The end of an improper list is no element of it. */
#define TAIL 0x7461696c

/* A tuple, list or map of which some elements are hashed. */
struct level {
	struct erps_walk walk;
	uint64_t sum;
	uint64_t key; /* of a map: the hash of the key whose value comes next */
	enum erps_kind kind;
	bool has_key, has_tail; /* of a list: that may still come */
};

struct hashing {
	size_t depth;
	struct level levels[LEVELS];
};

/* The halves of a 128-bit product: every bit of both factors reaches every bit. */
static uint64_t
mix(const uint64_t secret[2], uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = a ^ secret[0];

	product *= b ^ secret[1];
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t
hash_octets(const uint64_t secret[2], uint64_t sum, struct sb_bytes octets)
{
	uint64_t word;
	size_t at = 0;

	sum = mix(secret, sum, octets.size);
	for (; octets.size - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, octets.data + at, sizeof(word));
		sum = mix(secret, sum, word);
	}
	word = 0;
	if (at < octets.size)
		memcpy(&word, octets.data + at, octets.size - at);
	return mix(secret, sum, word);
}

static uint64_t
hash_integer(const uint64_t secret[2], const uint8_t *at)
{
	struct erps_magnitude magnitude;

	erps_magnitude_at(at, &magnitude);
	return hash_octets(secret, 16 + magnitude.is_negative, magnitude.octets);
}

static uint64_t
hash_atom(const uint64_t secret[2], uint64_t sum, struct erps_atom atom)
{
	uint8_t utf8[ERPS_ATOM_OCTETS];

	if (!atom.is_latin1)
		return hash_octets(secret, sum, atom.octets);
	return hash_octets(secret, sum, sb_bytes(utf8, erps_atom_utf8(atom, utf8)));
}

/* The last octet apart, since some of its bits do not count. */
static uint64_t
hash_bits(const uint64_t secret[2], struct erps_term term)
{
	struct sb_bytes octets;
	uint64_t last = 0;
	uint8_t bits;

	erps_get_bits(term, &octets, &bits);
	if (octets.size) {
		octets.size--;
		last = octets.data[octets.size] >> (8 - bits);
	}
	return hash_octets(secret, mix(secret, ERPS_BINARY + 256 * (uint64_t)bits, last), octets);
}

static uint64_t
hash_node_term(const uint64_t secret[2], enum erps_kind kind, const uint8_t *at)
{
	struct erps_node_term term = erps_node_term_at(at);
	uint64_t sum = hash_atom(secret, mix(secret, kind, term.creation), term.node);

	while (term.words.size && erps_u32(term.words.data + term.words.size - 4) == 0)
		term.words.size -= 4;
	return hash_octets(secret, mix(secret, sum, term.id), term.words);
}

static uint64_t
hash_leaf(const uint64_t secret[2], struct erps_term term)
{
	enum erps_kind kind = erps_kind(term);

	switch (kind) {
	case ERPS_INTEGER:
		return hash_integer(secret, term.data);
	case ERPS_FLOAT:
		return mix(secret, ERPS_FLOAT, erps_float_bits(term.data));
	case ERPS_ATOM:
		return hash_atom(secret, ERPS_ATOM, erps_atom_at(term.data));
	case ERPS_BINARY:
	case ERPS_BITSTRING:
		return hash_bits(secret, term);
	case ERPS_TUPLE:
	case ERPS_LIST:
	case ERPS_MAP:
		/* Too deep: its octets are its value. */
		return hash_octets(secret, kind, sb_bytes(term.data, term.size));
	default:
		return hash_node_term(secret, kind, term.data);
	}
}

/* False: it is a leaf, or taken for one. */
static bool
enter(struct hashing *h, struct erps_term term)
{
	enum erps_kind kind = erps_kind(term);

	if (h->depth == LEVELS)
		return false;
	if (kind != ERPS_TUPLE && kind != ERPS_LIST && kind != ERPS_MAP)
		return false;
	h->levels[h->depth++] = (struct level){
		.walk = erps_walk(term),
		.kind = kind,
		.sum = kind,
		.has_tail = kind == ERPS_LIST,
	};
	return true;
}

/* The pairs of a map are summed up: they come in any order. */
static void
add(const uint64_t secret[2], struct level *level, uint64_t hash)
{
	if (level->kind != ERPS_MAP) {
		level->sum = mix(secret, level->sum, hash);
	} else if (level->has_key) {
		level->sum += mix(secret, level->key, hash);
		level->has_key = false;
	} else {
		level->key = hash;
		level->has_key = true;
	}
}

static bool
next_of(const uint64_t secret[2], struct level *level, struct erps_term *element)
{
	if (erps_next(&level->walk, element))
		return true;
	if (!level->has_tail)
		return false;
	level->has_tail = false;
	*element = erps_walk_tail(&level->walk);
	if (erps_kind(*element) == ERPS_LIST)
		return false;
	level->sum = mix(secret, level->sum, TAIL);
	return true;
}

uint64_t
erps_hash(struct erps_term term, const uint64_t secret[2])
{
	struct hashing h;
	uint64_t hash;

	h.depth = 0;
	if (!enter(&h, term))
		return hash_leaf(secret, term);
	for (;;) {
		struct level *level = &h.levels[h.depth - 1];

		if (next_of(secret, level, &term)) {
			if (!enter(&h, term))
				add(secret, level, hash_leaf(secret, term));
			continue;
		}
		hash = mix(secret, level->sum, level->kind);
		if (--h.depth == 0)
			return hash;
		add(secret, level - 1, hash);
	}
}
