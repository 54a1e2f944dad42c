#include "core/error.h"
#include "tests/bench/echo_load.h"

#include <sys/epoll.h>
#include <unistd.h>

static int
watch(struct echo_load *load, uint32_t index, int how, bool room)
{
	struct echo_connection *c = &load->connections[index];
	struct epoll_event event = {.events = EPOLLIN | (room ? EPOLLOUT : 0), .data.u32 = index};

	c->watching_room = room;
	return epoll_ctl(load->epoll_fd, how, c->stream.fd, &event);
}

void
echo_connection_close(struct echo_load *load, uint32_t index)
{
	struct echo_connection *c = &load->connections[index];
	uint64_t *ring = c->sent_ns;

	if (c->state == ECHO_CLOSED)
		return;
	stream_fini(&c->stream);
	*c = (struct echo_connection){.stream.fd = -1, .sent_ns = ring};
}

static void
connection_failed(struct echo_load *load, uint32_t index)
{
	struct echo_connection *c = &load->connections[index];

	if (c->state == ECHO_READY || load->options.churn) {
		load->run.lost += c->in_flight;
		load->opened -= !load->options.churn;
	} else {
		load->opening--;
	}
	load->failed++;
	echo_connection_close(load, index);
	if (load->options.churn && run_room(&load->run, 1))
		echo_connection_open(load, index);
}

static void
stamp(struct echo_load *load, struct echo_connection *c, uint32_t messages, uint64_t now_ns)
{
	uint32_t depth = load->options.depth;

	for (uint32_t i = 0; i < messages; i++)
		c->sent_ns[(c->oldest + c->in_flight + i) % depth] = now_ns;
	c->in_flight += messages;
}

static int
flush(struct echo_load *load, uint32_t index)
{
	struct echo_connection *c = &load->connections[index];

	while (c->to_send) {
		size_t size = c->to_send < ECHO_BUFFER_BYTES ? c->to_send : ECHO_BUFFER_BYTES;
		const uint8_t *octets =
			load->wire->request(load, c->sending, c->send_offset, &size);
		ssize_t sent = stream_write(&c->stream, octets, size);

		if (sent == SB_AGAIN)
			break;
		if (sent < 0)
			return (int)sent;
		c->to_send -= (uint64_t)sent;
		sent += c->send_offset;
		c->sending += (uint64_t)sent / load->request_size;
		c->send_offset = (uint32_t)((uint64_t)sent % load->request_size);
	}
	if (c->watching_room != (c->to_send > 0))
		watch(load, index, EPOLL_CTL_MOD, c->to_send > 0);
	return 0;
}

static int
send_messages(struct echo_load *load, uint32_t index, uint32_t messages)
{
	load->connections[index].to_send += (uint64_t)messages * load->request_size;
	return flush(load, index);
}

void
echo_connection_fill(struct echo_load *load, uint32_t index)
{
	struct echo_connection *c = &load->connections[index];
	uint32_t messages;

	if (c->state != ECHO_READY || load->options.churn)
		return;
	messages = (uint32_t)run_room(&load->run, load->options.depth - c->in_flight);
	if (!messages)
		return;
	stamp(load, c, messages, net_now_ns());
	load->run.sent += messages;
	if (send_messages(load, index, messages) < 0)
		connection_failed(load, index);
}

void
echo_connection_open(struct echo_load *load, uint32_t index)
{
	struct echo_connection *c = &load->connections[index];
	unsigned spread = load->options.churn ? (unsigned)(load->attempts % 200) + 1 : 0;
	int fd = net_connect(&load->options.server, spread);

	load->attempts++;
	if (fd >= 0 && stream_init(&c->stream, fd, load->tls, NULL) < 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0) {
		load->failed++;
		return;
	}
	c->state = ECHO_CONNECTING;
	if (load->options.churn) {
		stamp(load, c, 1, net_now_ns());
		load->run.sent++;
	} else {
		load->opening++;
	}
	watch(load, index, EPOLL_CTL_ADD, true);
}

