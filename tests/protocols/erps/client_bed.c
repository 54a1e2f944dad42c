#include "tests/protocols/erps/client_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PORT 4747

static struct bed *
bed_of(const struct sb_session *s)
{
	return *(struct bed **)erps_client_state(s);
}

/* What tests send is little: integers, atoms, binaries; anything else is "term". */
static const char *
text_of(struct erps_term term, char text[64])
{
	struct sb_bytes octets;
	int64_t value;

	if (!term.data)
		return "";
	if (erps_get_integer(term, &value))
		snprintf(text, 64, " %ld", (long)value);
	else if (erps_get_atom(term, &octets))
		snprintf(text, 64, " :%.*s", (int)octets.size, (const char *)octets.data);
	else if (erps_get_binary(term, &octets) && octets.size < 32)
		snprintf(text, 64, " \"%.*s\"", (int)octets.size, (const char *)octets.data);
	else
		snprintf(text, 64, " term");
	return text;
}

/* ---- the application ---- */

static int
app_start(struct sb_session *s, const void *args)
{
	struct bed *bed = (struct bed *)(uintptr_t)args;

	*(struct bed **)erps_client_state(s) = bed;
	bed->session = s;
	bed->address = sb_self(s);
	return 0;
}

static void
app_connected(struct sb_session *s, const struct sb_peer *peer)
{
	assert_non_null(peer);
	stand_tell(bed_of(s)->trace, "connected");
	if (bed_of(s)->in_connected)
		bed_of(s)->in_connected(bed_of(s), s);
}

static void
app_disconnected(struct sb_session *s, enum sb_end why, uint32_t retry_ms)
{
	stand_tell(bed_of(s)->trace, "disconnected %s%s", sb_end_name(why),
		retry_ms ? " for a while" : "");
	assert_int_equal(erps_client_outstanding(s), 0);
}

static void
app_answered(struct sb_session *s, const struct erps_answer *answer)
{
	static const char *const outcomes[] = {
		[ERPS_REPLIED] = "replied",
		[ERPS_FAILED] = "failed",
		[ERPS_MALFORMED] = "malformed",
		[ERPS_TIMED_OUT] = "timed out",
		[ERPS_LOST] = "lost",
		[ERPS_UNSENT] = "unsent",
	};
	char text[64];

	assert_int_equal(erps_client_cancel(s, answer->id), SB_ENOENT);
	stand_tell(bed_of(s)->trace, "%s %lu%s", outcomes[answer->outcome],
		(unsigned long)answer->context, text_of(answer->term, text));
	if (bed_of(s)->in_answered)
		bed_of(s)->in_answered(bed_of(s), s);
}

static void
app_part(struct sb_session *s, uint64_t id, uint64_t context, struct erps_term part)
{
	char text[64];

	assert_int_equal(id, bed_of(s)->last_id);
	stand_tell(bed_of(s)->trace, "part %lu%s", (unsigned long)context, text_of(part, text));
}

static void
app_pushed(struct sb_session *s, struct erps_term push)
{
	char text[64];

	stand_tell(bed_of(s)->trace, "pushed%s", text_of(push, text));
}

static void
app_refused(struct sb_session *s, struct erps_term reason)
{
	char text[64];

	stand_tell(bed_of(s)->trace, "refused%s", text_of(reason, text));
}

static void
app_draining(struct sb_session *s, uint32_t ms)
{
	stand_tell(bed_of(s)->trace, "draining %u", ms);
}

static void
app_writable(struct sb_session *s)
{
	stand_tell(bed_of(s)->trace, "writable");
}

static void
app_message(struct sb_session *s, struct sb_message *m)
{
	void (*act)(struct bed * bed, struct sb_session * session);

	if (m->type == SB_MSG_REPLY) {
		struct erps_answer answer;

		erps_client_read_answer(m, &answer);
		app_answered(s, &answer);
		return;
	}
	assert_int_equal(m->size, sizeof(act));
	memcpy(&act, m->data, sizeof(act));
	act(bed_of(s), s);
}

