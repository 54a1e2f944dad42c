#include "probe.h"

#include <assert.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct probe_state {
	struct probe *probe;
};

static struct probe *
probe_of(const struct sb_session *s)
{
	return ((struct probe_state *)sb_state(s))->probe;
}

static struct probe *
enter(struct sb_session *s)
{
	struct probe *p = probe_of(s);

	assert(!p->is_callback);
	p->is_callback = true;
	return p;
}

static int
probe_start(struct sb_session *s, const void *args)
{
	struct probe *p = (struct probe *)(uintptr_t)args;
	int result;

	((struct probe_state *)sb_state(s))->probe = p;
	p = enter(s);
	p->started++;
	p->session = s;
	p->self = sb_self(s);
	result = p->on_start ? p->on_start(s, p) : 0;
	p->is_callback = false;
	return result;
}

static int
probe_connected(struct sb_session *s, const struct sb_peer *peer)
{
	struct probe *p = enter(s);
	int result;

	assert(peer == sb_session_peer(s));
	p->connected++;
	result = p->on_connected ? p->on_connected(s, p) : 0;
	p->is_callback = false;
	return result;
}

static ssize_t
probe_received(struct sb_session *s, struct sb_bytes in)
{
	struct probe *p = enter(s);
	ssize_t used = (ssize_t)in.size;

	p->received_calls++;
	if (p->on_received)
		used = p->on_received(s, p, in);
	if (used > 0 && p->text_size + (size_t)used <= PROBE_TEXT) {
		memcpy(p->text + p->text_size, in.data, (size_t)used);
		p->text_size += (size_t)used;
	}
	p->is_callback = false;
	return used;
}

static void
probe_input_ended(struct sb_session *s)
{
	struct probe *p = enter(s);

	p->input_ended++;
	if (p->on_input_ended)
		p->on_input_ended(s, p);
	p->is_callback = false;
}

static void
probe_disconnected(struct sb_session *s, enum sb_end why)
{
	struct probe *p = enter(s);

	p->disconnected++;
	p->disconnect_reason = why;
	if (p->on_disconnected)
		p->on_disconnected(s, p);
	p->is_callback = false;
}

static void
probe_drained(struct sb_session *s)
{
	struct probe *p = enter(s);

	p->drained++;
	if (p->on_drained)
		p->on_drained(s, p);
	p->is_callback = false;
}

static void
probe_stopping(struct sb_session *s)
{
	struct probe *p = enter(s);

	p->stopping++;
	if (p->on_stopping)
		p->on_stopping(s, p);
	p->is_callback = false;
}

static void
probe_message(struct sb_session *s, struct sb_message *m)
{
	struct probe *p = enter(s);

	p->messages++;
	p->last_type = m->type;
	p->last_status = m->status;
	p->last_ref = m->ref;
	p->last_sender = m->sender;
	if (m->size == sizeof(p->last_number))
		memcpy(&p->last_number, m->data, sizeof(p->last_number));
	if (p->on_message)
		p->on_message(s, p, m);
	p->is_callback = false;
}

static void
probe_closed(struct sb_session *s, enum sb_end why)
{
	struct probe *p = enter(s);

	p->closed++;
	p->end = why;
	if (p->on_closed)
		p->on_closed(s, p);
	p->session = NULL;
	p->is_callback = false;
}

const struct sb_module probe_module = {
	.abi = SB_MODULE_ABI,
	.name = "probe",
	.state_size = sizeof(struct probe_state),
	.start = probe_start,
	.connected = probe_connected,
	.received = probe_received,
	.input_ended = probe_input_ended,
	.disconnected = probe_disconnected,
	.drained = probe_drained,
	.stopping = probe_stopping,
	.message = probe_message,
	.closed = probe_closed,
};

const struct sb_module probe_plain_module = {
	.abi = SB_MODULE_ABI,
	.name = "probe.plain",
	.state_size = sizeof(struct probe_state),
	.start = probe_start,
	.connected = probe_connected,
	.received = probe_received,
	.drained = probe_drained,
	.message = probe_message,
	.closed = probe_closed,
};

void
fixture_init(struct fixture *f, unsigned shards, const struct sb_module *module,
	struct probe *probe, const struct sb_limits *limits)
{
	struct sim_options sim_options = {.seed = 1, .is_calm = true};
	struct sb_log_options log_options = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	struct sb_node_options options = {.threads = shards};
	struct sb_listener_options listener = {.name = "test",
		.address = "127.0.0.1:0",
		.module = module,
		.args = probe,
		.limits = limits};

	f->sim = sim_new(&sim_options);
	f->log = sb_log_new(&log_options);
	options.env = sim_env(f->sim);
	options.log = f->log;
	assert_int_equal(sb_node_new(&f->node, &options), 0);
	sim_attach(f->sim, f->node);
	assert_int_equal(sb_listen(f->node, &listener, &f->listener), 0);
	f->port = sb_listener_port(f->listener);
	run_ms(f, 1);
}

void
fixture_fini(struct fixture *f)
{
	sb_node_free(f->node);
	assert_int_equal(sim_open_sockets(f->sim), 0);
	sim_free(f->sim);
	sb_log_free(f->log);
}

struct wait {
	const unsigned *counter;
	unsigned least;
};

static bool
is_reached(void *context)
{
	const struct wait *wait = context;

	return *wait->counter >= wait->least;
}

void
wait_count(struct fixture *f, const unsigned *counter, unsigned least)
{
	struct wait wait = {counter, least};

	if (!sim_run_until(f->sim, is_reached, &wait, 10000000000u))
		fail_msg("count %u, waited for %u", *counter, least);
}

void
run_ms(struct fixture *f, uint64_t ms)
{
	sim_run_for(f->sim, ms * 1000000u);
}

void
turn(struct fixture *f, unsigned shard)
{
	(void)sb_node_turn(f->node, shard, 0);
}

/* Asking for a counter that is there gives that one. */
uint64_t
counter_value(struct fixture *f, const char *name, const char *label, const char *label_value)
{
	return sb_counter_value(sb_metrics_counter(
		sb_node_metrics(f->node), name, "", label, label_value, (const char *)NULL));
}

void
start_probe(struct fixture *f, struct probe *probe, int shard)
{
	struct sb_child_spec spec = {
		.module = &probe_module, .args = probe, .restart = SB_TEMPORARY, .shard = shard};

	assert_int_equal(sb_node_start_child(f->node, &spec), 0);
	wait_count(f, &probe->started, 1);
}