/* Connection and handshake are done: the first message goes out, which no run counts but churn. */
static int
greet(struct echo_load *load, uint32_t index)
{
	struct echo_connection *c = &load->connections[index];
	int err;

	if (c->state == ECHO_CONNECTING) {
		err = net_connect_error(c->stream.fd);
		if (err)
			return err;
		c->state = ECHO_HANDSHAKING;
	}
	err = stream_handshake(&c->stream);
	if (err == SB_AGAIN && c->watching_room)
		watch(load, index, EPOLL_CTL_MOD, false);
	if (err)
		return err == SB_AGAIN ? 0 : err;
	c->state = ECHO_GREETING;
	if (!load->options.churn)
		stamp(load, c, 1, net_now_ns());
	return send_messages(load, index, 1);
}

static void
greeted(struct echo_load *load, uint32_t index, uint64_t now_ns)
{
	struct echo_connection *c = &load->connections[index];

	if (!load->options.churn) {
		c->state = ECHO_READY;
		load->opening--;
		load->opened++;
		return;
	}
	sb_distribution_add_times(&load->run.latency, now_ns - c->sent_ns[c->oldest], 1);
	load->run.done++;
	echo_connection_close(load, index);
	if (run_room(&load->run, 1))
		echo_connection_open(load, index);
}

/* Messages sent together came back together: one entry for all of them. */
static void
complete(struct echo_load *load, struct echo_connection *c, uint32_t messages, uint64_t now_ns)
{
	uint32_t depth = load->options.depth;

	load->run.done += messages;
	c->in_flight -= messages;
	while (messages) {
		uint64_t sent_ns = c->sent_ns[c->oldest];
		uint32_t same = 0;

		while (same < messages && c->sent_ns[c->oldest] == sent_ns) {
			c->oldest = (c->oldest + 1) % depth;
			same++;
		}
		sb_distribution_add_times(&load->run.latency, now_ns - sent_ns, same);
		messages -= same;
	}
}

static int
received(struct echo_load *load, uint32_t index, size_t size)
{
	struct echo_connection *c = &load->connections[index];
	size_t all = c->receive_offset + size;
	uint32_t messages = (uint32_t)(all / load->reply_size);
	uint64_t now_ns = net_now_ns();

	if (!load->wire->is_reply(load, c->receiving, c->receive_offset, load->buffer, size))
		load->mismatched++;
	if (messages > c->in_flight)
		return SB_EPROTO;
	c->receive_offset = (uint32_t)(all % load->reply_size);
	c->receiving += messages;
	if (c->state == ECHO_READY) {
		complete(load, c, messages, now_ns);
		return 0;
	}
	if (messages) {
		c->in_flight = 0;
		greeted(load, index, now_ns);
	}
	return 0;
}

static int
input(struct echo_load *load, uint32_t index)
{
	struct echo_connection *c = &load->connections[index];
	ssize_t got = ECHO_BUFFER_BYTES;
	int err = 0;

	while (!err && got == ECHO_BUFFER_BYTES && c->state >= ECHO_GREETING) {
		got = stream_read(&c->stream, load->buffer, ECHO_BUFFER_BYTES);
		if (got == SB_AGAIN)
			return 0;
		if (got <= 0)
			return got ? (int)got : SB_ECONNRESET;
		err = received(load, index, (size_t)got);
	}
	return err;
}

void
echo_connection_event(struct echo_load *load, uint32_t index, uint32_t events)
{
	struct echo_connection *c = &load->connections[index];
	int err = 0;

	if (c->state == ECHO_CLOSED)
		return;
	if (c->state == ECHO_CONNECTING || c->state == ECHO_HANDSHAKING)
		err = greet(load, index);
	else if (events & EPOLLOUT)
		err = flush(load, index);
	if (!err && c->state >= ECHO_GREETING && (events & ~(uint32_t)EPOLLOUT))
		err = input(load, index);
	if (err)
		connection_failed(load, index);
	else
		echo_connection_fill(load, index);
}
