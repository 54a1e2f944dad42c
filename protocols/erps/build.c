#include "protocols/erps/build.h"

#include <math.h>

#include "core/env.h"
#include "core/error.h"
#include "core/utf8.h"
#include "protocols/erps/atom_internal.h"

#define LEAST_ROOM 256

void
erps_builder_init(struct erps_builder *b, void *buffer, size_t room)
{
	*b = (struct erps_builder){.data = buffer, .room = room, .limit = room, .missing = 1};
}

void
erps_builder_init_env(struct erps_builder *b, const struct sb_env *env, size_t limit)
{
	*b = (struct erps_builder){.env = env, .limit = limit, .missing = 1};
}

void
erps_builder_fini(struct erps_builder *b)
{
	if (b->env && b->data)
		b->env->release(b->env->context, b->data);
	*b = (struct erps_builder){0};
}

static void
fail(struct erps_builder *b, int error)
{
	if (!b->error)
		b->error = error;
}

/* Doubles, so that a term of any size costs few copies. */
static bool
grow(struct erps_builder *b, size_t size)
{
	size_t room = b->room ? b->room : LEAST_ROOM;
	uint8_t *data;

	while (room < size)
		room = room > b->limit / 2 ? b->limit : 2 * room;
	if (room > b->limit)
		room = b->limit;
	data = b->data ? b->env->reallocate(b->env->context, b->data, room)
		       : b->env->allocate(b->env->context, room);
	if (!data) {
		fail(b, SB_ENOMEM);
		return false;
	}
	b->data = data;
	b->room = room;
	return true;
}

static bool
reserve(struct erps_builder *b, size_t size)
{
	size_t all;

	if (b->error)
		return false;
	if (!sb_size_add(b->size, size, &all) || all > b->limit) {
		fail(b, b->env ? SB_ELIMIT : SB_ENOSPC);
		return false;
	}
	return all <= b->room || (b->env && grow(b, all));
}

/* Room for the octets of one term, or of its head that `children` follow; NULL: there is none. */
static uint8_t *
put(struct erps_builder *b, size_t size, uint64_t children)
{
	uint8_t *at;

	if (b->missing == 0)
		fail(b, SB_EINVAL);
	if (!reserve(b, size))
		return NULL;
	at = b->data + b->size;
	b->size += size;
	b->missing += children - 1;
	return at;
}

static void
write_u32(uint8_t *at, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(at, &value, sizeof(value));
}

static void
put_tag_u32(struct erps_builder *b, uint8_t tag, uint32_t value, uint64_t children)
{
	uint8_t *at = put(b, 5, children);

	if (!at)
		return;
	at[0] = tag;
	write_u32(at + 1, value);
}

void
erps_put_version(struct erps_builder *b)
{
	if (b->size)
		fail(b, SB_EINVAL);
	if (reserve(b, 1))
		b->data[b->size++] = ERPS_TERM_VERSION;
}

void
erps_put_big(struct erps_builder *b, struct sb_bytes octets, bool is_negative)
{
	bool is_small;
	size_t head;
	uint8_t *at;

	while (octets.size && octets.data[octets.size - 1] == 0)
		octets.size--;
	is_small = octets.size <= UINT8_MAX;
	head = is_small ? 3 : 6;
	at = octets.size <= UINT32_MAX ? put(b, head + octets.size, 0) : NULL;
	if (!at) {
		fail(b, SB_EINVAL);
		return;
	}
	at[0] = is_small ? ERPS_TAG_SMALL_BIG : ERPS_TAG_LARGE_BIG;
	if (is_small)
		at[1] = (uint8_t)octets.size;
	else
		write_u32(at + 1, (uint32_t)octets.size);
	at[head - 1] = is_negative;
	if (octets.size)
		memcpy(at + head, octets.data, octets.size);
}

/* Over 32 bits. */
static void
put_absolute(struct erps_builder *b, uint64_t absolute, bool is_negative)
{
	uint8_t octets[8];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(absolute >> 8 * i);
	erps_put_big(b, sb_bytes(octets, sizeof(octets)), is_negative);
}

