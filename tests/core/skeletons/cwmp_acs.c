/*
 * CWMP on the bare core. HTTP sessions live as long as their connection; the CWMP
 * session that a device's Inform begins has no connection and outlives many. An HTTP
 * session finds it by the cookie, gives it what was posted, and holds its own input
 * until the answer comes: at once, or when an operator has something to ask.
 */
#include "bed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX   80
#define SESSION_MS 30000
#define ANSWER_MS  60000

/* Calls to a CWMP session. */
enum {
	MSG_POSTED = 1, /* struct post, given: answered with what to send, empty for 204 */
	MSG_ASK,        /* text of an RPC, by an operator: answered with the device's answer */
	MSG_GIVE_WAY,   /* a newer session of the same device */
};

/* A decoded POST, as a SOAP message with its arena would be: given, never copied. */
struct post {
	bool is_inform;
	char serial[32];
	size_t size;
	char text[];
};

/* ---- the CWMP session ---- */

struct cwmp {
	char cookie[17];
	char serial[32];
	struct sb_timer timeout;
	struct sb_from device; /* a POST whose answer is ours to give; null: none */
	struct sb_from asker;  /* who asked for the RPC; null: nobody */
	bool is_rpc_sent;
	char rpc[64];
	uint64_t former; /* the monitor of the session that has to give way */
};

static void
timed_out(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	sb_close(s, SB_END_DEADLINE);
}

static int
cwmp_start(struct sb_session *s, const void *args)
{
	struct cwmp *c = sb_state(s);
	char name[NAME_MAX];

	snprintf(c->cookie, sizeof(c->cookie), "%s", (const char *)args);
	snprintf(name, sizeof(name), "cookie/%s", c->cookie);
	sb_timer_start(s, &c->timeout, SESSION_MS, timed_out);
	return sb_register(s, name);
}

static bool
is_waiting(const struct sb_from *from)
{
	return !sb_address_is_null(from->caller);
}

static void
answer(struct sb_session *s, struct sb_from *from, int status, struct sb_payload payload)
{
	(void)sb_reply(s, *from, status, payload); /* nothing when nobody waits */
	*from = (struct sb_from){0};
}

static void
say(struct sb_session *s, struct cwmp *c, const char *text)
{
	answer(s, &c->device, 0, SB_COPY(text, strlen(text)));
}

/* One session a device: a newer one takes the name as soon as the former has given it back. The
 * holder may go between the two questions; then the name is free. */
static int
take_name(struct sb_session *s, struct cwmp *c)
{
	struct sb_address former;
	char name[NAME_MAX];
	int err;

	snprintf(name, sizeof(name), "device/%s", c->serial);
	while ((err = sb_register(s, name)) == SB_EEXIST) {
		if (sb_lookup(s, name, &former))
			continue;
		(void)sb_post(s, former, MSG_GIVE_WAY, 0, SB_NOTHING);
		return sb_monitor(s, former, &c->former); /* try again when it has ended */
	}
	if (!err)
		say(s, c, "InformResponse");
	return err;
}

/* The device's turn is over: it gets an RPC, or waits for one. */
static void
our_turn(struct sb_session *s, struct cwmp *c)
{
	if (!is_waiting(&c->asker) || !is_waiting(&c->device) || c->is_rpc_sent)
		return;
	c->is_rpc_sent = true;
	say(s, c, c->rpc);
}

static void
rpc_answered(struct sb_session *s, struct cwmp *c, const struct post *post)
{
	c->is_rpc_sent = false;
	answer(s, &c->asker, 0, SB_COPY(post->text, post->size));
}

static void
posted(struct sb_session *s, struct cwmp *c, struct sb_message *m)
{
	struct post *post = sb_message_take(m);

	sb_timer_start(s, &c->timeout, SESSION_MS, timed_out);
	c->device = sb_message_from(m);
	if (post->is_inform) {
		memcpy(c->serial, post->serial, sizeof(c->serial));
		if (take_name(s, c))
			sb_close(s, SB_END_LIMIT);
	} else {
		if (c->is_rpc_sent)
			rpc_answered(s, c, post);
		our_turn(s, c);
	}
	sb_payload_free(post);
}

static void
asked(struct sb_session *s, struct cwmp *c, struct sb_message *m)
{
	if (is_waiting(&c->asker) || m->size >= sizeof(c->rpc)) {
		(void)sb_reply(s, sb_message_from(m), SB_FULL, SB_NOTHING);
		return;
	}
	memcpy(c->rpc, m->data, m->size);
	c->rpc[m->size] = '\0';
	c->asker = sb_message_from(m);
	our_turn(s, c);
}

