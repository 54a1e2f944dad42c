#include "core/error.h"
#include "protocols/smpp/answer.h"
#include "protocols/smpp/pdu.h"
#include "tests/bench/smpp_load/smpp_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { REQUEST_BYTES = 256, FAILURES_SAID = 5 };

/* Over this a peer that does not read is not read either. */
static const size_t UNSENT_MAX = 1 << 20;

static int
waiting_append(struct waiting *w, const uint8_t *data, size_t size)
{
	if (w->size + size > w->capacity) {
		size_t capacity =
			2 * w->capacity > w->size + size ? 2 * w->capacity : w->size + size;
		uint8_t *grown = realloc(w->data, capacity);

		if (!grown)
			return SB_ENOMEM;
		w->data = grown;
		w->capacity = capacity;
	}
	memcpy(w->data + w->size, data, size);
	w->size += size;
	return 0;
}

static void
watch(struct load *load, uint32_t index, int how)
{
	struct session *s = &load->sessions[index];
	struct epoll_event event = {.data.u32 = index};

	s->watching_room = s->unsent.size > 0 || s->state == SESSION_CONNECTING;
	event.events = s->unsent.size < UNSENT_MAX ? EPOLLIN : 0;
	event.events |= s->watching_room ? EPOLLOUT : 0;
	epoll_ctl(load->epoll_fd, how, s->stream.fd, &event);
}

void
session_close(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];
	struct slot *slots = s->slots;

	if (s->state == SESSION_CLOSED)
		return;
	if (s->state >= SESSION_BOUND)
		load->opened--;
	else
		load->opening--;
	load->run.lost += s->in_flight;
	memset(slots, 0, (load->slot_mask + 1) * sizeof(*slots));
	stream_fini(&s->stream);
	free(s->tail.data);
	free(s->unsent.data);
	*s = (struct session){.stream.fd = -1, .slots = slots};
}

static void
session_failed(struct load *load, uint32_t index, int err)
{
	if (load->sessions[index].state != SESSION_UNBINDING) {
		load->failed++;
		if (load->failed <= FAILURES_SAID)
			fprintf(stderr, "smpp-load: session %u: %s\n", index, sb_error_text(err));
	}
	session_close(load, index);
}

/* Writes, or keeps behind what is kept already. */
static int
session_send(struct load *load, uint32_t index, const uint8_t *data, size_t size)
{
	struct session *s = &load->sessions[index];
	ssize_t sent = s->unsent.size ? 0 : stream_write(&s->stream, data, size);
	int err;

	if (sent < 0 && sent != SB_AGAIN)
		return (int)sent;
	if (sent < 0)
		sent = 0;
	if ((size_t)sent == size)
		return 0;
	err = waiting_append(&s->unsent, data + sent, size - (size_t)sent);
	if (!err)
		watch(load, index, EPOLL_CTL_MOD);
	return err;
}

static int
session_resend(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];
	ssize_t sent = stream_write(&s->stream, s->unsent.data, s->unsent.size);

	if (sent < 0)
		return sent == SB_AGAIN ? 0 : (int)sent;
	s->unsent.size -= (size_t)sent;
	memmove(s->unsent.data, s->unsent.data + sent, s->unsent.size);
	watch(load, index, EPOLL_CTL_MOD);
	return 0;
}

static uint32_t
take_sequence(struct session *s)
{
	uint32_t sequence = s->sequence;

	s->sequence = sequence == 0x7FFFFFFF ? 1 : sequence + 1;
	return sequence;
}

/* The slots of the next numbers must be free: one message that is never answered must not let the
 * ring overtake it. */
static uint32_t
free_slots(const struct load *load, const struct session *s, uint32_t wanted)
{
	uint32_t sequence = s->sequence, count = 0;

	while (count < wanted && s->slots[sequence & load->slot_mask].sequence == 0) {
		sequence = sequence == 0x7FFFFFFF ? 1 : sequence + 1;
		count++;
	}
	return count;
}

/* The message gets its number, and its line. */
static void
number(struct load *load, const struct session *s, uint8_t *octets, uint32_t i, uint32_t sequence)
{
	uint32_t index = (uint32_t)(s - load->sessions);
	uint64_t own = journal_number(&load->journal, index, sequence);

	pool_set_number(&load->pool, octets, i, own);
	journal_sent(&load->journal, index, own, pool_destination(&load->pool, octets, i));
}

static void
stamp(struct load *load, struct session *s, uint8_t *octets, uint32_t count)
{
	uint64_t now_ns = net_now_ns();

	for (uint32_t i = 0; i < count; i++) {
		uint32_t sequence = take_sequence(s);
		struct slot *slot = &s->slots[sequence & load->slot_mask];

		slot->sequence = sequence;
		slot->sent_ns = run_due_ns(&load->run, now_ns);
		load->run.sent++;
		pool_set_sequence(&load->pool, octets, i, sequence);
		if (load->journal.file)
			number(load, s, octets, i, sequence);
	}
	s->in_flight += count;
}