void
erps_put_integer(struct erps_builder *b, int64_t value)
{
	if (value >= 0 && value <= UINT8_MAX) {
		uint8_t *at = put(b, 2, 0);

		if (at)
			memcpy(at, (const uint8_t[]){ERPS_TAG_SMALL_INTEGER, (uint8_t)value}, 2);
	} else if (value >= INT32_MIN && value <= INT32_MAX) {
		put_tag_u32(b, ERPS_TAG_INTEGER, (uint32_t)value, 0);
	} else {
		put_absolute(b, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
	}
}

void
erps_put_unsigned(struct erps_builder *b, uint64_t value)
{
	if (value <= INT64_MAX)
		erps_put_integer(b, (int64_t)value);
	else
		put_absolute(b, value, false);
}

void
erps_put_float(struct erps_builder *b, double value)
{
	uint64_t bits;
	uint8_t *at;

	if (!isfinite(value))
		fail(b, SB_EINVAL);
	at = put(b, 9, 0);
	if (!at)
		return;
	memcpy(&bits, &value, sizeof(bits));
	bits = __builtin_bswap64(bits);
	at[0] = ERPS_TAG_NEW_FLOAT;
	memcpy(at + 1, &bits, sizeof(bits));
}

static bool
is_atom_name(struct sb_bytes name)
{
	size_t characters = 0;

	for (size_t i = 0; i < name.size; i++)
		characters += (name.data[i] & 0xc0) != 0x80;
	return characters <= ERPS_ATOM_CHARACTERS && name.size <= ERPS_ATOM_OCTETS &&
	       sb_utf8_valid(name);
}

void
erps_put_atom_name(struct erps_builder *b, struct sb_bytes name)
{
	size_t head = name.size <= UINT8_MAX ? 2 : 3;
	uint8_t *at;

	if (!is_atom_name(name))
		fail(b, SB_EINVAL);
	at = put(b, head + name.size, 0);
	if (!at)
		return;
	if (head == 2) {
		at[0] = ERPS_TAG_SMALL_ATOM_UTF8;
	} else {
		at[0] = ERPS_TAG_ATOM_UTF8;
		at[1] = (uint8_t)(name.size >> 8);
	}
	at[head - 1] = (uint8_t)name.size;
	if (name.size)
		memcpy(at + head, name.data, name.size);
}

void
erps_put_atom(struct erps_builder *b, const char *name)
{
	erps_put_atom_name(b, sb_bytes_text(name));
}

void
erps_put_boolean(struct erps_builder *b, bool value)
{
	erps_put_atom(b, value ? "true" : "false");
}

void
erps_put_binary(struct erps_builder *b, struct sb_bytes octets)
{
	uint8_t *at;

	if (octets.size > UINT32_MAX)
		fail(b, SB_EINVAL);
	at = put(b, 5 + octets.size, 0);
	if (!at)
		return;
	at[0] = ERPS_TAG_BINARY;
	write_u32(at + 1, (uint32_t)octets.size);
	if (octets.size)
		memcpy(at + 5, octets.data, octets.size);
}

void
erps_put_bits(struct erps_builder *b, struct sb_bytes octets, uint8_t bits_in_last)
{
	uint8_t *at;

	if (bits_in_last == 8) {
		erps_put_binary(b, octets);
		return;
	}
	if (octets.size == 0 || octets.size > UINT32_MAX || bits_in_last - 1u > 7)
		fail(b, SB_EINVAL);
	at = put(b, 6 + octets.size, 0);
	if (!at)
		return;
	at[0] = ERPS_TAG_BIT_BINARY;
	write_u32(at + 1, (uint32_t)octets.size);
	at[5] = bits_in_last;
	memcpy(at + 6, octets.data, octets.size);
}

void
erps_put_text(struct erps_builder *b, const char *text)
{
	erps_put_binary(b, sb_bytes_text(text));
}

void
erps_put_tuple(struct erps_builder *b, size_t arity)
{
	uint8_t *at;

	if (arity > UINT32_MAX)
		fail(b, SB_EINVAL);
	if (arity > UINT8_MAX) {
		put_tag_u32(b, ERPS_TAG_LARGE_TUPLE, (uint32_t)arity, arity);
		return;
	}
	at = put(b, 2, arity);
	if (at)
		memcpy(at, (const uint8_t[]){ERPS_TAG_SMALL_TUPLE, (uint8_t)arity}, 2);
}

/* Without elements there is only what comes instead of a tail. */
void
erps_put_list(struct erps_builder *b, size_t count)
{
	if (count > UINT32_MAX)
		fail(b, SB_EINVAL);
	if (count)
		put_tag_u32(b, ERPS_TAG_LIST, (uint32_t)count, (uint64_t)count + 1);
}

void
erps_put_nil(struct erps_builder *b)
{
	uint8_t *at = put(b, 1, 0);

	if (at)
		*at = ERPS_TAG_NIL;
}

void
erps_put_map(struct erps_builder *b, size_t pairs)
{
	if (pairs > UINT32_MAX)
		fail(b, SB_EINVAL);
	put_tag_u32(b, ERPS_TAG_MAP, (uint32_t)pairs, 2 * (uint64_t)pairs);
}

void
erps_put_term(struct erps_builder *b, struct erps_term term)
{
	uint8_t *at;

	if (!term.data)
		fail(b, SB_EINVAL);
	at = put(b, term.size, 0);
	if (at)
		memcpy(at, term.data, term.size);
}

struct erps_term
erps_built(const struct erps_builder *b)
{
	size_t head;

	if (b->error || b->missing || b->size == 0)
		return (struct erps_term){0};
	head = *b->data == ERPS_TERM_VERSION;
	return (struct erps_term){b->data + head, b->size - head};
}

struct sb_bytes
erps_built_payload(const struct erps_builder *b)
{
	if (!erps_built(b).data || *b->data != ERPS_TERM_VERSION)
		return sb_bytes(NULL, 0);
	return sb_bytes(b->data, b->size);
}
