/* Fields of an answer that its handler sets: kept as they will be sent. */
#include "protocols/http/exchange_internal.h"

#include <string.h>
#include <strings.h>

void
http_answer_fields_free(struct http_exchange *x)
{
	sb_release(x->session, x->fields_memory);
	x->fields = NULL;
	x->fields_memory = NULL;
	x->fields_size = x->fields_capacity = 0;
}

/* First what the block has left, then memory of their own. */
static char *
fields_room(struct http_exchange *x, size_t size)
{
	size_t wanted = x->fields_size + size;
	char *memory;

	if (!x->fields) {
		x->fields = x->room + x->room_used;
		x->fields_capacity = (uint32_t)(HTTP_EXCHANGE_ROOM - x->room_used);
		x->room_used = HTTP_EXCHANGE_ROOM;
	}
	if (wanted <= x->fields_capacity)
		return x->fields + x->fields_size;
	memory = sb_allocate(x->session, wanted * 2);
	if (!memory)
		return NULL;
	memcpy(memory, x->fields, x->fields_size);
	sb_release(x->session, x->fields_memory);
	x->fields = x->fields_memory = memory;
	x->fields_capacity = (uint32_t)(wanted * 2);
	return memory + x->fields_size;
}

/* Longer ones no client takes. */
#define FIELD_MAX 16384

static bool
is_text(const char *text)
{
	size_t size = strcspn(text, "\r\n");

	return !text[size] && size <= FIELD_MAX;
}

/* What the server says itself, of framing and of the connection. */
static bool
is_own(const char *name)
{
	static const char *const own[] = {
		"Content-Length", "Transfer-Encoding", "Connection", "Date"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strcasecmp(name, own[i]) == 0)
			return true;
	return false;
}

/* Compressed, the octets would be others than such a field speaks of. */
static bool
is_of_octets(const char *name)
{
	static const char *const fields[] = {
		"Content-Encoding", "Content-Range", "Accept-Ranges", "ETag", "Digest"};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcasecmp(name, fields[i]) == 0)
			return true;
	return false;
}

static bool
is_settable(const struct http_exchange *x, const char *name, const char *value)
{
	return x->answer == HTTP_ANSWER_NONE && *name && is_text(name) && is_text(value) &&
	       !is_own(name);
}

int
http_set_field(struct http_exchange *x, const char *name, const char *value)
{
	struct sb_bytes parts[] = {
		sb_bytes_text(name), sb_bytes(": ", 2), sb_bytes_text(value), sb_bytes("\r\n", 2)};
	size_t size = parts[0].size + parts[2].size + 4;
	struct sb_writer w;
	char *room;

	if (!is_settable(x, name, value))
		return SB_EINVAL;
	room = fields_room(x, size);
	if (!room)
		return SB_ENOMEM;
	w = sb_writer_of(room, size);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		sb_put_bytes(&w, parts[i].data, parts[i].size);
	x->fields_size += (uint32_t)size;
	x->is_fixed |= is_of_octets(name);
	return 0;
}
