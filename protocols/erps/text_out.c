#include "protocols/erps/text_out_internal.h"

#include "core/env.h"
#include "core/error.h"

#define ROOM_LEAST 240

/* Doubles the room, so that a long text is copied a few times only. */
static void
grow(struct erps_out *out, size_t size)
{
	size_t room = out->room ? out->room : ROOM_LEAST;
	char *data;

	while (room < out->limit && room - out->size < size)
		room = room > out->limit / 2 ? out->limit : room * 2;
	if (room > out->limit)
		room = out->limit;
	data = out->env->reallocate(out->env->context, out->data, room + 1);
	if (!data) {
		out->error = SB_ENOMEM;
		return;
	}
	out->data = data;
	out->room = room;
}

void
erps_out_octets(struct erps_out *out, const void *octets, size_t size)
{
	if (out->is_cut || size == 0)
		return;
	if (out->env && size > out->room - out->size && out->room < out->limit)
		grow(out, size);
	if (size > out->room - out->size) {
		out->is_cut = true;
		size = out->room - out->size;
	}
	if (size)
		memcpy(out->data + out->size, octets, size);
	out->size += size;
}

void
erps_out_words(struct erps_out *out, const char *words)
{
	erps_out_octets(out, words, strlen(words));
}

void
erps_out_number(struct erps_out *out, uint64_t value)
{
	char digits[20];
	char *first = digits + sizeof(digits);

	do
		*--first = (char)('0' + value % 10);
	while (value /= 10);
	erps_out_octets(out, first, (size_t)(digits + sizeof(digits) - first));
}

void
erps_out_hex(struct erps_out *out, struct sb_bytes octets)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < octets.size && !out->is_cut; i++) {
		char pair[2] = {digits[octets.data[i] >> 4], digits[octets.data[i] & 0x0f]};

		erps_out_octets(out, pair, sizeof(pair));
	}
}

size_t
erps_out_left(const struct erps_out *out)
{
	return (out->env ? out->limit : out->room) - out->size;
}

static bool
is_inside_character(char octet)
{
	return ((unsigned char)octet & 0xc0) == 0x80;
}

void
erps_out_finish(struct erps_out *out)
{
	size_t at = out->size < 3 ? 0 : out->size - 3;

	if (!out->data)
		return;
	if (out->is_cut) {
		size_t dots = out->size - at;

		while (at > 0 && is_inside_character(out->data[at]))
			at--;
		memset(out->data + at, '.', dots);
		out->size = at + dots;
	}
	out->data[out->size] = '\0';
}
