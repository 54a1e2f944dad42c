/*
 * SMPP on the bare core: framing by a length in the header, a window that holds the
 * input when it is full, every submit a call to a partition, which answers later and
 * out of order, and an unbind of ours when the node stops.
 */
#include "bed.h"

#include <string.h>

#define HEADER  16
#define MAX_PDU 1024
#define WINDOW  4

#define RESPONSE 0x80000000u

enum { BIND = 0x9, SUBMIT = 0x4, UNBIND = 0x6, ENQUIRE_LINK = 0x15 };

enum { ROK = 0, RINVCMDLEN = 2, RINVCMDID = 3, RINVBNDSTS = 4, RSYSERR = 8, RMSGQFUL = 0x14 };

/* ---- a delivery partition: takes messages by call, answers when the store has them ---- */

enum { MSG_SUBMIT = 1 };

#define PARTITION_QUEUE 8

struct partition {
	struct sb_timer stored;
	struct sb_from asked[PARTITION_QUEUE];
	unsigned count, most;
	uint64_t next_id;
};

static unsigned most_asked; /* of the run that goes on */

/* Last first: answers come in an order of their own. */
static void
stored(struct sb_session *s, struct sb_timer *timer)
{
	struct partition *p = sb_state(s);

	(void)timer;
	while (p->count) {
		uint64_t id = ++p->next_id;

		(void)sb_reply(s, p->asked[--p->count], 0, SB_COPY(&id, sizeof(id)));
	}
}

static int
partition_start(struct sb_session *s, const void *args)
{
	(void)args;
	return sb_register(s, "partition/0");
}

static void
partition_message(struct sb_session *s, struct sb_message *m)
{
	struct partition *p = sb_state(s);

	if (m->type != MSG_SUBMIT || p->count == PARTITION_QUEUE) {
		(void)sb_reply(s, sb_message_from(m), SB_FULL, SB_NOTHING);
		return;
	}
	p->asked[p->count++] = sb_message_from(m);
	if (p->count > most_asked)
		most_asked = p->count;
	if (!sb_timer_is_started(&p->stored))
		sb_timer_start(s, &p->stored, 10, stored);
}

static const struct sb_module partition_module = {
	.abi = SB_MODULE_ABI,
	.name = "partition",
	.state_size = sizeof(struct partition),
	.start = partition_start,
	.message = partition_message,
};

/* ---- the session ---- */

enum mc_state { MC_OPEN, MC_BOUND, MC_UNBINDING };

/* A submit that waits for its partition. */
struct pending {
	uint64_t ref; /* 0: free */
	uint32_t sequence;
};

struct mc {
	enum mc_state state;
	struct sb_address partition;
	struct pending pending[WINDOW];
	unsigned in_flight;
	uint32_t next_sequence;
	bool is_stopping;
};

struct pdu {
	uint32_t length, command, status, sequence;
	struct sb_bytes body;
};

static void
send_pdu(struct sb_session *s, uint32_t command, uint32_t status, uint32_t sequence,
	struct sb_bytes body)
{
	size_t size = HEADER + body.size;
	uint8_t *room = sb_write_room(s, size);
	struct sb_writer w = sb_writer_of(room, room ? size : 0);

	sb_put_u32(&w, (uint32_t)size);
	sb_put_u32(&w, command);
	sb_put_u32(&w, status);
	sb_put_u32(&w, sequence);
	sb_put_bytes(&w, body.data, body.size);
	if (!sb_writer_failed(&w))
		sb_write_commit(s, size);
}

static void
answer(struct sb_session *s, const struct pdu *pdu, uint32_t status)
{
	send_pdu(s, pdu->command | RESPONSE, status, pdu->sequence, sb_bytes(NULL, 0));
}

/* A slow store or a full window is no fault of the peer's: it waits in its own socket. */
static struct pending *
pending_find(struct mc *mc, uint64_t ref)
{
	for (unsigned i = 0; i < WINDOW; i++)
		if (mc->pending[i].ref == ref)
			return &mc->pending[i];
	return NULL;
}

static int
ask_partition(struct sb_session *s, struct mc *mc, const struct pdu *pdu)
{
	struct pending *pending = pending_find(mc, 0);
	int err = 0;

	if (sb_address_is_null(mc->partition))
		err = sb_lookup(s, "partition/0", &mc->partition);
	if (!err)
		err = sb_call(s, mc->partition, MSG_SUBMIT, SB_COPY(pdu->body.data, pdu->body.size),
			1000, &pending->ref);
	if (err)
		return err;
	pending->sequence = pdu->sequence;
	if (++mc->in_flight == WINDOW)
		sb_hold(s, "window");
	return 0;
}

