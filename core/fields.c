/*
 * Values as text, for logs and operators. What comes from a peer cannot forge a
 * line, hide in one or fill it: control characters (and those that change a
 * text's direction) are escaped, bad octets shown as such, each value cut at
 * SB_FIELD_TEXT_MAX. A pair that does not fit is left out whole and the line says
 * so.
 */
#include "core/fields.h"

#include "core/error.h"
#include "core/network.h"
#include "core/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How text is made harmless, which differs by where it goes. */
enum style {
	STYLE_PLAIN,  /* a value alone: controls escaped, quotes not */
	STYLE_LOGFMT, /* the inside of logfmt quotes */
	STYLE_JSON,   /* the inside of JSON quotes */
};

/* Kept free for what ends a text: " truncated=true" or ",\"truncated\":true}", and the NUL. */
#define END_ROOM 20

static void
put_text(struct sb_writer *w, const char *text)
{
	sb_put_bytes(w, text, strlen(text));
}

/* One put, so that a full buffer never holds half an escape. */
static void
put_escape(struct sb_writer *w, enum style style, uint32_t code)
{
	char text[16];

	if (code == '\n')
		snprintf(text, sizeof(text), "\\n");
	else if (code == '\r')
		snprintf(text, sizeof(text), "\\r");
	else if (code == '\t')
		snprintf(text, sizeof(text), "\\t");
	else if (code <= 0xffff)
		snprintf(text, sizeof(text), "\\u%04" PRIx32, code);
	else if (style == STYLE_JSON)
		snprintf(text, sizeof(text), "\\u%04" PRIx32 "\\u%04" PRIx32,
			0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
	else
		snprintf(text, sizeof(text), "\\U%08" PRIx32, code);
	put_text(w, text);
}

/* JSON must be UTF-8, so there it is only marked; the other forms show which it was. */
static void
put_bad_octet(struct sb_writer *w, enum style style, uint8_t octet)
{
	char text[8];

	if (style == STYLE_JSON) {
		put_text(w, "\\ufffd");
		return;
	}
	snprintf(text, sizeof(text), "\\x%02x", octet);
	put_text(w, text);
}

/* One code point (or one octet that is none), escaped where it must be. Returns its octets. In one
 * put, so that a cut never leaves half of it. */
static size_t
put_next(struct sb_writer *w, enum style style, struct sb_bytes in)
{
	uint32_t code;
	size_t size = sb_utf8_next(in, &code);
	char quoted[2] = {'\\', (char)in.data[0]};

	if (size == 0) {
		put_bad_octet(w, style, in.data[0]);
		return 1;
	}
	if (sb_utf8_is_control(code))
		put_escape(w, style, code);
	else if (style != STYLE_PLAIN && (code == '"' || code == '\\'))
		sb_put_bytes(w, quoted, sizeof(quoted));
	else
		sb_put_bytes(w, in.data, size);
	return size;
}

static void
put_escaped(struct sb_writer *w, enum style style, struct sb_bytes in)
{
	size_t shown = 0;

	while (shown < in.size && shown < SB_FIELD_TEXT_MAX && !sb_writer_failed(w))
		shown += put_next(w, style, sb_bytes(in.data + shown, in.size - shown));
	if (shown < in.size)
		put_text(w, "...");
}

/* Whether logfmt takes the text as it is. */
static bool
is_bare(struct sb_bytes in)
{
	if (in.size == 0 || in.size > SB_FIELD_TEXT_MAX)
		return false;
	for (size_t at = 0; at < in.size;) {
		uint32_t code;
		size_t size = sb_utf8_next(sb_bytes(in.data + at, in.size - at), &code);

		if (size == 0 || sb_utf8_is_control(code))
			return false;
		if (code == ' ' || code == '"' || code == '=' || code == '\\')
			return false;
		at += size;
	}
	return true;
}

static void
put_string(struct sb_writer *w, enum style style, struct sb_bytes in)
{
	bool is_quoted = style == STYLE_JSON || (style == STYLE_LOGFMT && !is_bare(in));

	if (is_quoted)
		put_text(w, "\"");
	put_escaped(w, style, in);
	if (is_quoted)
		put_text(w, "\"");
}

static void
put_number(struct sb_writer *w, const char *sign, uint64_t magnitude)
{
	char text[24];

	snprintf(text, sizeof(text), "%s%" PRIu64, sign, magnitude);
	put_text(w, text);
}

static void
put_address(struct sb_writer *w, enum style style, struct sb_address a)
{
	char text[64];

	snprintf(text, sizeof(text), "%u-%u-%" PRIu32 "-%" PRIu64, a.node, a.shard, a.slot,
		a.generation);
	put_string(w, style, sb_bytes_text(text));
}

/* An address of any kind, in the form that network.c reads. */
static void
put_peer(struct sb_writer *w, enum style style, const struct sockaddr *peer)
{
	char text[SB_SOCKADDR_TEXT_MAX];
	size_t length = sb_sockaddr_format(peer, text, sizeof(text));

	put_string(w, style, sb_bytes(text, length));
}

static void
put_value(struct sb_writer *w, enum style style, struct sb_value v)
{
	switch (v.kind) {
	case SB_VALUE_NULL:
		put_text(w, "null");
		break;
	case SB_VALUE_TEXT:
		put_string(
			w, style, sb_bytes(v.as.text, strnlen(v.as.text, SB_FIELD_TEXT_MAX + 4)));
		break;
	case SB_VALUE_BYTES:
		put_string(w, style, v.as.bytes);
		break;
	case SB_VALUE_INT:
		put_number(w, v.as.integer < 0 ? "-" : "",
			v.as.integer < 0 ? 0 - (uint64_t)v.as.integer : (uint64_t)v.as.integer);
		break;
	case SB_VALUE_UINT:
		put_number(w, "", v.as.natural);
		break;
	case SB_VALUE_BOOL:
		put_text(w, v.as.boolean ? "true" : "false");
		break;
	case SB_VALUE_ERROR:
		put_string(w, style, sb_bytes_text(sb_error_name(v.as.error)));
		break;
	case SB_VALUE_ADDRESS:
		put_address(w, style, v.as.address);
		break;
	case SB_VALUE_PEER:
		put_peer(w, style, v.as.peer);
		break;
	}
}

static void
put_pair(struct sb_writer *w, enum sb_field_format format, bool is_first, const char *key,
	struct sb_value value)
{
	bool is_json = format == SB_FIELD_JSON;

	if (!is_first)
		put_text(w, is_json ? "," : " ");
	if (is_json) {
		put_string(w, STYLE_JSON, sb_bytes_text(key));
		put_text(w, ":");
		put_value(w, STYLE_JSON, value);
	} else {
		put_text(w, key);
		put_text(w, "=");
		put_value(w, STYLE_LOGFMT, value);
	}
}

static void
field_writer_add(struct sb_fields *f, const char *key, struct sb_value value)
{
	struct sb_field_writer *w = (struct sb_field_writer *)f;
	struct sb_writer room;

	/* Not the next either, though it might fit: pairs that are missing should be the last. */
	if (w->truncated)
		return;
	room = sb_writer_of(w->buf + w->size, w->capacity - END_ROOM - w->size);
	put_pair(&room, w->format, w->count == 0, key, value);
	if (sb_writer_failed(&room)) {
		w->truncated = true;
		return;
	}
	w->size += sb_writer_size(&room);
	w->count++;
}

void
sb_field_writer_init(
	struct sb_field_writer *w, enum sb_field_format format, char *buf, size_t capacity)
{
	assert(capacity >= SB_FIELD_BUFFER_MIN);
	*w = (struct sb_field_writer){
		.fields = {.add = field_writer_add},
		.format = format,
		.buf = buf,
		.capacity = capacity,
	};
	if (format == SB_FIELD_JSON)
		w->buf[w->size++] = '{';
}

/* END_ROOM was kept free for this: it fits always. */
size_t
sb_field_writer_end(struct sb_field_writer *w)
{
	struct sb_writer room = sb_writer_of(w->buf + w->size, w->capacity - w->size);

	if (w->truncated)
		put_pair(&room, w->format, w->count == 0, "truncated", SB_BOOL(true));
	if (w->format == SB_FIELD_JSON)
		put_text(&room, "}");
	sb_put_u8(&room, '\0');
	assert(!sb_writer_failed(&room));
	w->size += sb_writer_size(&room) - 1;
	return w->size;
}

size_t
sb_value_format(struct sb_value value, char *buf, size_t capacity)
{
	struct sb_writer room = sb_writer_of(buf, capacity - 1);

	put_value(&room, STYLE_PLAIN, value);
	buf[sb_writer_size(&room)] = '\0';
	return sb_writer_size(&room);
}
