/*
 * Erps on the bare core: packets of a 96-octet header, pipelined calls whose answers
 * come from any session in any order, pushes to a connection by its name from
 * anywhere, and no goodbye.
 */
#include "bed.h"

#include <stdio.h>
#include <string.h>

#define HEADER      96
#define KEEPALIVE   9
#define IDENTIFIER  36
#define MAX_PAYLOAD 4096
#define CALLS       16
#define NAME_MAX    64

enum packet_type {
	TYPE_KEEPALIVE = 0,
	TYPE_ERROR = 1,
	TYPE_REPLY = 2,
	TYPE_PUSH = 3,
	TYPE_CALL = 4,
	TYPE_CAST = 8,
};

struct packet {
	uint32_t size; /* of the payload */
	uint8_t type;
	char identifier[IDENTIFIER + 1];
	struct sb_bytes payload;
};

/* ---- packets. The payload of a call and of its reply is a reference of the client's, then text
 * ---- */

/* The size of the packet at the front, 0 when it is not there yet, or SB_EPROTO. */
static ssize_t
packet_read(struct sb_session *s, struct sb_bytes in, struct packet *packet)
{
	struct sb_reader r = sb_reader_of(in);
	struct sb_bytes magic = sb_get_bytes(&r, 4), identifier;
	uint32_t whole;

	packet->size = sb_get_u32(&r);
	packet->type = sb_get_u8(&r);
	if (sb_reader_failed(&r))
		return 0;
	if (memcmp(magic.data, "erps", 4) != 0)
		return SB_EPROTO;
	if (packet->type == TYPE_KEEPALIVE && packet->size == 0)
		return KEEPALIVE;
	if (!sb_u32_add(packet->size, HEADER, &whole) || sb_need(s, whole))
		return SB_EPROTO;
	(void)sb_get_bytes(&r, 3); /* version */
	identifier = sb_get_bytes(&r, IDENTIFIER);
	(void)sb_get_bytes(&r, 16 + 32); /* key, signature */
	packet->payload = sb_get_bytes(&r, packet->size);
	if (sb_reader_failed(&r))
		return 0;
	memcpy(packet->identifier, identifier.data, IDENTIFIER);
	packet->identifier[IDENTIFIER] = '\0';
	return (ssize_t)whole;
}

static void
packet_put(struct sb_writer *w, uint8_t type, const char *identifier, struct sb_bytes payload)
{
	uint8_t *room;

	sb_put_bytes(w, "erps", 4);
	sb_put_u32(w, (uint32_t)payload.size);
	sb_put_u8(w, type);
	room = sb_put_room(w, HEADER - 9);
	if (room) {
		memset(room, 0, HEADER - 9);
		memcpy(room + 3, identifier, strlen(identifier));
	}
	sb_put_bytes(w, payload.data, payload.size);
}

static void
send_packet(struct sb_session *s, uint8_t type, struct sb_bytes payload)
{
	size_t size = HEADER + payload.size;
	uint8_t *room = sb_write_room(s, size);
	struct sb_writer w = sb_writer_of(room, room ? size : 0);

	packet_put(&w, type, "", payload);
	if (!sb_writer_failed(&w))
		sb_write_commit(s, size);
}

/* ---- a service, and the workers it lets answer ---- */

enum {
	MSG_CALL = 1, /* a term: answered with a term */
	MSG_CAST,
	MSG_PUSH, /* to a connection: a term for its client */
	MSG_WORK, /* struct work: to a worker */
};

/* The question travels with who asked it. */
struct work {
	struct sb_from from;
	size_t size;
	char text[64];
};

struct worker {
	struct sb_timer timer;
	struct work work;
};

static void
worked(struct sb_session *s, struct sb_timer *timer)
{
	struct worker *w = sb_state(s);

	(void)timer;
	(void)sb_reply(s, w->work.from, 0, SB_COPY(w->work.text, w->work.size));
	sb_close(s, SB_END_LOCAL);
}

