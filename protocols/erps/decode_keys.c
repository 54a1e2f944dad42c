/*
 * No key twice in a map. Few keys are compared with each other. Of many, or of keys that
 * are themselves tuples, lists or maps, a hash is made, the hashes are sorted, and
 * only keys of one hash are compared.
 */
#include "core/env.h"
#include "protocols/erps/decode_internal.h"
#include "protocols/erps/equal_internal.h"
#include "protocols/erps/hash_internal.h"
#include "protocols/erps/scan_internal.h"

#define FEW 8

/* How much work two keys are worth that have one hash, for each octet. Who makes it more has
 * shuffled maps inside maps to make it slow; then one hash is proof enough. */
#define WORK_PER_OCTET 32

/* False: a key has elements, or there are too many. */
static bool
collect_few(const uint8_t *map, struct erps_term keys[FEW], size_t pairs)
{
	const uint8_t *at = map + 5;

	for (size_t i = 0; i < pairs; i++) {
		if (erps_children(at))
			return false;
		keys[i] = (struct erps_term){at, erps_own_size(at)};
		at = erps_skip(at + keys[i].size);
	}
	return true;
}

static bool
have_twins(const struct erps_term keys[FEW], size_t pairs)
{
	for (size_t i = 1; i < pairs; i++)
		for (size_t j = 0; j < i; j++)
			if (erps_equal(keys[i], keys[j]))
				return true;
	return false;
}

static void
sift_down(uint64_t *values, size_t at, size_t count)
{
	uint64_t value = values[at];
	size_t child;

	for (; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && values[child + 1] > values[child])
			child++;
		if (values[child] <= value)
			break;
		values[at] = values[child];
	}
	values[at] = value;
}

/* Heapsort: no recursion, no memory, and no order that makes it slow. */
static void
sort(uint64_t *values, size_t count)
{
	for (size_t i = count / 2; i > 0; i--)
		sift_down(values, i - 1, count);
	while (count > 1) {
		uint64_t largest = values[0];

		values[0] = values[--count];
		values[count] = largest;
		sift_down(values, 0, count);
	}
}

static bool
make_room(struct erps_decoder *decoder, size_t pairs)
{
	const struct sb_env *env = decoder->env;
	size_t size = pairs * sizeof(uint64_t);

	if (decoder->keys_room >= size)
		return true;
	if (decoder->keys)
		env->release(env->context, decoder->keys);
	decoder->keys = env->allocate(env->context, size);
	decoder->keys_room = decoder->keys ? size : 0;
	if (!decoder->secret[0] && decoder->keys)
		env->random(env->context, decoder->secret, sizeof(decoder->secret));
	return decoder->keys != NULL;
}

/* Half a hash above, where the key is below. */
static void
collect_hashes(const struct erps_decoder *decoder, const uint8_t *map, size_t pairs)
{
	uint64_t *places = decoder->keys;
	const uint8_t *at = map + 5;

	for (size_t i = 0; i < pairs; i++) {
		struct erps_term key = erps_term_at(at);

		places[i] = (erps_hash(key, decoder->secret) >> 32 << 32) | (uint32_t)(at - map);
		at = erps_skip(at + key.size);
	}
}

static bool
is_twin(const uint8_t *map, uint64_t place, uint64_t other)
{
	struct erps_term a = erps_term_at(map + (uint32_t)place);
	struct erps_term b = erps_term_at(map + (uint32_t)other);

	return erps_equal_within(a, b, WORK_PER_OCTET * ((uint64_t)a.size + b.size)) !=
	       ERPS_DIFFERENT;
}

static bool
have_twins_sorted(const uint8_t *map, const uint64_t *places, size_t pairs)
{
	for (size_t i = 1; i < pairs; i++)
		for (size_t j = i; j > 0 && places[j - 1] >> 32 == places[i] >> 32; j--)
			if (is_twin(map, places[i], places[j - 1]))
				return true;
	return false;
}

enum erps_fault_code
erps_check_keys(struct erps_check *c, const uint8_t *map)
{
	size_t pairs = erps_u32(map + 1);
	struct erps_term few[FEW];
	bool are_twice;

	if (pairs <= FEW && collect_few(map, few, pairs)) {
		are_twice = have_twins(few, pairs);
	} else {
		if (!make_room(c->decoder, pairs))
			return ERPS_FAULT_MEMORY;
		collect_hashes(c->decoder, map, pairs);
		sort(c->decoder->keys, pairs);
		are_twice = have_twins_sorted(map, c->decoder->keys, pairs);
	}
	if (are_twice)
		c->at = map;
	return are_twice ? ERPS_FAULT_KEY_TWICE : ERPS_FAULT_NONE;
}
