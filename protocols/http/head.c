/*
 * A field in the text: the sizes of name and value (two octets each), the name, NUL, the
 * value, NUL. So a look-up passes over what it does not want, and nothing moves when the
 * text grows.
 */
#include "protocols/http/head_internal.h"

#include "core/env.h"

#include <string.h>

#define SIZES 4

void
http_head_init(struct http_head *h, const struct sb_env *env, char *room, size_t room_size,
	uint32_t limit, uint16_t count_limit)
{
	*h = (struct http_head){.env = env,
		.text = room,
		.room = room,
		.capacity = (uint32_t)room_size,
		.limit = limit,
		.count_limit = count_limit};
}

void
http_head_fini(struct http_head *h)
{
	if (h->text != h->room)
		h->env->release(h->env->context, h->text);
	h->text = NULL;
}

static bool
refuse(struct http_head *h, enum http_refusal refusal)
{
	h->refusal = (uint8_t)refusal;
	return false;
}

/* The limit counts what was sent; what is stored besides (sizes, NULs) is a bounded part more. */
static bool
grow(struct http_head *h, size_t wanted)
{
	size_t capacity = h->capacity * 2 > wanted ? h->capacity * 2 : wanted;
	char *text = h->env->allocate(h->env->context, capacity);

	if (!text)
		return refuse(h, HTTP_REFUSAL_MEMORY);
	memcpy(text, h->text, h->size);
	if (h->text != h->room)
		h->env->release(h->env->context, h->text);
	h->text = text;
	h->capacity = (uint32_t)capacity;
	return true;
}

/* Room for `size` octets behind those that are there; false: refused. */
static bool
reserve(struct http_head *h, size_t size)
{
	size_t all = h->size + size;

	if (all <= h->capacity && all <= h->limit)
		return true;
	if (all > h->limit)
		return refuse(h, h->fields ? HTTP_REFUSAL_HEAD_SIZE : HTTP_REFUSAL_TARGET_SIZE);
	return grow(h, all);
}

static bool
append(struct http_head *h, const char *at, size_t size)
{
	if (!reserve(h, size))
		return false;
	memcpy(h->text + h->size, at, size);
	h->size += (uint32_t)size;
	return true;
}

static bool
append_nul(struct http_head *h)
{
	if (!reserve(h, 1))
		return false;
	h->text[h->size++] = 0;
	return true;
}

static void
set_size(struct http_head *h, uint32_t at, size_t size)
{
	uint16_t value = (uint16_t)size;

	memcpy(h->text + at, &value, sizeof(value));
}

static uint16_t
get_size(const struct http_head *h, uint32_t at)
{
	uint16_t value;

	memcpy(&value, h->text + at, sizeof(value));
	return value;
}

bool
http_head_target(struct http_head *h, const char *at, size_t size)
{
	return append(h, at, size);
}

bool
http_head_target_end(struct http_head *h)
{
	if (!append_nul(h))
		return false;
	h->fields = h->field = h->size;
	return true;
}

bool
http_head_name(struct http_head *h, const char *at, size_t size)
{
	if (h->size == h->field) {
		if (h->count == h->count_limit)
			return refuse(h, HTTP_REFUSAL_FIELD_COUNT);
		if (!reserve(h, SIZES))
			return false;
		h->size += SIZES;
	}
	return append(h, at, size);
}

bool
http_head_name_end(struct http_head *h)
{
	/* Without a single octet, none of its callbacks but this one came. */
	if (h->size == h->field)
		return refuse(h, HTTP_REFUSAL_FIELD_NAME);
	set_size(h, h->field, h->size - h->field - SIZES);
	return append_nul(h);
}

bool
http_head_value(struct http_head *h, const char *at, size_t size)
{
	return append(h, at, size);
}

bool
http_head_value_end(struct http_head *h)
{
	uint32_t begin = h->field + SIZES + get_size(h, h->field) + 1;

	while (h->size > begin && (h->text[h->size - 1] == ' ' || h->text[h->size - 1] == '\t'))
		h->size--;
	set_size(h, h->field + 2, h->size - begin);
	if (!append_nul(h))
		return false;
	h->field = h->size;
	h->count++;
	return true;
}

bool
http_head_next(const struct http_head *h, uint32_t *at, struct http_field_view *field)
{
	uint32_t begin = *at ? *at : h->fields;

	if (begin >= h->field)
		return false;
	field->name_size = get_size(h, begin);
	field->value_size = get_size(h, begin + 2);
	field->name = h->text + begin + SIZES;
	field->value = field->name + field->name_size + 1;
	*at = begin + SIZES + field->name_size + field->value_size + 2;
	return true;
}