/* Each takes the time that its question says. */
static void
worker_message(struct sb_session *s, struct sb_message *m)
{
	struct worker *w = sb_state(s);

	memcpy(&w->work, m->data, sizeof(w->work));
	sb_timer_start(s, &w->timer, (uint64_t)(w->work.text[0] - '0') * 100, worked);
}

static const struct sb_module worker_module = {
	.abi = SB_MODULE_ABI,
	.name = "worker",
	.state_size = sizeof(struct worker),
	.message = worker_message,
};

static unsigned casts;

static int
service_start(struct sb_session *s, const void *args)
{
	(void)args;
	return sb_register(s, "service/calculator");
}

static int
hire(struct sb_session *s, struct sb_message *m)
{
	struct sb_child_spec spec = {.module = &worker_module};
	struct work work = {.from = sb_message_from(m), .size = m->size};
	struct sb_address worker;
	int err;

	if (m->size == 0 || m->size > sizeof(work.text))
		return SB_EINVAL;
	memcpy(work.text, m->data, m->size);
	err = sb_spawn(s, &spec, &worker);
	return err ? err : sb_post(s, worker, MSG_WORK, 0, SB_COPY(&work, sizeof(work)));
}

static void
service_message(struct sb_session *s, struct sb_message *m)
{
	int err = SB_ENOTSUP;

	if (m->type == MSG_CAST)
		casts++;
	if (m->type == MSG_CALL)
		err = hire(s, m);
	if (m->is_call && err)
		(void)sb_reply(s, sb_message_from(m), err, SB_NOTHING);
}

static const struct sb_module service_module = {
	.abi = SB_MODULE_ABI,
	.name = "calculator",
	.start = service_start,
	.message = service_message,
};

/* ---- the connection ---- */

struct call {
	uint64_t ref;  /* the core's; 0: free */
	uint32_t term; /* the client's */
};

struct erps {
	struct sb_address service;
	struct call calls[CALLS];
	unsigned in_flight;
	bool is_named;
};

static struct call *
call_find(struct erps *e, uint64_t ref)
{
	for (unsigned i = 0; i < CALLS; i++)
		if (e->calls[i].ref == ref)
			return &e->calls[i];
	return NULL;
}

static int
connected(struct sb_session *s, const struct sb_peer *peer)
{
	struct erps *e = sb_state(s);

	(void)peer;
	return sb_lookup(s, "service/calculator", &e->service);
}

static void
send_term(struct sb_session *s, uint8_t type, uint32_t ref, struct sb_bytes text)
{
	uint8_t payload[MAX_PAYLOAD];
	struct sb_writer w = sb_writer_of(payload, sizeof(payload));

	sb_put_u32(&w, ref);
	sb_put_bytes(&w, text.data, text.size);
	send_packet(s, type, sb_bytes(payload, sb_writer_size(&w)));
}

static void
send_error(struct sb_session *s, uint32_t ref, int error)
{
	send_term(s, TYPE_ERROR, ref, sb_bytes_text(sb_error_name(error)));
}

static int
call_begin(struct sb_session *s, struct erps *e, struct sb_bytes payload)
{
	struct sb_reader r = sb_reader_of(payload);
	uint32_t ref = sb_get_u32(&r);
	struct call *call = call_find(e, 0);
	int err;

	if (sb_reader_failed(&r))
		return SB_EPROTO;
	err = sb_call(s, e->service, MSG_CALL, SB_COPY(r.at, sb_reader_left(&r)), 5000, &call->ref);
	if (err) {
		send_error(s, ref, err);
		return 0;
	}
	call->term = ref;
	if (++e->in_flight == CALLS)
		sb_hold(s, "calls");
	return 0;
}

/* A client is reachable by its identifier from its first packet on. The first that takes a name
 * has it. */
