#include "lab.h"

#include "core/envelope_internal.h"
#include "core/node_internal.h"
#include "core/session_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_NS 10000000000ull

static uint64_t
real_now(void)
{
	const struct sb_env *system = sb_env_system();

	return system->now(system->context);
}

static uint64_t
lab_now(void *context)
{
	struct lab *lab = context;

	return (lab->is_still ? lab->still_now : real_now()) + lab->skipped;
}

static void *
lab_allocate(void *context, size_t size)
{
	struct lab *lab = context;

	if (lab->fail_at && --lab->fail_at == 0)
		return NULL;
	return malloc(size);
}

void
lab_init(struct lab *lab, unsigned shards)
{
	struct sb_log_options quiet = {
		.level = SB_LOG_FATAL,
	};
	struct sb_node_options options = {.threads = shards};

	memset(lab, 0, sizeof(*lab));
	lab->env = *sb_env_system();
	lab->env.context = lab;
	lab->env.now = lab_now;
	lab->env.allocate = lab_allocate;
	lab->log_fd = dup(STDERR_FILENO);
	quiet.fd = lab->log_fd;
	lab->log = sb_log_new(&quiet);
	options.env = &lab->env;
	options.log = lab->log;
	assert_int_equal(sb_node_new(&lab->node, &options), 0);
}

void
lab_fini(struct lab *lab)
{
	sb_node_free(lab->node);
	sb_log_free(lab->log);
	close(lab->log_fd);
}

void
lab_stop_clock(struct lab *lab)
{
	lab->still_now = real_now();
	lab->is_still = true;
}

void
lab_skip(struct lab *lab, uint64_t ns)
{
	lab->skipped += ns;
}

bool
lab_turn(struct lab *lab)
{
	bool has_more = false;

	for (unsigned i = 0; i < sb_node_shards(lab->node); i++) {
		has_more |= sb_messages_wait(&lab->node->shards[i]);
		has_more |= sb_node_turn(lab->node, i, 0);
	}
	return has_more;
}

void
lab_settle(struct lab *lab)
{
	/* A turn of the last shard may give the first one something to do. */
	for (int quiet = 0; quiet < 2;)
		quiet = lab_turn(lab) ? 0 : quiet + 1;
}

void
lab_until(struct lab *lab, bool (*is_so)(void *context), void *context)
{
	uint64_t end = real_now() + PATIENCE_NS;

	while (!is_so(context)) {
		lab_turn(lab);
		assert_true(real_now() < end);
	}
}

struct count_reached {
	const unsigned *counter;
	unsigned count;
};

static bool
is_count_reached(void *context)
{
	struct count_reached *reached = context;

	return *reached->counter >= reached->count;
}

void
lab_until_count(struct lab *lab, const unsigned *counter, unsigned count)
{
	struct count_reached reached = {counter, count};

	lab_until(lab, is_count_reached, &reached);
}

struct notes_reached {
	const struct probe *probe;
	size_t count;
};

static bool
are_notes_reached(void *context)
{
	struct notes_reached *reached = context;

	return reached->probe->note_count >= reached->count;
}

void
lab_until_notes(struct lab *lab, const struct probe *probe, size_t count)
{
	struct notes_reached reached = {probe, count};

	lab_until(lab, are_notes_reached, &reached);
}

/* ---- probes ---- */

struct probe_state {
	struct probe *probe;
};

static struct probe *
probe_of(const struct sb_session *s)
{
	return ((struct probe_state *)sb_state(s))->probe;
}

static int
probe_start(struct sb_session *s, const void *args)
{
	struct probe *probe = (struct probe *)(uintptr_t)args;

	((struct probe_state *)sb_state(s))->probe = probe;
	probe->session = s;
	probe->address = sb_self(s);
	probe->shard = sb_session_shard(s);
	probe->starts++;
	return probe->on_start ? probe->on_start(s, probe) : 0;
}

static void
probe_message(struct sb_session *s, struct sb_message *m)
{
	struct probe *probe = probe_of(s);
	struct note *note;

	if (probe->note_count < PROBE_NOTES) {
		note = &probe->notes[probe->note_count++];
		*note = (struct note){.type = m->type,
			.status = m->status,
			.ref = m->ref,
			.sender = m->sender,
			.size = m->size};
		if (m->data)
			memcpy(note->data, m->data,
				m->size < sizeof(note->data) ? m->size : sizeof(note->data));
	}
	if (probe->on_message)
		probe->on_message(s, probe, m);
}

static void
probe_stopping(struct sb_session *s)
{
	struct probe *probe = probe_of(s);

	probe->stops++;
	if (probe->on_stopping)
		probe->on_stopping(s, probe);
	else
		sb_close(s, SB_END_DRAIN);
}

static void
probe_closed(struct sb_session *s, enum sb_end why)
{
	struct probe *probe = probe_of(s);

	probe->ends++;
	probe->why = why;
	if (probe->on_closed)
		probe->on_closed(s, probe);
	probe->session = NULL;
}

const struct sb_module probe_module = {
	.abi = SB_MODULE_ABI,
	.name = "test.probe",
	.state_size = sizeof(struct probe_state),
	.start = probe_start,
	.message = probe_message,
	.stopping = probe_stopping,
	.closed = probe_closed,
};

void
lab_start(struct lab *lab, unsigned shard, struct probe *probe)
{
	static const struct sb_parent parent = {.kind = SB_PARENT_SHARD};
	struct sb_session *s;

	assert_int_equal(
		sb_session_new(&lab->node->shards[shard], &probe_module, NULL, false, &parent, &s),
		0);
	sb_session_begin(s, probe);
}
