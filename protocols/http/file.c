#include "protocols/http/file.h"

#include "core/error.h"
#include "core/session.h"
#include "protocols/http/date.h"
#include "protocols/http/range.h"
#include "protocols/http/server.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- conditions, in the order of RFC 9110, 13.2.2 ---- */

/* Whether the file has not changed since the date of the field. */
static bool
is_unmodified(const struct http_file *file, const char *date)
{
	int64_t since;

	return file->modified_s && http_date_parse(date, &since) == 0 && file->modified_s <= since;
}

/* The status that the conditions of the request make, 0: none. */
static unsigned
condition(const struct http_exchange *x, const struct http_file *file)
{
	const char *match = http_field(x, "If-Match");
	const char *unmodified = http_field(x, "If-Unmodified-Since");
	const char *none = http_field(x, "If-None-Match");
	const char *modified = http_field(x, "If-Modified-Since");

	if (match ? !http_etag_matches(match, file->etag, true)
		  : unmodified && file->modified_s && !is_unmodified(file, unmodified))
		return 412;
	if (none ? http_etag_matches(none, file->etag, false)
		 : modified && is_unmodified(file, modified))
		return 304;
	return 0;
}

/* Whether the client's part is of this very file; without If-Range it does not care. */
static bool
is_same_file(const struct http_exchange *x, const struct http_file *file)
{
	const char *field = http_field(x, "If-Range");
	char date[HTTP_DATE_SIZE];

	if (!field)
		return true;
	if (field[0] == '"' || field[0] == 'W')
		return http_etag_matches(field, file->etag, true);
	http_date_format(file->modified_s, date);
	return file->modified_s && strcmp(field, date) == 0;
}

/* ---- the head ---- */

static int
set_fields(struct http_exchange *x, const struct http_file *file)
{
	char text[HTTP_DATE_SIZE], tag[256];
	int err = http_set_field(x, "Accept-Ranges", "bytes");

	if (!err && file->etag) {
		snprintf(tag, sizeof(tag), "\"%s\"", file->etag);
		err = http_set_field(x, "ETag", tag);
	}
	if (!err && file->modified_s) {
		http_date_format(file->modified_s, text);
		err = http_set_field(x, "Last-Modified", text);
	}
	return err;
}

static int
refuse_range(struct http_exchange *x, const struct http_file *file)
{
	char text[64];
	int err;

	snprintf(text, sizeof(text), "bytes */%" PRIu64, file->size);
	err = http_set_field(x, "Content-Range", text);
	return err ? err : http_respond(x, 416, NULL, sb_bytes(NULL, 0));
}

/* 200 or 206, and what of the body there is to send. */
static int
begin_part(struct http_exchange *x, const struct http_file *file, bool is_range,
	struct http_file_part *part)
{
	const char *type = file->type ? file->type : "application/octet-stream";
	char text[96];
	int err = 0;

	if (is_range) {
		snprintf(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, part->at,
			part->end - 1, file->size);
		err = http_set_field(x, "Content-Range", text);
	}
	if (!err)
		err = http_respond_begin(x, is_range ? 206 : 200, type, part->end - part->at);
	if (http_method(x) == HTTP_METHOD_HEAD)
		part->at = part->end;
	if (!err && part->at == part->end)
		err = http_respond_end(x);
	return err;
}

int
http_file_begin(struct http_exchange *x, const struct http_file *file, struct http_file_part *part)
{
	enum http_range range = HTTP_RANGE_WHOLE;
	unsigned status = condition(x, file);
	int err = set_fields(x, file);

	*part = (struct http_file_part){0, file->size};
	/* A range of HEAD has no meaning. */
	if (http_method(x) == HTTP_METHOD_GET && is_same_file(x, file))
		range = http_range_read(http_field(x, "Range"), file->size, &part->at, &part->end);
	if (!err && status)
		err = http_respond(x, status, NULL, sb_bytes(NULL, 0));
	else if (!err && range == HTTP_RANGE_BEYOND)
		err = refuse_range(x, file);
	else if (!err)
		err = begin_part(x, file, range == HTTP_RANGE_PART, part);
	if (err)
		http_abort(x);
	if (err || status || range == HTTP_RANGE_BEYOND)
		part->at = part->end;
	return err;
}

/* ---- the body ---- */

static bool
is_over(const struct http_file_sender *sender)
{
	return !sender->x || sender->left.at == sender->left.end;
}

/* Asks as long as answers come at once and the client takes them. */
static void
pump(struct http_file_sender *sender)
{
	if (sender->is_pumping)
		return;
	sender->is_pumping = true;
	while (!is_over(sender) && !sender->is_reading &&
		!sb_output_is_high(http_session(sender->x))) {
		sender->is_reading = true;
		sender->read(sender, sender->left.at, sender->left.end - sender->left.at);
	}
	sender->is_pumping = false;
}

int
http_file_send(struct http_file_sender *sender, struct http_exchange *x,
	const struct http_file *file,
	void (*read)(struct http_file_sender *sender, uint64_t at, uint64_t most))
{
	int err;

	*sender = (struct http_file_sender){.read = read};
	err = http_file_begin(x, file, &sender->left);
	sender->x = err ? NULL : x;
	pump(sender);
	return err;
}

void
http_file_give(struct http_file_sender *sender, struct sb_bytes octets)
{
	uint64_t left = sender->left.end - sender->left.at;
	struct http_exchange *x = sender->x;

	if (!x || !sender->is_reading)
		return;
	if (octets.size > left)
		octets.size = left;
	/* It was asked for when there was room, and nobody else writes. */
	if (octets.size == 0 || http_write(x, octets.data, octets.size)) {
		http_file_fail(sender);
		return;
	}
	sender->is_reading = false;
	sender->left.at += octets.size;
	if (!is_over(sender)) {
		pump(sender);
		return;
	}
	sender->x = NULL;
	(void)http_respond_end(x);
}

void
http_file_fail(struct http_file_sender *sender)
{
	struct http_exchange *x = sender->x;

	sender->x = NULL;
	if (x)
		http_abort(x);
}

void
http_file_drained(struct http_file_sender *sender)
{
	pump(sender);
}

void
http_file_closed(struct http_file_sender *sender)
{
	sender->x = NULL;
}

/* ---- out of memory ---- */

int
http_file_respond(struct http_exchange *x, const struct http_file *file, struct sb_bytes octets)
{
	struct http_file sized = *file;
	struct http_file_part part;
	int err;

	sized.size = octets.size;
	if (octets.size > sb_session_limits(http_session(x))->output_hard / 2)
		return SB_ELIMIT;
	err = http_file_begin(x, &sized, &part);
	if (err || part.at == part.end)
		return err;
	err = http_write(x, octets.data + part.at, part.end - part.at);
	if (err)
		http_abort(x);
	else
		err = http_respond_end(x);
	return err;
}