static void
take_name(struct sb_session *s, struct erps *e, const char *identifier)
{
	char name[NAME_MAX];

	if (e->is_named || !*identifier)
		return;
	snprintf(name, sizeof(name), "erps/%s", identifier);
	e->is_named = sb_register(s, name) == 0;
	(void)sb_set_identity(s, identifier);
}

static int
handle(struct sb_session *s, struct erps *e, const struct packet *packet)
{
	switch (packet->type) {
	case TYPE_KEEPALIVE:
		return 0;
	case TYPE_CALL:
		take_name(s, e, packet->identifier);
		return call_begin(s, e, packet->payload);
	case TYPE_CAST:
		take_name(s, e, packet->identifier);
		(void)sb_post(s, e->service, MSG_CAST, 0,
			SB_COPY(packet->payload.data, packet->payload.size));
		return 0;
	default:
		return SB_EPROTO;
	}
}

static ssize_t
received(struct sb_session *s, struct sb_bytes in)
{
	struct erps *e = sb_state(s);
	struct packet packet;
	size_t used = 0;
	ssize_t size;

	while ((size = packet_read(s, sb_bytes(in.data + used, in.size - used), &packet)) > 0) {
		if (!sb_frame(s))
			break;
		if (handle(s, e, &packet))
			return SB_EPROTO;
		used += (size_t)size;
	}
	return size < 0 ? size : (ssize_t)used;
}

static void
answered(struct sb_session *s, struct erps *e, const struct sb_message *m)
{
	struct call *call = call_find(e, m->ref);

	if (m->status)
		send_error(s, call->term, m->status);
	else
		send_term(s, TYPE_REPLY, call->term, sb_bytes(m->data, m->size));
	call->ref = 0;
	e->in_flight--;
	sb_resume(s);
}

static void
message(struct sb_session *s, struct sb_message *m)
{
	if (m->type == SB_MSG_REPLY)
		answered(s, sb_state(s), m);
	else if (m->type == MSG_PUSH)
		send_packet(s, TYPE_PUSH, sb_bytes(m->data, m->size));
}

static const struct sb_module erps_module = {
	.abi = SB_MODULE_ABI,
	.name = "erps",
	.state_size = sizeof(struct erps),
	.max_frame = HEADER + MAX_PAYLOAD,
	.connected = connected,
	.received = received,
	.message = message,
};

/* ---- the client ---- */

static void
client_send(struct sim_peer *peer, uint8_t type, uint32_t ref, const char *text)
{
	uint8_t payload[64], octets[256];
	struct sb_writer p = sb_writer_of(payload, sizeof(payload));
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	sb_put_u32(&p, ref);
	sb_put_bytes(&p, text, strlen(text));
	packet_put(&w, type, "pump-7", sb_bytes(payload, sb_writer_size(&p)));
	sim_send(peer, octets, sb_writer_size(&w));
}

/* The next packet: its type, and its term's reference and text. */
static uint8_t
client_receive(struct bed *bed, struct sim_peer *peer, uint32_t *ref, char text[64])
{
	struct sb_bytes in = bed_receive(bed, peer, HEADER);
	struct sb_reader r = sb_reader_of(in);
	uint32_t size;
	uint8_t type;

	(void)sb_get_u32(&r);
	size = sb_get_u32(&r);
	type = sb_get_u8(&r);
	in = bed_receive(bed, peer, HEADER + size);
	r = sb_reader_of(sb_bytes(in.data + HEADER, size));
	*ref = sb_get_u32(&r);
	snprintf(text, 64, "%.*s", (int)sb_reader_left(&r), (const char *)r.at);
	sim_consume(peer, HEADER + size);
	return type;
}

static struct sim_peer *
begin(struct bed *bed, uint64_t seed)
{
	uint16_t port;

	casts = 0;
	bed_init(bed, 3, seed);
	bed_child(bed, &service_module, NULL, 2);
	(void)bed_name(bed, "service/calculator");
	port = bed_listen(bed, &erps_module, NULL, NULL);
	return sim_connect(bed->sim, port);
}