static void
cwmp_message(struct sb_session *s, struct sb_message *m)
{
	struct cwmp *c = sb_state(s);

	switch (m->type) {
	case MSG_POSTED:
		posted(s, c, m);
		break;
	case MSG_ASK:
		asked(s, c, m);
		break;
	case MSG_GIVE_WAY:
		sb_close(s, SB_END_LOCAL);
		break;
	case SB_MSG_DOWN:
		if (take_name(s, c))
			sb_close(s, SB_END_LIMIT);
		break;
	}
}

/* Who waits for us is told: the core does not know whose calls were kept. */
static void
cwmp_closed(struct sb_session *s, enum sb_end why)
{
	struct cwmp *c = sb_state(s);

	(void)why;
	answer(s, &c->device, SB_GONE, SB_NOTHING);
	answer(s, &c->asker, SB_GONE, SB_NOTHING);
}

static const struct sb_module cwmp_module = {
	.abi = SB_MODULE_ABI,
	.name = "cwmp",
	.state_size = sizeof(struct cwmp),
	.start = cwmp_start,
	.message = cwmp_message,
	.closed = cwmp_closed,
};

/* ---- the HTTP session ---- */

struct http {
	uint64_t call;
	char cookie[17];
};

struct request {
	struct sb_bytes head, body;
	char cookie[17];
};

/* The value after "name: " in a head; views, no copy. */
static struct sb_bytes
header(struct sb_bytes head, const char *name)
{
	const char *at = memmem(head.data, head.size, name, strlen(name));
	const char *end;

	if (!at)
		return sb_bytes(NULL, 0);
	at += strlen(name);
	end = memmem(at, (size_t)((const char *)head.data + head.size - at), "\r\n", 2);
	return sb_bytes(at, (size_t)(end - at));
}

/* The size of the request at the front, 0 when it is not there yet, or SB_EPROTO. */
static ssize_t
request_read(struct sb_session *s, struct sb_bytes in, struct request *request)
{
	const uint8_t *end = memmem(in.data, in.size, "\r\n\r\n", 4);
	struct sb_bytes length, cookie;
	size_t body_size;

	if (!end)
		return 0;
	request->head = sb_bytes(in.data, (size_t)(end - in.data) + 2);
	if (request->head.size < 5 || memcmp(in.data, "POST ", 5) != 0)
		return SB_EPROTO;
	length = header(request->head, "Content-Length: ");
	body_size = length.size ? strtoul((const char *)length.data, NULL, 10) : 0;
	cookie = header(request->head, "Cookie: session=");
	snprintf(request->cookie, sizeof(request->cookie), "%.*s", (int)cookie.size,
		cookie.size ? (const char *)cookie.data : "");
	if (body_size > UINT32_MAX || sb_need(s, request->head.size + 2 + body_size))
		return SB_EPROTO;
	request->body = sb_bytes(end + 4, body_size);
	return in.size < request->head.size + 2 + body_size
		       ? 0
		       : (ssize_t)(request->head.size + 2 + body_size);
}

static void
respond(struct sb_session *s, const char *status, const char *cookie, struct sb_bytes body)
{
	char head[256];
	int size = snprintf(head, sizeof(head), "HTTP/1.1 %s\r\n%s%s%sContent-Length: %zu\r\n\r\n",
		status, *cookie ? "Set-Cookie: session=" : "", cookie,
		*cookie ? "; Path=/\r\n" : "", body.size);

	(void)sb_write(s, head, (size_t)size);
	(void)sb_write(s, body.data, body.size);
}

static struct post *
post_new(struct sb_session *s, struct sb_bytes body)
{
	struct post *post = sb_payload_new(s, sizeof(*post) + body.size);

	if (!post)
		return NULL;
	memset(post, 0, sizeof(*post));
	post->is_inform = body.size > 7 && memcmp(body.data, "Inform ", 7) == 0;
	if (post->is_inform)
		snprintf(post->serial, sizeof(post->serial), "%.*s", (int)body.size - 7,
			(const char *)body.data + 7);
	post->size = body.size;
	memcpy(post->text, body.data, body.size);
	return post;
}

