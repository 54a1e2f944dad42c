#include "tests/protocols/erps/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The messages of bed_act: what is to be done. */
#define MSG_ACT 1

struct bed_state {
	struct bed *bed;
};

static struct bed *
bed_of(const struct sb_session *s)
{
	return ((struct bed_state *)erps_state(s))->bed;
}

/* ---- the service ---- */

static int
on_init(struct sb_session *s, const void *args)
{
	struct bed *bed = (struct bed *)(uintptr_t)args;

	((struct bed_state *)erps_state(s))->bed = bed;
	assert_non_null(sb_session_peer(s));
	bed->session = s;
	bed->address = sb_self(s);
	return bed->init_result;
}

static void
check(const struct bed *bed, int err)
{
	assert_true(err == 0 || bed->lacks_memory);
}

static void
on_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	struct bed *bed = bed_of(s);
	struct erps_term term;

	if (erps_match(request, "{:echo, t}", &term)) {
		check(bed, erps_reply(s, from, term));
	} else if (erps_is_atom(request, "later")) {
		assert_true(bed->kept_count < BED_SPACE);
		bed->kept[bed->kept_count++] = from;
	} else if (erps_is_atom(request, "reject")) {
		check(bed, erps_reject(s, from, "nope"));
	} else if (erps_match(request, "{:push, t}", &term)) {
		check(bed, erps_push(s, term));
		check(bed, erps_reply_with(s, from, ":ok"));
	} else if (erps_is_atom(request, "bye")) {
		check(bed, erps_reply_with(s, from, ":ok"));
		erps_disconnect(s);
	} else {
		check(bed, erps_reject(s, from, "badarg"));
	}
}

static void
on_cast(struct sb_session *s, struct erps_term request)
{
	struct erps_term term;
	struct sb_bytes name;

	if (erps_get_atom(request, &name))
		stand_tell(bed_of(s)->trace, "cast %.*s", (int)name.size, (const char *)name.data);
	if (erps_match(request, "{:push, t}", &term))
		check(bed_of(s), erps_push(s, term));
	if (erps_is_atom(request, "bye"))
		erps_disconnect(s);
}

static void
act(struct bed *bed, struct sb_session *s, const struct sb_message *m)
{
	void (*what)(struct bed * bed, struct sb_session * session);

	assert_int_equal(m->size, sizeof(what));
	memcpy(&what, m->data, sizeof(what));
	what(bed, s);
}

static void
tell_reply(struct bed *bed, const struct sb_message *m)
{
	struct erps_term term;
	struct sb_bytes text;

	if (!erps_message_term(m, &term))
		stand_tell(bed->trace, "answer %s", sb_error_name(m->status));
	else if (erps_get_binary(term, &text))
		stand_tell(bed->trace, "answer %d %.*s", m->status, (int)text.size,
			(const char *)text.data);
	else
		stand_tell(bed->trace, "answer %d a term of %zu", m->status, term.size);
}

static void
on_message(struct sb_session *s, struct sb_message *m)
{
	if (m->type == SB_MSG_REPLY)
		tell_reply(bed_of(s), m);
	else
		act(bed_of(s), s, m);
}

static void
on_cancel(struct sb_session *s, struct erps_from from)
{
	assert_true(sb_address_equal(from.session, sb_self(s)));
	assert_int_equal(erps_reply_with(s, from, ":late"), SB_ENOENT);
	stand_tell(bed_of(s)->trace, "cancel");
}

static void
on_credit(struct sb_session *s, struct erps_from from)
{
	assert_true(sb_address_equal(from.session, sb_self(s)));
	stand_tell(bed_of(s)->trace, "credit");
}

static void
on_stop(struct sb_session *s)
{
	stand_tell(bed_of(s)->trace, "stop");
}

static void
on_terminate(struct sb_session *s, enum sb_end why)
{
	struct bed *bed = bed_of(s);

	stand_tell(bed->trace, "closed %s", sb_end_name(why));
	if (bed->session == s)
		bed->session = NULL;
	assert_int_equal(erps_push(s, bed_term(":late")), SB_GONE);
}

static void
on_describe(const struct sb_session *s, struct sb_fields *fields)
{
	sb_fields_add(fields, "kept", SB_UINT(bed_of(s)->kept_count));
}

static const struct erps_service service = {
	.name = "bed",
	.state_size = sizeof(struct bed_state),
	.init = on_init,
	.handle_call = on_call,
	.handle_cast = on_cast,
	.handle_message = on_message,
	.handle_cancel = on_cancel,
	.handle_credit = on_credit,
	.handle_stop = on_stop,
	.terminate = on_terminate,
	.describe = on_describe,
};

/* ---- a session beside ---- */

struct neighbour {
	struct bed *bed;
};

static struct sb_address neighbour_address;

