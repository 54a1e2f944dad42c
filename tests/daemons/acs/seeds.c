/*
 * Keepers, cut at any instant. A device and somebody who asks go about their work, while the node
 * ends without a word in the middle of it, again and again, and starts on the same store with
 * another number of keepers. Whatever the seed: a task that was acknowledged is there, one whose
 * end was acknowledged has ended as it was said, values that were acknowledged can be read, and
 * nothing is there twice.
 */
#include "tests/sim/seeds.h"
#include "core/error.h"
#include "core/registry.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "daemons/acs/inform.h"
#include "daemons/acs/keeper.h"
#include "daemons/acs/kinds.h"
#include "daemons/acs/session.h"
#include "protocols/cwmp/encode.h"
#include "tests/sim/simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIVES   5
#define TASKS   40
#define DEVICES 6

/* What is known to be so. */
struct known {
	uint64_t id;
	unsigned device;
	bool has_ended;  /* and that was acknowledged */
	bool may_have;   /* it was said, and no answer came */
	unsigned number; /* of its result */
};

struct world {
	struct simulation *sim;
	struct sb_log *log;
	struct sb_store_memory *memory;
	struct sb_node *node;
	struct sb_store *store;
	struct acs_keepers keepers;
	struct known tasks[TASKS];
	unsigned count;
	bool is_there[DEVICES]; /* its first Inform was answered */
	unsigned checked;
	bool is_checking, has_checked;
};

/* ---- the one who does it all: a session ---- */

enum deed { NOTHING, INFORMS, CREATES, REPORTS, CHECKS, WAITS };

struct actor {
	struct world *world;
	struct sb_timer timer;
	enum deed deed;
	unsigned device;
	uint64_t ref;
	struct acs_work *work; /* of the device that informed last */
};

static void go_on(struct sb_session *s, struct sb_timer *timer);

static void
name_print(char out[32], unsigned device)
{
	snprintf(out, 32, "00AABB-Box-%u", device);
}

static int
send_inform(struct sb_session *s, struct actor *a, struct sb_address to)
{
	struct cwmp_event events[] = {{"2 PERIODIC", ""}};
	struct cwmp_parameter_value values[] = {
		{"Device.DeviceInfo.SoftwareVersion", {CWMP_TYPE_STRING, "1.0"}}};
	char serial[12], name[32];
	struct cwmp_inform inform = {.device_id = {"Acme", "00AABB", "Box", serial},
		.event = {events, 1},
		.parameter_list = {values, 1}};
	struct acs_inform *packed;
	int err;

	snprintf(serial, sizeof(serial), "%u", a->device);
	name_print(name, a->device);
	packed = acs_inform_new(s, name, &inform, "192.0.2.1", "1.0");
	CHECK(packed);
	err = sb_call(s, to, ACS_INFORM, SB_GIVE(packed, acs_inform_size(packed), sb_payload_free),
		0, &a->ref);
	if (err)
		sb_payload_free(packed);
	return err;
}

static struct known *
known_of(struct world *w, uint64_t id)
{
	for (unsigned i = 0; i < w->count; i++)
		if (w->tasks[i].id == id)
			return &w->tasks[i];
	return NULL;
}

static int
send_report(struct sb_session *s, struct actor *a, struct sb_address to)
{
	struct known *task = known_of(a->world, a->work->id);
	char result[32], name[32];
	struct acs_report *report;
	int err;

	snprintf(result, sizeof(result), "{\"number\":%u}", task ? task->number : 0);
	name_print(name, a->device);
	report = acs_report_new(name, NULL, result, NULL);
	CHECK(report);
	report->task = a->work->id;
	report->outcome = ACS_OUTCOME_DONE;
	if (task)
		task->may_have = true;
	err = sb_call(s, to, ACS_DONE, SB_GIVE(report, 1, acs_report_free), 0, &a->ref);
	if (err)
		acs_report_free(report);
	return err;
}

static int
send_ask(struct sb_session *s, struct actor *a, struct sb_address to)
{
	char name[32];
	struct acs_ask *ask;

	name_print(name, a->device);
	ask = acs_ask_new(s, name, a->deed == CREATES ? "{\"method\":\"GetRPCMethods\"}" : NULL);
	CHECK(ask);
	if (a->deed == CHECKS)
		ask->id = a->world->tasks[a->world->checked].id;
	return acs_ask_send(
		s, to, a->deed == CREATES ? ACS_TASK_CREATE : ACS_TASK, ask, 0, &a->ref);
}

static enum deed
choose(struct actor *a)
{
	struct world *w = a->world;

	if (a->work)
		return REPORTS;
	if (w->is_checking) {
		if (w->checked == w->count) {
			w->has_checked = true;
			return WAITS;
		}
		a->device = w->tasks[w->checked].device;
		return CHECKS;
	}
	a->device = (unsigned)sim_random(w->sim, DEVICES);
	return w->is_there[a->device] && w->count < TASKS && sim_random(w->sim, 2) ? CREATES
										   : INFORMS;
}

