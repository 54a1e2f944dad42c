#include "core/error.h"
#include "tests/bench/cwmp_load/cwmp_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { FAILURES_SAID = 5 };

static void
watch(struct load *load, uint32_t index, int how, bool room)
{
	struct session *s = &load->sessions[index];
	struct epoll_event event = {.events = EPOLLIN | (room ? EPOLLOUT : 0), .data.u32 = index};

	s->watching_room = room;
	epoll_ctl(load->epoll_fd, how, s->stream.fd, &event);
}

void
session_close(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];

	if (s->state == SESSION_CLOSED)
		return;
	stream_fini(&s->stream);
	free(s->unsent.data);
	*s = (struct session){.stream.fd = -1, .device = s->device, .is_greeting = s->is_greeting};
}

static bool
is_in_run(const struct session *s)
{
	return !s->is_greeting && s->state != SESSION_CLOSED && s->state != SESSION_READY;
}

static void
session_failed(struct load *load, uint32_t index, int err)
{
	struct session *s = &load->sessions[index];

	load->failed++;
	if (load->failed <= FAILURES_SAID)
		fprintf(stderr, "cwmp-load: connection %u: %s\n", index, sb_error_text(err));
	load->run.lost += is_in_run(s);
	if (s->is_greeting)
		load->opening--;
	else
		load->opened--;
	session_close(load, index);
}

static int
keep_unsent(struct load *load, uint32_t index, const char *data, size_t size)
{
	struct session *s = &load->sessions[index];

	s->unsent.data = malloc(size);
	if (!s->unsent.data)
		return SB_ENOMEM;
	memcpy(s->unsent.data, data, size);
	s->unsent.size = size;
	watch(load, index, EPOLL_CTL_MOD, true);
	return 0;
}

/* What stands in load->out. */
static int
send_out(struct load *load, uint32_t index, size_t size)
{
	struct session *s = &load->sessions[index];
	ssize_t sent = stream_write(&s->stream, load->out, size);

	if (sent < 0 && sent != SB_AGAIN)
		return (int)sent;
	if (sent < 0)
		sent = 0;
	return (size_t)sent == size
		       ? 0
		       : keep_unsent(load, index, load->out + sent, size - (size_t)sent);
}

static int
send_more(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];
	ssize_t sent = stream_write(&s->stream, s->unsent.data, s->unsent.size);

	if (sent < 0)
		return sent == SB_AGAIN ? 0 : (int)sent;
	s->unsent.size -= (size_t)sent;
	memmove(s->unsent.data, s->unsent.data + sent, s->unsent.size);
	if (s->unsent.size)
		return 0;
	free(s->unsent.data);
	s->unsent.data = NULL;
	watch(load, index, EPOLL_CTL_MOD, false);
	return 0;
}

static int
send_inform(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];

	s->state = SESSION_INFORM;
	s->is_over = false;
	s->cookie_size = 0;
	s->cookie[0] = '\0';
	return send_out(load, index, messages_inform(load, s));
}

void
session_open(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];
	bool is_many = load->options.new_connections;
	int fd = net_connect(
		&load->options.server, is_many ? (unsigned)(load->attempts % 200) + 1 : 0);

	load->attempts++;
	if (fd >= 0 && stream_init(&s->stream, fd, load->tls, NULL) < 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0) {
		load->failed++;
		return;
	}
	s->state = SESSION_CONNECTING;
	llhttp_init(&s->http, HTTP_RESPONSE, &load->http);
	s->http.data = s;
	watch(load, index, EPOLL_CTL_ADD, true);
}

/* The device whose turn it is: never one that another connection speaks for. */
static void
next_device(const struct load *load, struct session *s)
{
	uint32_t connections = load->options.connections;

	s->device += connections;
	if (s->device >= load->options.devices)
		s->device = (uint32_t)(s - load->sessions) % connections;
}

void
session_next(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];
	int err;

	if ((s->state != SESSION_READY && s->state != SESSION_CLOSED) || !run_room(&load->run, 1))
		return;
	load->run.sent++;
	next_device(load, s);
	s->began_ns = net_now_ns();
	if (s->state == SESSION_CLOSED) {
		uint64_t began_ns = s->began_ns;

		session_open(load, index);
		s->began_ns = began_ns;
		load->run.lost += s->state == SESSION_CLOSED;
		return;
	}
	err = send_inform(load, index);
	if (err)
		session_failed(load, index, err);
}

static void
session_done(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];

	if (s->is_greeting) {
		s->is_greeting = false;
		load->opening--;
		load->opened++;
	} else {
		load->run.done++;
		sb_distribution_add_times(&load->run.latency, net_now_ns() - s->began_ns, 1);
	}
	s->state = SESSION_READY;
	if (load->options.new_connections || !llhttp_should_keep_alive(&s->http))
		session_close(load, index);
	session_next(load, index);
}