static void
submit(struct sb_session *s, struct mc *mc, const struct pdu *pdu)
{
	if (mc->state != MC_BOUND)
		answer(s, pdu, RINVBNDSTS);
	else if (ask_partition(s, mc, pdu))
		answer(s, pdu, RSYSERR);
}

static void
maybe_unbind(struct sb_session *s, struct mc *mc)
{
	if (!mc->is_stopping || mc->in_flight || mc->state != MC_BOUND)
		return;
	mc->state = MC_UNBINDING;
	send_pdu(s, UNBIND, ROK, ++mc->next_sequence, sb_bytes(NULL, 0));
}

static void
handle(struct sb_session *s, struct mc *mc, const struct pdu *pdu)
{
	switch (pdu->command) {
	case BIND:
		mc->state = MC_BOUND;
		answer(s, pdu, ROK);
		break;
	case SUBMIT:
		submit(s, mc, pdu);
		break;
	case ENQUIRE_LINK:
		answer(s, pdu, ROK);
		break;
	case UNBIND:
		answer(s, pdu, ROK);
		sb_close(s, SB_END_PEER);
		break;
	case UNBIND | RESPONSE:
		sb_close(s, mc->is_stopping ? SB_END_DRAIN : SB_END_LOCAL);
		break;
	default:
		send_pdu(s, RESPONSE, RINVCMDID, pdu->sequence, sb_bytes(NULL, 0));
	}
}

/* The size of the PDU at the front, 0 when it is not there yet, or SB_EPROTO. */
static ssize_t
pdu_read(struct sb_session *s, struct sb_bytes in, struct pdu *pdu)
{
	struct sb_reader r = sb_reader_of(in);

	pdu->length = sb_get_u32(&r);
	pdu->command = sb_get_u32(&r);
	pdu->status = sb_get_u32(&r);
	pdu->sequence = sb_get_u32(&r);
	if (sb_reader_failed(&r))
		return 0;
	if (pdu->length < HEADER || sb_need(s, pdu->length)) {
		send_pdu(s, RESPONSE, RINVCMDLEN, pdu->sequence, sb_bytes(NULL, 0));
		return SB_EPROTO;
	}
	pdu->body = sb_get_bytes(&r, pdu->length - HEADER);
	return sb_reader_failed(&r) ? 0 : (ssize_t)pdu->length;
}

static ssize_t
mc_received(struct sb_session *s, struct sb_bytes in)
{
	struct mc *mc = sb_state(s);
	size_t used = 0;
	struct pdu pdu;
	ssize_t size;

	while ((size = pdu_read(s, sb_bytes(in.data + used, in.size - used), &pdu)) > 0) {
		if (!sb_frame(s))
			break;
		handle(s, mc, &pdu);
		used += (size_t)size;
	}
	return size < 0 ? size : (ssize_t)used;
}

static uint32_t
status_of(int error)
{
	return error == SB_FULL ? RMSGQFUL : RSYSERR;
}

static void
mc_message(struct sb_session *s, struct sb_message *m)
{
	struct mc *mc = sb_state(s);
	struct pending *pending = m->type == SB_MSG_REPLY ? pending_find(mc, m->ref) : NULL;

	if (!pending)
		return;
	if (m->status == SB_GONE)
		mc->partition = (struct sb_address){0}; /* another one holds the name by now */
	send_pdu(s, SUBMIT | RESPONSE, m->status ? status_of(m->status) : ROK, pending->sequence,
		sb_bytes(m->data, m->size));
	pending->ref = 0;
	mc->in_flight--;
	sb_resume(s);
	maybe_unbind(s, mc);
}

/* What was taken is answered first, then we unbind, and the peer's answer ends the session. */
static void
mc_stopping(struct sb_session *s)
{
	struct mc *mc = sb_state(s);

	mc->is_stopping = true;
	if (mc->state == MC_OPEN)
		sb_close(s, SB_END_DRAIN);
	else
		maybe_unbind(s, mc);
}

static void
mc_describe(const struct sb_session *s, struct sb_fields *fields)
{
	static const char *const states[] = {"open", "bound", "unbinding"};
	const struct mc *mc = sb_state(s);

	sb_fields_add(fields, "state", SB_STR(states[mc->state]));
	sb_fields_add(fields, "in_flight", SB_UINT(mc->in_flight));
}

static const struct sb_module mc_module = {
	.abi = SB_MODULE_ABI,
	.name = "smpp.mc",
	.state_size = sizeof(struct mc),
	.max_frame = MAX_PDU,
	.received = mc_received,
	.message = mc_message,
	.stopping = mc_stopping,
	.describe = mc_describe,
};

/* ---- the peer ---- */

