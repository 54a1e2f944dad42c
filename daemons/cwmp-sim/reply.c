#include "daemons/cwmp-sim/reply.h"
#include "core/error.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

/* zlib finds out whether it is gzip or zlib's own. */
enum { ANY_FORMAT = 15 + 32, BODY_ROOM = 4096 };

static bool
is_named(const struct reply *reply, const char *name)
{
	return reply->name_size == strlen(name) &&
	       strncasecmp(reply->name, name, reply->name_size) == 0;
}

/* Adds to a list; what does not fit is left out. */
static void
join(char list[REPLY_FIELD_MAX], const char *separator, const char *value, size_t size)
{
	size_t length = strlen(list), gap = length ? strlen(separator) : 0;

	if (length + gap + size >= REPLY_FIELD_MAX)
		return;
	memcpy(list + length, separator, gap);
	memcpy(list + length + gap, value, size);
	list[length + gap + size] = '\0';
}

static void
take_field(struct reply *reply)
{
	const char *value = reply->value;

	if (is_named(reply, "www-authenticate"))
		join(reply->challenge, ", ", value, strlen(value));
	else if (is_named(reply, "set-cookie"))
		join(reply->cookies, "; ", value, strcspn(value, ";"));
	else if (is_named(reply, "location"))
		join(reply->location, "", value, strlen(value));
	else if (is_named(reply, "retry-after"))
		reply->retry_after_s = (uint32_t)strtoul(value, NULL, 10);
	else if (is_named(reply, "content-encoding"))
		reply->is_compressed = strcasecmp(value, "identity") != 0;
}

static int
on_name(llhttp_t *parser, const char *at, size_t size)
{
	struct reply *reply = parser->data;

	for (size_t i = 0; i < size; i++, reply->name_size++)
		if (reply->name_size < REPLY_NAME_MAX)
			reply->name[reply->name_size] = at[i];
	return 0;
}

static int
on_value(llhttp_t *parser, const char *at, size_t size)
{
	struct reply *reply = parser->data;
	size_t room = REPLY_FIELD_MAX - 1 - reply->value_size;

	size = size < room ? size : room;
	memcpy(reply->value + reply->value_size, at, size);
	reply->value_size += size;
	return 0;
}

static int
on_value_end(llhttp_t *parser)
{
	struct reply *reply = parser->data;

	reply->value[reply->value_size] = '\0';
	if (reply->name_size <= REPLY_NAME_MAX)
		take_field(reply);
	reply->name_size = reply->value_size = 0;
	return 0;
}

static int
grow(struct reply *reply, size_t size)
{
	size_t wanted = reply->size + size + 1, capacity = reply->capacity;
	uint8_t *grown;

	if (wanted <= capacity)
		return 0;
	capacity = capacity ? capacity : BODY_ROOM;
	while (capacity < wanted)
		capacity *= 2;
	grown = realloc(reply->body, capacity);
	if (!grown)
		return SB_ENOMEM;
	reply->body = grown;
	reply->capacity = capacity;
	return 0;
}

static int
on_body(llhttp_t *parser, const char *at, size_t size)
{
	struct reply *reply = parser->data;
	size_t room = reply->limit - reply->size;

	reply->total += size;
	size = size < room ? size : room;
	if (size && grow(reply, size))
		return -1;
	if (size)
		memcpy(reply->body + reply->size, at, size);
	reply->size += size;
	return 0;
}

/* 100 Continue and its like are no answer: the next one is. */
static int
on_complete(llhttp_t *parser)
{
	struct reply *reply = parser->data;

	if (parser->status_code / 100 == 1)
		return 0;
	reply->status = parser->status_code;
	reply->keeps_alive = llhttp_should_keep_alive(parser);
	reply->is_complete = true;
	if (reply->body)
		reply->body[reply->size] = '\0';
	return HPE_PAUSED;
}

static const llhttp_settings_t *
settings_of_reply(void)
{
	static const llhttp_settings_t settings = {.on_header_field = on_name,
		.on_header_value = on_value,
		.on_header_value_complete = on_value_end,
		.on_body = on_body,
		.on_message_complete = on_complete};

	return &settings;
}

void
reply_begin(struct reply *reply, size_t limit)
{
	free(reply->body);
	memset(reply, 0, sizeof(*reply));
	reply->limit = limit;
	llhttp_init(&reply->parser, HTTP_RESPONSE, settings_of_reply());
	reply->parser.data = reply;
}

void
reply_fini(struct reply *reply)
{
	free(reply->body);
	*reply = (struct reply){0};
}

int
reply_push(struct reply *reply, struct sb_bytes in)
{
	llhttp_errno_t err = llhttp_execute(&reply->parser, (const char *)in.data, in.size);

	if (err == HPE_OK)
		return reply->is_complete ? SB_EPROTO : 0;
	if (err == HPE_PAUSED && reply->is_complete &&
		llhttp_get_error_pos(&reply->parser) == (const char *)in.data + in.size)
		return 0;
	return SB_EPROTO;
}

int
reply_end(struct reply *reply)
{
	llhttp_errno_t err = llhttp_finish(&reply->parser);

	reply->keeps_alive = false;
	return (err == HPE_OK || err == HPE_PAUSED) && reply->is_complete ? 0 : SB_EPROTO;
}

static int
inflate_all(z_stream *z, struct reply *whole, size_t limit)
{
	int err = Z_OK;

	while (err == Z_OK) {
		if (whole->size > limit)
			return SB_ELIMIT;
		if (grow(whole, BODY_ROOM))
			return SB_ENOMEM;
		z->next_out = whole->body + whole->size;
		z->avail_out = (uInt)(whole->capacity - whole->size - 1);
		err = inflate(z, Z_NO_FLUSH);
		whole->size = (size_t)(z->next_out - whole->body);
	}
	return err == Z_STREAM_END ? 0 : SB_EPROTO;
}

int
reply_inflate(struct reply *reply, size_t limit)
{
	struct reply whole = {0};
	z_stream z = {.next_in = reply->body, .avail_in = (uInt)reply->size};
	int err;

	if (!reply->is_compressed || !reply->size)
		return 0;
	if (inflateInit2(&z, ANY_FORMAT) != Z_OK)
		return SB_ENOMEM;
	err = inflate_all(&z, &whole, limit);
	inflateEnd(&z);
	if (err) {
		free(whole.body);
		return err;
	}
	free(reply->body);
	reply->body = whole.body;
	reply->size = whole.size;
	reply->capacity = whole.capacity;
	reply->body[reply->size] = '\0';
	reply->is_compressed = false;
	return 0;
}