/* The next message of the session, by what was answered; SB_EPROTO when that is wrong. */
static int
session_answered(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];
	bool has_body = s->body_size > 0;
	size_t size;

	s->body[s->body_size < BODY_KEPT ? s->body_size : BODY_KEPT - 1] = '\0';
	if (s->state == SESSION_INFORM) {
		if (s->http.status_code != 200 || !strstr(s->body, "InformResponse"))
			return SB_EPROTO;
		s->state = SESSION_TURN;
		if (load->options.hold) {
			session_done(load, index);
			return 0;
		}
		return send_out(load, index, messages_empty(load, s));
	}
	if (s->state != SESSION_TURN || s->http.status_code / 100 != 2)
		return SB_EPROTO;
	if (!has_body) {
		session_done(load, index);
		return 0;
	}
	size = messages_response(load, s);
	return size ? send_out(load, index, size) : SB_EPROTO;
}

static int
on_begin(llhttp_t *http)
{
	struct session *s = http->data;

	s->body_size = 0;
	s->is_over = false;
	return 0;
}

static int
on_field(llhttp_t *http, const char *at, size_t size)
{
	struct session *s = http->data;

	for (size_t i = 0; i < size && s->field_size < FIELD_MAX; i++)
		s->field[s->field_size++] = at[i];
	return 0;
}

static int
on_value(llhttp_t *http, const char *at, size_t size)
{
	struct session *s = http->data;

	if (s->field_size != strlen("set-cookie") ||
		strncasecmp(s->field, "set-cookie", s->field_size) != 0)
		return 0;
	if (size >= COOKIE_MAX - s->cookie_size)
		return -1;
	memcpy(s->cookie + s->cookie_size, at, size);
	s->cookie_size += size;
	return 0;
}

/* Of a cookie that is set only the pair goes back. */
static int
on_value_end(llhttp_t *http)
{
	struct session *s = http->data;

	s->field_size = 0;
	s->cookie[s->cookie_size] = '\0';
	s->cookie_size = strcspn(s->cookie, ";");
	s->cookie[s->cookie_size] = '\0';
	return 0;
}

static int
on_body(llhttp_t *http, const char *at, size_t size)
{
	struct session *s = http->data;
	size_t room = BODY_KEPT - 1 - s->body_size;

	memcpy(s->body + s->body_size, at, size < room ? size : room);
	s->body_size += size < room ? size : room;
	return 0;
}

static int
on_complete(llhttp_t *http)
{
	struct session *s = http->data;

	s->is_over = true;
	return HPE_PAUSED;
}

void
session_settings(llhttp_settings_t *settings)
{
	llhttp_settings_init(settings);
	settings->on_message_begin = on_begin;
	settings->on_header_field = on_field;
	settings->on_header_value = on_value;
	settings->on_header_value_complete = on_value_end;
	settings->on_body = on_body;
	settings->on_message_complete = on_complete;
}

static int
session_input(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];
	ssize_t got = stream_read(&s->stream, load->buffer, LOAD_BUFFER_BYTES);
	llhttp_errno_t err;

	if (got == SB_AGAIN)
		return 0;
	/* Between sessions the server may close. */
	if (got == 0 && s->state == SESSION_READY) {
		session_close(load, index);
		return 0;
	}
	if (got <= 0)
		return got ? (int)got : SB_ECONNRESET;
	err = llhttp_execute(&s->http, (const char *)load->buffer, (size_t)got);
	if (err == HPE_OK)
		return 0;
	if (err != HPE_PAUSED || !s->is_over ||
		llhttp_get_error_pos(&s->http) != (const char *)load->buffer + got)
		return SB_EPROTO;
	llhttp_resume(&s->http);
	return session_answered(load, index);
}

/* Connection and handshake are done: the Inform goes out. */
static int
greet(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];
	int err;

	if (s->state == SESSION_CONNECTING) {
		err = net_connect_error(s->stream.fd);
		if (err)
			return err;
		s->state = SESSION_HANDSHAKING;
		watch(load, index, EPOLL_CTL_MOD, false);
	}
	err = stream_handshake(&s->stream);
	if (err)
		return err == SB_AGAIN ? 0 : err;
	return send_inform(load, index);
}

void
session_event(struct load *load, uint32_t index, uint32_t events)
{
	struct session *s = &load->sessions[index];
	int err = 0;

	if (s->state == SESSION_CLOSED)
		return;
	if (s->state == SESSION_CONNECTING || s->state == SESSION_HANDSHAKING)
		err = greet(load, index);
	else if (s->unsent.size && (events & EPOLLOUT))
		err = send_more(load, index);
	if (!err && s->state >= SESSION_INFORM && (events & ~(uint32_t)EPOLLOUT))
		err = session_input(load, index);
	if (err == SB_EPROTO)
		load->mismatched++;
	if (err)
		session_failed(load, index, err);
}