static void
app_closed(struct sb_session *s, enum sb_end why)
{
	struct bed *bed = bed_of(s);

	stand_tell(bed->trace, "closed %s", sb_end_name(why));
	if (bed->session == s)
		bed->session = NULL;
}

static const struct erps_client_application application = {
	.name = "erps.bed",
	.state_size = sizeof(struct bed *),
	.start = app_start,
	.connected = app_connected,
	.disconnected = app_disconnected,
	.answered = app_answered,
	.part = app_part,
	.pushed = app_pushed,
	.refused = app_refused,
	.draining = app_draining,
	.writable = app_writable,
	.message = app_message,
	.closed = app_closed,
};

/* ---- the bed ---- */

static struct bed *open_bed;

void
bed_open_alone(struct bed *bed, const struct erps_client_options *options)
{
	static const struct sim_options calm = {.is_calm = true};
	static const struct erps_client_options permanent = {.restart = SB_PERMANENT};

	memset(bed, 0, sizeof(*bed));
	open_bed = bed;
	bed->sim = sim_new(&calm);
	bed->log = stand_log(&bed->log_fd);
	bed->node = stand_node(bed->sim, bed->log);
	assert_int_equal(erps_client_start(bed->node, "127.0.0.1", PORT, &application, bed,
				 options ? options : &permanent, &bed->client),
		0);
}

bool
bed_accept(struct bed *bed)
{
	struct sim_peer *peer = sim_accept(bed->sim, PORT);

	if (!peer)
		return false;
	bed->peer = peer;
	bed->read_size = 0;
	bed_turn(bed);
	return true;
}

void
bed_open(struct bed *bed, const struct erps_client_options *options)
{
	bed_open_alone(bed, options);
	sim_listen(bed->sim, PORT);
	bed_turn(bed);
	assert_true(bed_accept(bed));
	if (!options || !options->probe)
		bed_expect_trace(bed, "connected;");
}

void
bed_close(struct bed *bed)
{
	bed->takes_streams = true;
	sb_node_stop(bed->node);
	bed_turn(bed);
	sb_node_stop(bed->node);
	bed_pass(bed, 60000);
	assert_true(sb_node_is_stopped(bed->node));
	assert_null(bed->session);
	sb_node_free(bed->node);
	erps_client_free(bed->client);
	stand_log_free(bed->log, bed->log_fd);
	assert_int_equal(sim_open_sockets(bed->sim), 0);
	assert_int_equal(sim_live_allocations(bed->sim), 0);
	sim_free(bed->sim);
}

int
bed_closed(void **state)
{
	(void)state;
	open_bed->trace[0] = '\0';
	bed_close(open_bed);
	return 0;
}

/* As Erps 0.7.0 reads: whatever is there at once must be one packet, whole. */
static bool
server_reads(void *context)
{
	struct bed *bed = context;
	struct sb_bytes in;
	struct erps_packet packet;
	size_t need;

	if (!bed->peer || sim_was_reset(bed->peer) || sim_is_closed(bed->peer))
		return false;
	in = sim_received(bed->peer);
	if (!in.size)
		return false;
	if (!bed->takes_streams)
		assert_int_equal(erps_packet_decode(in, 1 << 20, &packet, &need), in.size);
	assert_true(bed->read_size + in.size <= sizeof(bed->read));
	memcpy(bed->read + bed->read_size, in.data, in.size);
	bed->read_size += in.size;
	sim_consume(bed->peer, in.size);
	return false;
}

static void
run_for(struct bed *bed, uint64_t ns)
{
	uint64_t end = sim_now(bed->sim) + ns;

	(void)sim_run_until(bed->sim, server_reads, bed, ns);
	if (sim_now(bed->sim) < end)
		sim_run_for(bed->sim, end - sim_now(bed->sim));
	(void)server_reads(bed);
}