/* ---- tests ---- */

static void
test_pipelined_calls_are_answered_each_in_its_own_time(void **state)
{
	char text[64];
	uint32_t ref;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct sim_peer *peer;
		struct bed bed;

		peer = begin(&bed, seed);
		client_send(peer, TYPE_CALL, 11, "9slow");
		sim_send(peer, "erps\0\0\0\0\0", KEEPALIVE);
		client_send(peer, TYPE_CAST, 0, "cast");
		client_send(peer, TYPE_CALL, 12, "1quick");
		assert_int_equal(client_receive(&bed, peer, &ref, text), TYPE_REPLY);
		assert_int_equal(ref, 12);
		assert_string_equal(text, "1quick");
		assert_int_equal(client_receive(&bed, peer, &ref, text), TYPE_REPLY);
		assert_int_equal(ref, 11);
		assert_string_equal(text, "9slow");
		bed_count(&bed, &casts, 1);
		bed_fini(&bed);
	}
}

static void
test_more_calls_than_places_wait_in_the_socket(void **state)
{
	enum { COUNT = 3 * CALLS };
	bool is_answered[COUNT] = {false};
	struct sim_peer *peer;
	struct bed bed;
	char text[64];
	uint32_t ref;

	(void)state;
	peer = begin(&bed, 1);
	for (uint32_t i = 0; i < COUNT; i++)
		client_send(peer, TYPE_CALL, i, "1");
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(client_receive(&bed, peer, &ref, text), TYPE_REPLY);
		assert_in_range(ref, 0, COUNT - 1);
		assert_false(is_answered[ref]);
		is_answered[ref] = true;
	}
	bed_fini(&bed);
}

static void
test_a_push_reaches_a_client_by_its_name_from_anywhere(void **state)
{
	struct sb_address client;
	struct sim_peer *peer;
	struct bed bed;
	char text[64];
	uint32_t ref;

	(void)state;
	peer = begin(&bed, 1);
	client_send(peer, TYPE_CAST, 0, "hello");
	client = bed_name(&bed, "erps/pump-7");
	assert_int_equal(
		sb_node_post(bed.node, client, MSG_PUSH, 0, SB_COPY("\0\0\0\7alarm", 9)), 0);
	assert_int_equal(client_receive(&bed, peer, &ref, text), TYPE_PUSH);
	assert_int_equal(ref, 7);
	assert_string_equal(text, "alarm");
	sim_finish(peer);
	bed_ended(&bed, peer);
	assert_int_equal(sb_node_post(bed.node, client, MSG_PUSH, 0, SB_NOTHING), SB_GONE);
	bed_fini(&bed);
}

static void
test_what_is_no_packet_ends_the_connection(void **state)
{
	static const struct {
		const char *octets;
		size_t size;
	} bad[] = {
		{"crps\0\0\0\0\0", 9},         /* magic */
		{"erps\0\0\0\0\5", 96},        /* type */
		{"erps\0\0\0\4\2", 100},       /* a reply to a server */
		{"erps\377\377\377\377\4", 9}, /* a size that does not fit */
		{"erps\0\0\20\1\4", 9},        /* one octet over the bound */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		uint8_t octets[100] = {0};
		struct sim_peer *peer;
		struct bed bed;

		peer = begin(&bed, i);
		memcpy(octets, bad[i].octets, 9);
		sim_send(peer, octets, bad[i].size);
		bed_ended(&bed, peer);
		assert_int_equal(sim_received(peer).size, 0);
		bed_fini(&bed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipelined_calls_are_answered_each_in_its_own_time),
		cmocka_unit_test(test_more_calls_than_places_wait_in_the_socket),
		cmocka_unit_test(test_a_push_reaches_a_client_by_its_name_from_anywhere),
		cmocka_unit_test(test_what_is_no_packet_ends_the_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