static int
neighbour_start(struct sb_session *s, const void *args)
{
	((struct neighbour *)sb_state(s))->bed = (struct bed *)(uintptr_t)args;
	neighbour_address = sb_self(s);
	return 0;
}

static void
neighbour_message(struct sb_session *s, struct sb_message *m)
{
	struct bed *bed = ((struct neighbour *)sb_state(s))->bed;

	if (m->type == SB_MSG_REPLY)
		tell_reply(bed, m);
	else
		act(bed, s, m);
}

static const struct sb_module neighbour = {
	.abi = SB_MODULE_ABI,
	.name = "neighbour",
	.state_size = sizeof(struct neighbour),
	.start = neighbour_start,
	.message = neighbour_message,
};

struct sb_address
bed_neighbour(struct bed *bed)
{
	const struct sb_child_spec spec = {.module = &neighbour, .args = bed, .shard = 0};

	assert_int_equal(sb_node_start_child(bed->node, &spec), 0);
	bed_turn(bed);
	return neighbour_address;
}

/* ---- the bed ---- */

static struct bed *open_bed;

/* A calm machine needs no time, another one has to be given what its delays take. */
void
bed_turn(struct bed *bed)
{
	sim_run_for(bed->sim, bed->settle_ns);
}

void
bed_pass(struct bed *bed, uint64_t ms)
{
	sim_run_for(bed->sim, ms * 1000000);
}

void
bed_connect(struct bed *bed)
{
	bed->peer = sim_connect(bed->sim, BED_PORT);
	bed_turn(bed);
}

void
bed_open_with(struct bed *bed, const struct erps_service_options *options,
	const struct sb_limits *limits, const struct sim_options *sim)
{
	static const struct sim_options calm = {.is_calm = true};
	struct sb_listener_options listener = {
		.name = "bed", .address = "127.0.0.1:4747", .limits = limits};

	memset(bed, 0, sizeof(*bed));
	open_bed = bed;
	bed->sim = sim_new(sim ? sim : &calm);
	bed->settle_ns = sim && !sim->is_calm ? 1000000000 : 1000;
	bed->log = stand_log(&bed->log_fd);
	bed->node = stand_node(bed->sim, bed->log);
	assert_int_equal(erps_server_new(&bed->server, bed->node, &service, options, bed), 0);
	listener.module = erps_server_module(bed->server);
	listener.args = bed->server;
	assert_int_equal(sb_listen(bed->node, &listener, NULL), 0);
	bed_connect(bed);
}

void
bed_open(struct bed *bed, const struct erps_service_options *options)
{
	bed_open_with(bed, options, NULL, NULL);
	assert_non_null(bed->session);
}

void
bed_close(struct bed *bed)
{
	sb_node_stop(bed->node);
	bed_turn(bed);
	sb_node_stop(bed->node);
	bed_pass(bed, 60000);
	assert_true(sb_node_is_stopped(bed->node));
	assert_null(bed->session);
	sb_node_free(bed->node);
	erps_server_free(bed->server);
	stand_log_free(bed->log, bed->log_fd);
	assert_int_equal(sim_open_sockets(bed->sim), 0);
	assert_int_equal(sim_live_allocations(bed->sim), 0);
	sim_free(bed->sim);
}

int
bed_closed(void **state)
{
	(void)state;
	bed_close(open_bed);
	return 0;
}

/* ---- the peer ---- */

struct erps_term
bed_term(const char *pattern)
{
	static uint8_t rooms[4][8192];
	static unsigned next;
	struct erps_builder b;

	erps_builder_init(&b, rooms[next++ % 4], sizeof(rooms[0]));
	erps_put_pattern(&b, pattern);
	assert_int_equal(b.error, 0);
	return erps_built(&b);
}

struct sb_bytes
bed_packet(struct bed *bed, uint8_t type, struct sb_bytes payload)
{
	static uint8_t octets[2 << 20];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));
	struct erps_packet packet = {.type = type, .version = bed->version, .payload = payload};

	if (bed->identifier)
		packet.identifier = sb_bytes_text(bed->identifier);
	assert_int_equal(erps_packet_encode(&w, &packet), 0);
	return sb_bytes(octets, sb_writer_size(&w));
}

void
bed_send_octets(struct bed *bed, struct sb_bytes octets)
{
	sim_send(bed->peer, octets.data, octets.size);
	bed_turn(bed);
}

void
bed_send_packet(struct bed *bed, uint8_t type, struct sb_bytes payload)
{
	bed_send_octets(bed, bed_packet(bed, type, payload));
}

static struct sb_bytes
payload_of(struct erps_term term)
{
	static uint8_t payload[8193];

	payload[0] = 131;
	memcpy(payload + 1, term.data, term.size);
	return sb_bytes(payload, term.size + 1);
}