void
bed_turn(struct bed *bed)
{
	run_for(bed, 1000);
}

void
bed_pass(struct bed *bed, uint64_t ms)
{
	run_for(bed, ms * 1000000);
}

void
bed_act(struct bed *bed, void (*act)(struct bed *bed, struct sb_session *s))
{
	int err = sb_node_post(bed->node, bed->address, 1, 0, SB_COPY(&act, sizeof(act)));

	assert_true(err == 0 || bed->lacks_memory);
	bed_turn(bed);
}

/* ---- calls ---- */

static struct {
	int64_t n;
	uint32_t deadline_ms;
	uint64_t id;
	int result;
} order;

int
bed_call_in(struct sb_session *s, int64_t n)
{
	const struct erps_call_options options = {
		.context = (uint64_t)n, .deadline_ms = order.deadline_ms};

	return erps_client_call_with(s, &options, &bed_of(s)->last_id, "{:n, n::int}", n);
}

static void
act_call(struct bed *bed, struct sb_session *s)
{
	(void)bed;
	order.result = bed_call_in(s, order.n);
}

static void
act_cast(struct bed *bed, struct sb_session *s)
{
	struct erps_builder b;
	uint8_t room[64];

	(void)bed;
	erps_builder_init(&b, room, sizeof(room));
	erps_put_pattern(&b, "{:cast, n::int}", order.n);
	order.result = erps_client_cast(s, erps_built(&b));
}

static void
act_cancel(struct bed *bed, struct sb_session *s)
{
	(void)bed;
	order.result = erps_client_cancel(s, order.id);
}

int
bed_call_within(struct bed *bed, int64_t n, uint32_t deadline_ms)
{
	order.n = n;
	order.deadline_ms = deadline_ms;
	order.result = SB_ENOMEM;
	bed_act(bed, act_call);
	order.deadline_ms = 0;
	return order.result;
}

int
bed_call(struct bed *bed, int64_t n)
{
	return bed_call_within(bed, n, 0);
}

int
bed_cast(struct bed *bed, int64_t n)
{
	order.n = n;
	order.result = SB_ENOMEM;
	bed_act(bed, act_cast);
	return order.result;
}

int
bed_cancel(struct bed *bed, uint64_t id)
{
	order.id = id;
	bed_act(bed, act_cancel);
	return order.result;
}

/* ---- the server ---- */

void
bed_send_octets(struct bed *bed, struct sb_bytes octets)
{
	sim_send(bed->peer, octets.data, octets.size);
	bed_turn(bed);
}

static void
send_payload(struct bed *bed, uint8_t type, struct sb_bytes payload, bool as_ours)
{
	static uint8_t octets[1 << 16];
	struct erps_packet packet = {.type = type, .payload = payload};
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	if (as_ours) {
		packet.identifier = sb_bytes_text("switchboard");
		packet.version = (struct erps_version){1, 0, 0};
	}
	assert_int_equal(erps_packet_encode(&w, &packet), 0);
	bed_send_octets(bed, sb_bytes(octets, sb_writer_size(&w)));
}

void
bed_send(struct bed *bed, uint8_t type, const char *pattern)
{
	struct erps_builder b;
	uint8_t room[4096];

	erps_builder_init(&b, room, sizeof(room));
	erps_put_version(&b);
	erps_put_pattern(&b, pattern);
	assert_int_equal(b.error, 0);
	send_payload(bed, type, erps_built_payload(&b), false);
}

static void
answer(struct bed *bed, uint8_t type, uint32_t ref, const char *pattern, bool as_ours)
{
	struct erps_builder b;
	uint8_t room[4096];

	erps_builder_init(&b, room, sizeof(room));
	erps_put_version(&b);
	erps_put_tuple(&b, 2);
	erps_put_pattern(&b, pattern);
	erps_put_unsigned(&b, ref);
	assert_int_equal(b.error, 0);
	send_payload(bed, type, erps_built_payload(&b), as_ours);
}