/* A new CWMP session, with a cookie that nobody can guess. Its address holds at once. */
static int
session_begin(struct sb_session *s, struct http *h, struct sb_address *to)
{
	struct sb_child_spec spec = {
		.module = &cwmp_module, .args = h->cookie, .args_size = sizeof(h->cookie)};
	uint64_t secret;

	sb_random(s, &secret, sizeof(secret));
	snprintf(h->cookie, sizeof(h->cookie), "%016" PRIx64, secret);
	return sb_spawn(s, &spec, to);
}

static int
session_find(struct sb_session *s, const char *cookie, struct sb_address *to)
{
	char name[NAME_MAX];

	snprintf(name, sizeof(name), "cookie/%s", cookie);
	return sb_lookup(s, name, to);
}

static int
give_post(struct sb_session *s, struct http *h, const struct request *request)
{
	struct post *post = post_new(s, request->body);
	struct sb_address to;
	int err;

	if (!post)
		return SB_ENOMEM;
	err = post->is_inform ? session_begin(s, h, &to) : session_find(s, request->cookie, &to);
	if (!err)
		err = sb_call(s, to, MSG_POSTED, SB_GIVE(post, sizeof(*post), sb_payload_free),
			ANSWER_MS, &h->call);
	if (err)
		sb_payload_free(post);
	return err;
}

static ssize_t
http_received(struct sb_session *s, struct sb_bytes in)
{
	struct http *h = sb_state(s);
	struct request request;
	ssize_t size = request_read(s, in, &request);

	if (size <= 0)
		return size;
	h->cookie[0] = '\0';
	if (give_post(s, h, &request))
		respond(s, "400 Bad Request", "", sb_bytes(NULL, 0));
	else
		sb_hold(s, "answer"); /* answers go out in the order of requests */
	return size;
}

static void
http_message(struct sb_session *s, struct sb_message *m)
{
	struct http *h = sb_state(s);

	if (m->type != SB_MSG_REPLY || m->ref != h->call)
		return;
	if (m->status)
		respond(s, "503 Service Unavailable", "", sb_bytes(NULL, 0));
	else
		respond(s, m->size ? "200 OK" : "204 No Content", h->cookie,
			sb_bytes(m->data, m->size));
	sb_resume(s);
}

static const struct sb_module http_module = {
	.abi = SB_MODULE_ABI,
	.name = "http",
	.state_size = sizeof(struct http),
	.max_frame = 64 << 10,
	.received = http_received,
	.message = http_message,
};

/* ---- an operator: asks the device by its name ---- */

struct northbound {
	const char *question;
	char answer[64];
	unsigned answers;
	int status;
};

static void
operator_ask(struct sb_session *s, struct northbound *o)
{
	struct sb_address device;
	uint64_t ref;

	assert_int_equal(sb_lookup(s, "device/001122-4711", &device), 0);
	assert_int_equal(sb_call(s, device, MSG_ASK, SB_COPY(o->question, strlen(o->question)),
				 ANSWER_MS, &ref),
		0);
}

static int
operator_start(struct sb_session *s, const void *args)
{
	*(struct northbound **)sb_state(s) = (struct northbound *)(uintptr_t)args;
	return sb_register(s, "operator");
}

static void
operator_message(struct sb_session *s, struct sb_message *m)
{
	struct northbound *o = *(struct northbound **)sb_state(s);

	if (m->type != SB_MSG_REPLY) {
		operator_ask(s, o);
		return;
	}
	o->status = m->status;
	snprintf(o->answer, sizeof(o->answer), "%.*s", (int)m->size,
		m->size ? (const char *)m->data : "");
	o->answers++;
}

static const struct sb_module operator_module = {
	.abi = SB_MODULE_ABI,
	.name = "operator",
	.state_size = sizeof(struct northbound *),
	.start = operator_start,
	.message = operator_message,
};

/* ---- the device ---- */

struct device {
	struct bed *bed;
	struct sim_peer *peer;
	uint16_t port;
	char cookie[17];
	char status[4];
	char body[128];
};

static void
device_post(struct device *d, const char *body)
{
	char text[512];

	snprintf(text, sizeof(text),
		"POST / HTTP/1.1\r\nHost: acs\r\nCookie: session=%s\r\nContent-Length: "
		"%zu\r\n\r\n%s",
		d->cookie, strlen(body), body);
	sim_send(d->peer, text, strlen(text));
}

static size_t
content_length(struct sb_bytes head)
{
	struct sb_bytes length = header(head, "Content-Length: ");

	return strtoul((const char *)length.data, NULL, 10);
}