void
bed_send_term(struct bed *bed, uint8_t type, const char *pattern)
{
	bed_send_packet(bed, type, payload_of(bed_term(pattern)));
}

struct sb_bytes
bed_call_octets(struct bed *bed, int64_t ref, const char *request)
{
	uint8_t room[8192];
	struct erps_builder b;

	erps_builder_init(&b, room, sizeof(room));
	erps_put_tuple(&b, 2);
	erps_put_integer(&b, ref);
	erps_put_pattern(&b, request);
	assert_int_equal(b.error, 0);
	return bed_packet(bed, ERPS_CALL, payload_of(erps_built(&b)));
}

void
bed_call(struct bed *bed, int64_t ref, const char *request)
{
	bed_send_octets(bed, bed_call_octets(bed, ref, request));
}

void
bed_cast(struct bed *bed, const char *request)
{
	bed_send_term(bed, ERPS_CAST, request);
}

/* ---- what came of it ---- */

bool
bed_take(struct bed *bed, struct erps_packet *packet, struct erps_term *term)
{
	static uint8_t taken[2 << 20];
	struct erps_decoder decoder = {.env = sb_node_env(bed->node)};
	struct sb_bytes octets = sim_received(bed->peer);
	ssize_t size = erps_packet_decode(octets, sizeof(taken) / 2, packet, NULL);

	assert_true(size >= 0);
	if (size == 0) {
		assert_int_equal(octets.size, 0);
		return false;
	}
	memcpy(taken, octets.data, (size_t)size);
	sim_consume(bed->peer, (size_t)size);
	assert_int_equal(
		erps_packet_decode(sb_bytes(taken, (size_t)size), sizeof(taken) / 2, packet, NULL),
		size);
	assert_int_equal(erps_decode(&decoder, packet->payload, term), 0);
	erps_decoder_fini(&decoder);
	return true;
}

void
bed_expect_term_at(struct bed *bed, uint8_t type, const char *pattern, const char *file, int line)
{
	struct erps_packet packet;
	struct erps_term term;

	if (!bed_take(bed, &packet, &term))
		_fail(file, line);
	_assert_int_equal(packet.type, type, file, line);
	_assert_true(erps_match(term, pattern), pattern, file, line);
}

void
bed_expect_at(
	struct bed *bed, uint8_t type, const char *pattern, int64_t ref, const char *file, int line)
{
	struct erps_packet packet;
	struct erps_term term, answer;
	int64_t got;

	if (!bed_take(bed, &packet, &term))
		_fail(file, line);
	_assert_int_equal(packet.type, type, file, line);
	_assert_true(erps_match(term, "{answer, ref::int}", &answer, &got), "a pair", file, line);
	_assert_int_equal(got, ref, file, line);
	_assert_true(erps_match(answer, pattern), pattern, file, line);
}

void
bed_expect_nothing_at(struct bed *bed, const char *file, int line)
{
	_assert_int_equal(sim_received(bed->peer).size, 0, file, line);
}

void
bed_expect_closed_at(struct bed *bed, enum sb_end why, const char *file, int line)
{
	char closed[64];
	const char *told;

	bed_expect_nothing_at(bed, file, line);
	_assert_true(sim_has_ended(bed->peer), "our FIN", file, line);
	/* The peer ends its side, too, or the session lingers. */
	sim_finish(bed->peer);
	bed_turn(bed);
	told = strstr(bed->trace, "closed");
	_assert_true(told != NULL, "closed", file, line);
	snprintf(closed, sizeof(closed), "closed %s;", sb_end_name(why));
	_assert_string_equal(told, closed, file, line);
}

void
bed_expect_trace_at(struct bed *bed, const char *trace, const char *file, int line)
{
	_assert_string_equal(bed->trace, trace, file, line);
	bed->trace[0] = '\0';
}

/* ---- acting ---- */

void
bed_act_at(struct bed *bed, struct sb_address at, void (*what)(struct bed *, struct sb_session *))
{
	int err = sb_node_post(bed->node, at, MSG_ACT, 0, SB_COPY(&what, sizeof(what)));

	assert_true(err == 0 || bed->lacks_memory);
	bed_turn(bed);
}

void
bed_act(struct bed *bed, void (*what)(struct bed *, struct sb_session *))
{
	bed_act_at(bed, bed->address, what);
}

static size_t answer_index;
static const char *answer_pattern;
static int answer_result;

static void
act_answer(struct bed *bed, struct sb_session *s)
{
	answer_result = erps_reply_with(s, bed->kept[answer_index], answer_pattern);
}

int
bed_answer(struct bed *bed, size_t n, const char *pattern)
{
	answer_index = n;
	answer_pattern = pattern;
	bed_act(bed, act_answer);
	return answer_result;
}

uint64_t
bed_counter(struct bed *bed, const char *name)
{
	return stand_counter(bed->node, name);
}