uint32_t
session_fill(struct load *load, uint32_t index, uint32_t most)
{
	struct session *s = &load->sessions[index];
	uint32_t total = 0, wanted, count;

	if (s->state != SESSION_BOUND || load->options.bind_command == SMPP_BIND_RECEIVER)
		return 0;
	while (total < most && !s->unsent.size) {
		uint8_t *octets;
		int err;

		wanted = load->options.window - s->in_flight;
		wanted = wanted < most - total ? wanted : most - total;
		wanted = free_slots(load, s, (uint32_t)run_room(&load->run, wanted));
		if (!wanted)
			break;
		octets = pool_take(&load->pool, wanted, &count);
		stamp(load, s, octets, count);
		err = session_send(load, index, octets, count * load->pool.pdu_size);
		if (err) {
			session_failed(load, index, err);
			break;
		}
		total += count;
	}
	return total;
}

void
session_open(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];
	int fd = net_connect(&load->options.server, 0);

	if (fd >= 0 && stream_init(&s->stream, fd, load->tls, NULL) < 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0) {
		load->failed++;
		return;
	}
	load->opening++;
	s->state = SESSION_CONNECTING;
	s->sequence = 1;
	watch(load, index, EPOLL_CTL_ADD);
}

static int
send_bind(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];
	uint8_t octets[REQUEST_BYTES];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));
	struct smpp_pdu pdu = {.header.command = load->options.bind_command};
	int err;

	s->other_sequence = take_sequence(s);
	pdu.header.sequence = s->other_sequence;
	pdu.bind.system_id = sb_bytes_text(load->options.system_id);
	pdu.bind.password = sb_bytes_text(load->options.password);
	pdu.bind.system_type = sb_bytes_text(load->options.system_type);
	pdu.bind.interface_version = SMPP_VERSION_34;
	err = smpp_encode(&pdu, &w);
	s->state = SESSION_BINDING;
	return err ? err : session_send(load, index, octets, sb_writer_size(&w));
}

void
session_unbind(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];
	uint8_t octets[SMPP_HEADER_SIZE];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));
	int err;

	if (s->state != SESSION_BOUND) {
		session_close(load, index);
		return;
	}
	s->other_sequence = take_sequence(s);
	s->state = SESSION_UNBINDING;
	smpp_put_header(&w, SMPP_UNBIND, SMPP_ROK, s->other_sequence);
	err = session_send(load, index, octets, sizeof(octets));
	if (err)
		session_failed(load, index, err);
}

static int
session_greet(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];
	int err;

	if (s->state == SESSION_CONNECTING) {
		err = net_connect_error(s->stream.fd);
		if (err)
			return err;
		s->state = SESSION_HANDSHAKING;
		watch(load, index, EPOLL_CTL_MOD);
	}
	err = stream_handshake(&s->stream);
	if (err)
		return err == SB_AGAIN ? 0 : err;
	return send_bind(load, index);
}

/* Reads once; SB_AGAIN when there is no more. What must be answered is sent even if the session
 * then ends. */
static int
session_read(struct load *load, uint32_t index)
{
	struct session *s = &load->sessions[index];
	size_t kept = s->tail.size, size = kept;
	ssize_t got = stream_read(&s->stream, load->buffer + kept, LOAD_BUFFER_BYTES - kept);
	ssize_t used;
	int err = 0;

	if (got <= 0)
		return got ? (int)got : SB_ECONNRESET;
	if (kept)
		memcpy(load->buffer, s->tail.data, kept);
	size += (size_t)got;
	s->tail.size = 0;
	load->answers_size = 0;
	used = session_answers(load, s, size, net_now_ns());
	if (load->answers_size)
		err = session_send(load, index, load->answers, load->answers_size);
	if (used < 0)
		return (int)used;
	if (!err && (size_t)used < size)
		err = waiting_append(&s->tail, load->buffer + used, size - (size_t)used);
	if (err)
		return err;
	return (size_t)got < LOAD_BUFFER_BYTES - kept ? SB_AGAIN : 0;
}

static int
session_input(struct load *load, uint32_t index)
{
	int err = 0;

	while (!err)
		err = session_read(load, index);
	return err == SB_AGAIN ? 0 : err;
}

void
session_event(struct load *load, uint32_t index, uint32_t events)
{
	struct session *s = &load->sessions[index];
	int err = 0;

	if (s->state == SESSION_CLOSED)
		return;
	if (s->state <= SESSION_HANDSHAKING)
		err = session_greet(load, index);
	else if ((events & EPOLLOUT) && s->unsent.size)
		err = session_resend(load, index);
	if (!err && s->state >= SESSION_BINDING && (events & ~(uint32_t)EPOLLOUT))
		err = session_input(load, index);
	if (err)
		session_failed(load, index, err);
	else if (load->options.rate <= 0)
		session_fill(load, index, UINT32_MAX);
}