static void
device_answer(struct device *d)
{
	const uint8_t *end = NULL;
	struct sb_bytes in, head, cookie;
	size_t body_size;

	for (size_t size = 1; !end; size++) {
		in = bed_receive(d->bed, d->peer, size);
		end = memmem(in.data, in.size, "\r\n\r\n", 4);
	}
	head = sb_bytes(in.data, (size_t)(end - in.data) + 4);
	body_size = content_length(head);
	in = bed_receive(d->bed, d->peer, head.size + body_size);
	head.data = in.data;
	snprintf(d->status, sizeof(d->status), "%.3s", (const char *)in.data + 9);
	snprintf(d->body, sizeof(d->body), "%.*s", (int)body_size,
		(const char *)in.data + head.size);
	cookie = header(head, "Set-Cookie: session=");
	if (cookie.size)
		snprintf(d->cookie, sizeof(d->cookie), "%.16s", (const char *)cookie.data);
	sim_consume(d->peer, head.size + body_size);
}

/* Another TCP connection, the same cookie. */
static void
device_reconnect(struct device *d)
{
	if (d->peer)
		sim_finish(d->peer);
	d->peer = sim_connect(d->bed->sim, d->port);
}

static void
device_inform(struct device *d)
{
	device_post(d, "Inform 001122-4711");
	device_answer(d);
	assert_string_equal(d->status, "200");
	assert_string_equal(d->body, "InformResponse");
	assert_int_equal(strlen(d->cookie), 16);
}

static void
begin(struct bed *bed, struct northbound *north, struct device *device, uint64_t seed)
{
	bed_init(bed, 3, seed);
	bed_child(bed, &operator_module, north, 2);
	(void)bed_name(bed, "operator");
	*device = (struct device){.bed = bed, .port = bed_listen(bed, &http_module, NULL, NULL)};
	device_reconnect(device);
}

static void
operator_wake(struct bed *bed)
{
	assert_int_equal(sb_node_post(bed->node, bed_name(bed, "operator"), 0, 0, SB_NOTHING), 0);
}

/* ---- tests ---- */

static void
test_a_session_outlives_connections_and_an_answer_waits_for_a_question(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct northbound north = {.question = "GetParameterValues"};
		struct device device;
		struct bed bed;

		begin(&bed, &north, &device, seed);
		device_inform(&device);
		device_reconnect(&device);
		device_post(&device, "");
		bed_run_ms(&bed, 5000);
		assert_int_equal(sim_received(device.peer).size, 0); /* parked */
		operator_wake(&bed);
		device_answer(&device);
		assert_string_equal(device.body, "GetParameterValues");
		device_reconnect(&device);
		device_post(&device, "values");
		bed_count(&bed, &north.answers, 1);
		assert_int_equal(north.status, 0);
		assert_string_equal(north.answer, "values");
		bed_fini(&bed);
	}
}

static void
test_a_second_inform_ends_the_session_of_the_first(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct northbound north = {.question = "Reboot"};
		struct device first, second;
		struct sb_address holder;
		struct bed bed;
		char former[NAME_MAX];

		begin(&bed, &north, &first, seed);
		device_inform(&first);
		operator_wake(&bed);
		bed_run_ms(&bed, 100);
		second = first;
		second.peer = NULL;
		device_reconnect(&second);
		device_inform(&second);
		assert_string_not_equal(first.cookie, second.cookie);
		snprintf(former, sizeof(former), "cookie/%s", first.cookie);
		assert_int_equal(sb_node_lookup(bed.node, former, &holder), SB_ENOENT);
		bed_count(&bed, &north.answers, 1); /* what was asked of it is answered, too */
		assert_int_equal(north.status, SB_GONE);
		device_post(&first, "");
		device_answer(&first);
		assert_string_equal(first.status, "400");
		bed_fini(&bed);
	}
}

static void
test_a_silent_device_loses_its_session(void **state)
{
	struct northbound north = {0};
	struct device device;
	struct bed bed;

	(void)state;
	begin(&bed, &north, &device, 1);
	device_inform(&device);
	bed_run_ms(&bed, SESSION_MS + 1000);
	device_post(&device, "");
	device_answer(&device);
	assert_string_equal(device.status, "400");
	bed_fini(&bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_session_outlives_connections_and_an_answer_waits_for_a_question),
		cmocka_unit_test(test_a_second_inform_ends_the_session_of_the_first),
		cmocka_unit_test(test_a_silent_device_loses_its_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