static void
go_on(struct sb_session *s, struct sb_timer *timer)
{
	struct actor *a = sb_state(s);
	struct sb_address to;
	char name[32];
	int err;

	(void)timer;
	a->deed = choose(a);
	name_print(name, a->device);
	err = acs_keeper_of(s, &a->world->keepers, name, &to);
	if (!err && a->deed == INFORMS)
		err = send_inform(s, a, to);
	else if (!err && a->deed == REPORTS)
		err = send_report(s, a, to);
	else if (!err && a->deed != WAITS)
		err = send_ask(s, a, to);
	if (err || a->deed == WAITS)
		sb_timer_start(s, &a->timer, 20, go_on);
}

static void
created(struct actor *a, const struct sb_message *m)
{
	const char *at = strstr(m->data, "\"id\":\"");
	struct known *task = &a->world->tasks[a->world->count++];
	char digits[ACS_ID_SIZE];

	CHECK(at);
	snprintf(digits, sizeof(digits), "%.16s", at + 6);
	task->device = a->device;
	task->number = a->world->count;
	CHECK(acs_id_parse(digits, &task->id));
}

static void
checked(struct actor *a, const struct sb_message *m)
{
	const struct known *task = &a->world->tasks[a->world->checked++];
	const char *text = m->data;
	char result[40];

	if (m->status) {
		fprintf(stderr, "task %u of device %u: %s\n", task->number, task->device,
			sb_error_name(m->status));
		CHECK(false);
	}
	snprintf(result, sizeof(result), "\"result\":{\"number\":%u}", task->number);
	if (task->has_ended)
		CHECK(strstr(text, "\"state\":\"done\"") && strstr(text, result));
	else if (!task->may_have)
		CHECK(!strstr(text, "\"state\":\"done\""));
}

static void
ended(struct actor *a)
{
	struct known *task = known_of(a->world, a->work->id);

	if (task)
		task->has_ended = true;
}

static void
actor_message(struct sb_session *s, struct sb_message *m)
{
	struct actor *a = sb_state(s);

	if (m->type != SB_MSG_REPLY || m->ref != a->ref)
		return;
	if (a->deed == CREATES && !m->status)
		created(a, m);
	else if (a->deed == CHECKS)
		checked(a, m);
	else if (a->deed == INFORMS && !m->status)
		a->world->is_there[a->device] = true;
	if (a->deed == REPORTS && !m->status)
		ended(a);
	if (a->deed == REPORTS || a->deed == INFORMS) {
		sb_payload_free(a->work);
		a->work = !m->status && m->size ? sb_message_take(m) : NULL;
	}
	sb_timer_start(s, &a->timer, sim_random(a->world->sim, 20), go_on);
}

static int
actor_begin(struct sb_session *s, const void *args)
{
	struct actor *a = sb_state(s);

	a->world = *(struct world *const *)args;
	sb_timer_start(s, &a->timer, 1, go_on);
	return 0;
}

static void
actor_closed(struct sb_session *s, enum sb_end why)
{
	(void)why;
	sb_payload_free(((struct actor *)sb_state(s))->work);
}

static const struct sb_module actor_module = {
	.abi = SB_MODULE_ABI,
	.name = "seeds.actor",
	.state_size = sizeof(struct actor),
	.start = actor_begin,
	.message = actor_message,
	.closed = actor_closed,
};

/* ---- lives ---- */

static void
begin(struct world *w)
{
	const struct sb_node_options options = {.threads = 1 + (unsigned)sim_random(w->sim, 3),
		.log = w->log,
		.env = sim_env(w->sim)};
	const struct sb_store_options store = {
		.path = "mem:", .memory = w->memory, .delay_ns = sim_random(w->sim, 5) * 1000000};
	struct sb_child_spec spec = {.module = &actor_module,
		.args = &w,
		.args_size = sizeof(w),
		.shard = SB_SHARD_SPREAD};

	CHECK(sb_node_new(&w->node, &options) == 0);
	sim_attach(w->sim, w->node);
	CHECK(sb_store_open(&w->store, w->node, &store, acs_kinds, ACS_KIND_COUNT) == 0);
	w->keepers = (struct acs_keepers){.store = w->store,
		.max_results = TASKS,
		.count = 1 + (uint32_t)sim_random(w->sim, 5)};
	CHECK(acs_keepers_start(&w->keepers, w->node) == 0);
	CHECK(sb_node_start_child(w->node, &spec) == 0);
}

static void
cut(struct world *w)
{
	sb_store_memory_cut(w->memory);
	sb_node_free(w->node);
}

static bool
is_checked(void *context)
{
	const struct world *w = context;

	return w->has_checked;
}

static void
run(uint64_t seed)
{
	const struct sb_log_options log = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	struct world w = {.sim = sim_new(&(struct sim_options){.seed = seed})};

	w.log = sb_log_new(&log);
	w.memory = sb_store_memory_new(sim_env(w.sim));
	CHECK(w.memory);
	for (unsigned life = 0; life < LIVES; life++) {
		begin(&w);
		for (uint64_t steps = sim_random(w.sim, 6000); steps--;)
			sim_step(w.sim);
		cut(&w);
	}
	w.is_checking = true;
	begin(&w);
	CHECK(sim_run_until(w.sim, is_checked, &w, UINT64_C(60000000000)));
	CHECK(w.checked == w.count);
	cut(&w);
	sb_store_memory_free(w.memory);
	sim_free(w.sim);
	sb_log_free(w.log);
}

int
main(int argc, char **argv)
{
	return seeds_main(argc, argv, 25, run);
}