void
bed_reply(struct bed *bed, uint32_t ref, const char *pattern)
{
	answer(bed, ERPS_REPLY, ref, pattern, false);
}

void
bed_reply_as_ours(struct bed *bed, uint32_t ref, const char *pattern)
{
	answer(bed, ERPS_REPLY, ref, pattern, true);
}

void
bed_error(struct bed *bed, uint32_t ref, const char *pattern)
{
	answer(bed, ERPS_ERROR, ref, pattern, false);
}

/* ---- what came of it ---- */

bool
bed_take(struct bed *bed, struct erps_packet *packet)
{
	size_t need;
	ssize_t size =
		erps_packet_decode(sb_bytes(bed->read, bed->read_size), 1 << 20, packet, &need);

	assert_true(size >= 0);
	if (size == 0) {
		assert_int_equal(bed->read_size, 0);
		return false;
	}
	assert_true((size_t)size <= sizeof(bed->packet));
	memcpy(bed->packet, bed->read, (size_t)size);
	bed->read_size -= (size_t)size;
	memmove(bed->read, bed->read + size, bed->read_size);
	assert_int_equal(
		erps_packet_decode(sb_bytes(bed->packet, (size_t)size), 1 << 20, packet, &need),
		size);
	return true;
}

static struct erps_packet
expect(struct bed *bed, uint8_t type, const char *file, int line)
{
	struct erps_packet packet = {0};

	if (!bed_take(bed, &packet) || packet.type != type) {
		print_error("expected a %s, got %s; trace: %s\n", erps_type_name(type),
			packet.octets.size ? erps_type_name(packet.type) : "nothing", bed->trace);
		_fail(file, line);
	}
	return packet;
}

static struct erps_term
decode(struct sb_bytes payload)
{
	static struct erps_decoder decoder;
	struct erps_term term;

	decoder.env = sb_env_system();
	assert_int_equal(erps_decode(&decoder, payload, &term), 0);
	erps_decoder_fini(&decoder);
	return term;
}

uint32_t
bed_expect_call_at(struct bed *bed, int64_t n, const char *file, int line)
{
	struct erps_packet packet = expect(bed, ERPS_CALL, file, line);
	uint64_t ref;
	int64_t got;

	_assert_true(erps_match(decode(packet.payload), "{ref::uint, {:n, n::int}}", &ref, &got),
		"a call", file, line);
	_assert_int_equal(
		cast_to_largest_integral_type(got), cast_to_largest_integral_type(n), file, line);
	return (uint32_t)ref;
}

void
bed_expect_cast_at(struct bed *bed, int64_t n, const char *file, int line)
{
	struct erps_packet packet = expect(bed, ERPS_CAST, file, line);
	int64_t got;

	_assert_true(
		erps_match(decode(packet.payload), "{:cast, n::int}", &got), "a cast", file, line);
	_assert_int_equal(
		cast_to_largest_integral_type(got), cast_to_largest_integral_type(n), file, line);
}

void
bed_expect_type_at(struct bed *bed, uint8_t type, const char *file, int line)
{
	(void)expect(bed, type, file, line);
}

void
bed_expect_nothing_at(struct bed *bed, const char *file, int line)
{
	if (bed->read_size) {
		print_error("%zu octets too many\n", bed->read_size);
		_fail(file, line);
	}
}

void
bed_expect_trace_at(struct bed *bed, const char *trace, const char *file, int line)
{
	_assert_string_equal(bed->trace, trace, file, line);
	bed->trace[0] = '\0';
}

void
bed_prove(struct bed *bed)
{
	assert_int_equal(bed_call(bed, 0), 0);
	bed_reply_as_ours(bed, bed_expect_call(bed, 0), "0");
	bed_expect_trace(bed, "replied 0 0;");
}

uint64_t
bed_counter(struct bed *bed, const char *name)
{
	return stand_counter(bed->node, name);
}
