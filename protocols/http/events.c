#include "protocols/http/events.h"

#include "core/error.h"
#include "protocols/http/server.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SILENCE_MS 15000

static void silence(struct sb_session *s, struct sb_timer *timer);

static void
start_timer(struct http_events *events)
{
	sb_timer_start(http_session(events->x), &events->timer, events->silence_ms, silence);
}

static void
leave(struct http_events *events)
{
	if (events->x)
		sb_timer_stop(http_session(events->x), &events->timer);
	events->x = NULL;
}

/* The client is sent nothing more, and sees that. Gives the error on. */
static int
cut_off(struct http_events *events, int err)
{
	struct http_exchange *x = events->x;

	leave(events);
	http_abort(x);
	return err;
}

static int
send_text(struct http_events *events, const char *text, size_t size)
{
	int err = http_write(events->x, text, size);

	if (err)
		return cut_off(events, err);
	start_timer(events);
	return 0;
}

static void
silence(struct sb_session *s, struct sb_timer *timer)
{
	struct http_events *events =
		(struct http_events *)((char *)timer - offsetof(struct http_events, timer));

	(void)s;
	(void)send_text(events, ":\n\n", 3);
}

int
http_events_begin(struct http_events *events, struct http_exchange *x, uint32_t silence_ms)
{
	int err = http_set_field(x, "Cache-Control", "no-cache");

	*events = (struct http_events){.silence_ms = silence_ms ? silence_ms : SILENCE_MS};
	if (!err)
		err = http_respond_begin(x, 200, "text/event-stream", UINT64_MAX);
	if (err)
		return err;
	events->x = x;
	start_timer(events);
	return 0;
}

static bool
is_line(const char *text)
{
	return !text || !text[strcspn(text, "\r\n")];
}

static void
put_line(struct sb_writer *w, const char *field, const void *text, size_t size)
{
	sb_put_bytes(w, field, strlen(field));
	sb_put_bytes(w, text, size);
	sb_put_u8(w, '\n');
}

/* Lines end with CR, LF or both; each becomes a field of its own. */
static void
put_data(struct sb_writer *w, struct sb_bytes data)
{
	for (;;) {
		size_t size = 0;

		while (size < data.size && data.data[size] != '\n' && data.data[size] != '\r')
			size++;
		put_line(w, "data: ", data.data, size);
		if (size == data.size)
			return;
		if (data.data[size] == '\r' && data.size - size > 1 && data.data[size + 1] == '\n')
			size++;
		data = sb_bytes(data.data + size + 1, data.size - size - 1);
	}
}

static void
put_event(struct sb_writer *w, const char *id, const char *name, struct sb_bytes data)
{
	if (id)
		put_line(w, "id: ", id, strlen(id));
	if (name)
		put_line(w, "event: ", name, strlen(name));
	put_data(w, data);
	sb_put_u8(w, '\n');
}

/* The most that an event takes: what may be the end of a line makes a field. */
static size_t
room_for(const char *id, const char *name, struct sb_bytes data)
{
	size_t lines = 1;

	for (size_t i = 0; i < data.size; i++)
		lines += data.data[i] == '\n' || data.data[i] == '\r';
	return (id ? strlen(id) + 5 : 0) + (name ? strlen(name) + 8 : 0) + data.size + lines * 7 +
	       1;
}

/* More than this nobody's output would take. */
#define DATA_MAX (16u << 20)

int
http_events_send(struct http_events *events, const char *id, const char *name, struct sb_bytes data)
{
	struct sb_session *s;
	struct sb_writer w;
	size_t room;
	void *memory;
	int err;

	if (!events->x)
		return SB_GONE;
	if (!is_line(id) || !is_line(name) || data.size > DATA_MAX)
		return SB_EINVAL;
	s = http_session(events->x);
	room = room_for(id, name, data);
	memory = sb_allocate(s, room);
	if (!memory)
		return cut_off(events, SB_ENOMEM);
	w = sb_writer_of(memory, room);
	put_event(&w, id, name, data);
	err = send_text(events, memory, sb_writer_size(&w));
	sb_release(s, memory);
	return err;
}

void
http_events_end(struct http_events *events, uint32_t retry_ms)
{
	struct http_exchange *x = events->x;
	char text[32];
	int size = snprintf(text, sizeof(text), "retry: %" PRIu32 "\n\n", retry_ms);

	if (!x || (retry_ms && send_text(events, text, (size_t)size)))
		return;
	leave(events);
	(void)http_respond_end(x);
}

const char *
http_events_last_id(const struct http_exchange *x)
{
	return http_field(x, "Last-Event-ID");
}

void
http_events_closed(struct http_events *events)
{
	leave(events);
}

void
http_events_stopping(struct http_events *events)
{
	http_events_end(events, 0);
}