static void
esme_send(struct sim_peer *peer, uint32_t command, uint32_t sequence, const char *body)
{
	uint8_t octets[256];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	sb_put_u32(&w, (uint32_t)(HEADER + strlen(body)));
	sb_put_u32(&w, command);
	sb_put_u32(&w, ROK);
	sb_put_u32(&w, sequence);
	sb_put_bytes(&w, body, strlen(body));
	sim_send(peer, octets, sb_writer_size(&w));
}

/* The next PDU that has come. */
static struct pdu
esme_receive(struct bed *bed, struct sim_peer *peer)
{
	struct sb_reader r = sb_reader_of(bed_receive(bed, peer, HEADER));
	struct pdu pdu = {.length = sb_get_u32(&r)};

	r = sb_reader_of(bed_receive(bed, peer, pdu.length));
	(void)sb_get_u32(&r);
	pdu.command = sb_get_u32(&r);
	pdu.status = sb_get_u32(&r);
	pdu.sequence = sb_get_u32(&r);
	sim_consume(peer, pdu.length);
	return pdu;
}

static struct sim_peer *
esme_bind(struct bed *bed, uint16_t port)
{
	struct sim_peer *peer = sim_connect(bed->sim, port);
	struct pdu pdu;

	esme_send(peer, BIND, 1, "alice");
	pdu = esme_receive(bed, peer);
	assert_int_equal(pdu.command, BIND | RESPONSE);
	assert_int_equal(pdu.status, ROK);
	return peer;
}

static uint16_t
begin(struct bed *bed, uint64_t seed)
{
	uint16_t port;

	most_asked = 0;
	bed_init(bed, 2, seed);
	bed_child(bed, &partition_module, NULL, 1);
	port = bed_listen(bed, &mc_module, NULL, NULL);
	(void)bed_name(bed, "partition/0");
	return port;
}

/* ---- tests ---- */

static void
test_every_submit_is_answered_and_no_more_than_a_window_is_in_flight(void **state)
{
	enum { SUBMITS = 3 * WINDOW + 1 };

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		bool is_answered[SUBMITS] = {false};
		struct sim_peer *peer;
		struct bed bed;

		peer = esme_bind(&bed, begin(&bed, seed));
		for (uint32_t i = 0; i < SUBMITS; i++)
			esme_send(peer, SUBMIT, 100 + i, "hello");
		for (int i = 0; i < SUBMITS; i++) {
			struct pdu pdu = esme_receive(&bed, peer);

			assert_int_equal(pdu.command, SUBMIT | RESPONSE);
			assert_int_equal(pdu.status, ROK);
			assert_in_range(pdu.sequence, 100, 100 + SUBMITS - 1);
			assert_false(is_answered[pdu.sequence - 100]);
			is_answered[pdu.sequence - 100] = true;
		}
		assert_in_range(most_asked, 1, WINDOW);
		esme_send(peer, UNBIND, 2, "");
		assert_int_equal(esme_receive(&bed, peer).command, UNBIND | RESPONSE);
		bed_ended(&bed, peer);
		bed_fini(&bed);
	}
}

static void
test_a_stop_answers_what_was_taken_then_unbinds(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct sim_peer *peer;
		struct bed bed;
		struct pdu pdu;

		peer = esme_bind(&bed, begin(&bed, seed));
		esme_send(peer, SUBMIT, 100, "hello");
		bed_count(&bed, &most_asked, 1);
		sb_node_stop(bed.node);
		assert_int_equal(esme_receive(&bed, peer).command, SUBMIT | RESPONSE);
		pdu = esme_receive(&bed, peer);
		assert_int_equal(pdu.command, UNBIND);
		esme_send(peer, UNBIND | RESPONSE, pdu.sequence, "");
		bed_ended(&bed, peer);
		sim_finish(peer);
		bed_fini(&bed);
	}
}

static void
test_a_length_out_of_bounds_is_answered_then_the_session_ends(void **state)
{
	static const uint32_t lengths[] = {0, HEADER - 1, MAX_PDU + 1, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		uint32_t length = __builtin_bswap32(lengths[i]);
		struct sim_peer *peer;
		struct bed bed;
		struct pdu pdu;

		peer = esme_bind(&bed, begin(&bed, i));
		sim_send(peer, &length, sizeof(length));
		sim_send(peer, "\0\0\0\4\0\0\0\0\0\0\0\7", 12);
		pdu = esme_receive(&bed, peer);
		assert_int_equal(pdu.command, RESPONSE);
		assert_int_equal(pdu.status, RINVCMDLEN);
		assert_int_equal(pdu.sequence, 7);
		bed_ended(&bed, peer);
		bed_fini(&bed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_every_submit_is_answered_and_no_more_than_a_window_is_in_flight),
		cmocka_unit_test(test_a_stop_answers_what_was_taken_then_unbinds),
		cmocka_unit_test(test_a_length_out_of_bounds_is_answered_then_the_session_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
