/*
 * A keeper as a session: its parts made and freed, its messages handed to the file that knows.
 * What is decided of a device is decided here, one thing after the other; so there is no lock,
 * and an answer can wait until what it says is durable.
 */
#include "core/error.h"
#include "core/node.h"
#include "core/registry.h"
#include "core/supervisor.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/keeper_internal.h"
#include "daemons/acs/presets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2025-01-01, where ids begin. */
#define EPOCH_MS    INT64_C(1735689600000)
#define NUMBER_BITS 10
#define SERIAL_BITS 12

/* Commits under way are waited for. */
#define SHUTDOWN_MS 10000

struct keeper_args {
	struct acs_keepers *config;
	uint32_t number;
};

/* ---- answers ---- */

void
acs_answer(struct acs_keeper *k, struct sb_from from, struct acs_text *t)
{
	struct acs_octets text;

	if (acs_text_end(t, &text)) {
		acs_refuse(k, from, SB_ENOMEM, NULL);
		return;
	}
	acs_give(k, from, &text);
}

void
acs_give(struct acs_keeper *k, struct sb_from from, struct acs_octets *text)
{
	if (sb_reply(k->session, from, 0, SB_GIVE(text->data, text->size, free))) {
		acs_octets_free(text);
		acs_refuse(k, from, SB_ENOMEM, NULL);
	}
	*text = (struct acs_octets){0};
}

void
acs_refuse(struct acs_keeper *k, struct sb_from from, int status, const char *words)
{
	struct sb_payload payload = words ? SB_COPY(words, strlen(words)) : SB_NOTHING;

	if (sb_reply(k->session, from, status, payload))
		(void)sb_reply(k->session, from, status, SB_NOTHING);
}

struct acs_device *
acs_asked_device(struct acs_keeper *k, const struct sb_message *m)
{
	const struct acs_ask *ask = m->data;
	struct acs_device *device = acs_devices_find(&k->devices, ask->device);

	if (device && !device->is_leaving)
		return device;
	if (device)
		acs_refuse(k, sb_message_from(m), SB_FULL, "the device is being deleted");
	else
		acs_refuse(k, sb_message_from(m), SB_ENOENT, "no such device");
	return NULL;
}

/* A counter that is the time as long as that is ahead: it rises, also when the clock is set back.
 * No two keepers make the same id. */
uint64_t
acs_id_next(struct acs_keeper *k)
{
	int64_t wall = acs_wall(k) - EPOCH_MS;
	uint64_t tick = (uint64_t)(wall > 0 ? wall : 0) << SERIAL_BITS;

	if (tick <= k->last_tick)
		tick = k->last_tick + 1;
	k->last_tick = tick;
	return (tick >> SERIAL_BITS) << (NUMBER_BITS + SERIAL_BITS) |
	       (uint64_t)(k->number & ((1u << NUMBER_BITS) - 1)) << SERIAL_BITS |
	       (tick & ((1u << SERIAL_BITS) - 1));
}

void
acs_id_seen(struct acs_keeper *k, uint64_t id)
{
	uint64_t tick = (id >> (NUMBER_BITS + SERIAL_BITS)) << SERIAL_BITS |
			(id & ((1u << SERIAL_BITS) - 1));

	if (tick > k->last_tick)
		k->last_tick = tick;
}

/* ---- the session ---- */

static void
metrics_init(struct acs_keeper *k)
{
	struct sb_metrics *metrics = sb_node_metrics(sb_session_node(k->session));

	k->shown_devices.gauge = sb_metrics_gauge(
		metrics, "acs_devices", "Devices that are kept", (const char *)NULL);
	k->shown_tasks.gauge = sb_metrics_gauge(
		metrics, "acs_tasks", "Tasks that have not ended", (const char *)NULL);
	k->shown_faults.gauge =
		sb_metrics_gauge(metrics, "acs_faults", "Faults that stand", (const char *)NULL);
	k->informs = sb_metrics_counter(
		metrics, "acs_informs_total", "Informs noted", (const char *)NULL);
	k->new_devices = sb_metrics_counter(
		metrics, "acs_new_devices_total", "Devices seen first", (const char *)NULL);
	k->done = sb_metrics_counter(
		metrics, "acs_tasks_done_total", "Tasks done", (const char *)NULL);
	k->failed = sb_metrics_counter(metrics, "acs_tasks_failed_total",
		"Tasks that failed or expired", (const char *)NULL);
}

static void
show(const struct acs_keeper *k, struct acs_shown *shown, size_t count)
{
	sb_gauge_add(shown->gauge, sb_session_shard(k->session), (int64_t)count - shown->value);
	shown->value = (int64_t)count;
}

static void
show_all(struct acs_keeper *k)
{
	show(k, &k->shown_devices, k->devices.count);
	show(k, &k->shown_tasks, k->tasks);
	show(k, &k->shown_faults, k->faults);
}

static void
presets_changed(struct acs_keeper *k, const struct sb_message *m)
{
	struct acs_preset_set set;
	size_t refused;
	json_t *array;
	int err = acs_json_load(&array, sb_bytes(m->data, m->size), 0, NULL);

	if (!err)
		err = acs_preset_set_init(&set, array, &refused);
	json_decref(array);
	if (err) {
		SB_LOG(k->session, ERROR, "acs.presets_refused", "error", SB_ERR(err));
		return;
	}
	acs_preset_set_fini(&k->presets);
	k->presets = set;
	k->presets_version = m->ref;
}

/* What was published may have found no memory on its way. */
static void
presets_look(struct acs_keeper *k)
{
	struct sb_address owner;

	if (acs_has_loaded(k) && k->presets_version != atomic_load(&k->config->presets_version) &&
		sb_lookup(k->session, ACS_PRESETS, &owner) == 0)
		(void)sb_post(k->session, owner, ACS_PRESETS_WANTED, 0, SB_NOTHING);
}

static void
tick(struct sb_session *s, struct sb_timer *timer)
{
	struct acs_keeper *k = sb_state(s);

	acs_queue_tick(k);
	presets_look(k);
	sb_timer_start(s, timer, ACS_TICK_MS, tick);
}

static int
keeper_begin(struct sb_session *s, const void *args)
{
	const struct keeper_args *given = args;
	struct acs_keeper *k = sb_state(s);

	k->session = s;
	k->config = given->config;
	k->number = given->number;
	k->began_ns = sb_now(s);
	metrics_init(k);
	acs_load_begin(k);
	sb_timer_start(s, &k->tick, ACS_TICK_MS, tick);
	return 0;
}

static void
store_answered(struct acs_keeper *k, const struct sb_message *m)
{
	if (m->ref == ACS_LOAD_REF)
		acs_load_page(k, m);
	else if (m->ref != 0)
		acs_commit_done(k, m);
	/* Ref 0 says that a full queue has room: nobody was told to wait. */
}

static void
maybe_stop(struct acs_keeper *k)
{
	if (k->is_stopping && k->commit_count == 0 && k->jobs == 0)
		sb_close(k->session, SB_END_DRAIN);
}

static void
ask(struct acs_keeper *k, const struct sb_message *m)
{
	switch ((enum acs_message)m->type) {
	case ACS_DEVICES:
		acs_ask_devices(k, m);
		break;
	case ACS_DEVICE:
		acs_ask_device(k, m);
		break;
	case ACS_DEVICE_TAGS:
		acs_ask_device_tags(k, m);
		break;
	case ACS_DEVICE_DELETE:
		acs_ask_device_delete(k, m);
		break;
	case ACS_PARAMETERS:
	case ACS_STORED:
		acs_ask_parameters(k, m);
		break;
	case ACS_TASK_CREATE:
		acs_ask_task_create(k, m);
		break;
	case ACS_TASKS:
		acs_ask_tasks(k, m);
		break;
	case ACS_TASK:
		acs_ask_task(k, m);
		break;
	case ACS_TASK_CANCEL:
		acs_ask_task_cancel(k, m);
		break;
	case ACS_TASK_RETRY:
		acs_ask_task_retry(k, m);
		break;
	case ACS_FAULTS:
		acs_ask_faults(k, m);
		break;
	case ACS_FAULT_DELETE:
		acs_ask_fault_delete(k, m);
		break;
	case ACS_COUNTS:
		acs_ask_counts(k, m);
		break;
	default:
		acs_refuse(k, sb_message_from(m), SB_ENOTSUP, NULL);
	}
}

static void
keeper_message(struct sb_session *s, struct sb_message *m)
{
	struct acs_keeper *k = sb_state(s);

	switch (m->type) {
	case ACS_INFORM:
		acs_keeper_inform(k, m);
		break;
	case ACS_SEEN:
	case ACS_DONE:
		acs_keeper_report(k, m);
		break;
	case ACS_COMPLETE:
		acs_keeper_complete(k, m);
		break;
	case ACS_LEFT:
		acs_keeper_left(k, m);
		break;
	case ACS_SCRIPT_ENDED:
		acs_keeper_script(k, m);
		break;
	case ACS_PRESETS_CHANGED:
		presets_changed(k, m);
		break;
	case SB_MSG_STORE:
		store_answered(k, m);
		break;
	case SB_MSG_JOB:
		acs_job_done(k, m);
		break;
	default:
		ask(k, m);
	}
	show_all(k);
	maybe_stop(k);
}

static void
keeper_stopping(struct sb_session *s)
{
	struct acs_keeper *k = sb_state(s);

	k->is_stopping = true;
	maybe_stop(k);
}

static void
keeper_closed(struct sb_session *s, enum sb_end why)
{
	struct acs_keeper *k = sb_state(s);

	(void)why;
	acs_commits_fini(k);
	while (k->devices.count)
		acs_device_forget(k, k->devices.by_id[k->devices.count - 1]);
	show_all(k);
	acs_devices_fini(&k->devices);
	acs_preset_set_fini(&k->presets);
	json_decref(k->load_presets);
}

static void
keeper_describe(const struct sb_session *s, struct sb_fields *f)
{
	const struct acs_keeper *k = sb_state(s);

	sb_fields_add(f, "keeper", SB_UINT(k->number));
	sb_fields_add(f, "devices", SB_UINT(k->devices.count));
	sb_fields_add(f, "tasks", SB_UINT(k->tasks));
	sb_fields_add(f, "faults", SB_UINT(k->faults));
	sb_fields_add(f, "commits", SB_UINT(k->commit_count));
}

static const struct sb_module keeper_module = {
	.abi = SB_MODULE_ABI,
	.name = "acs.keeper",
	.state_size = sizeof(struct acs_keeper),
	.start = keeper_begin,
	.message = keeper_message,
	.stopping = keeper_stopping,
	.closed = keeper_closed,
	.describe = keeper_describe,
};

/* ---- the start ---- */

#define DEFAULT(member, value) (keepers->member = keepers->member ? keepers->member : (value))

static void
defaults(struct acs_keepers *keepers, struct sb_node *node)
{
	DEFAULT(count, 2 * sb_node_shards(node));
	DEFAULT(max_devices, 1000000);
	DEFAULT(max_tasks, 100);
	DEFAULT(max_results, 20);
	DEFAULT(result_bytes, 256u << 10);
	DEFAULT(document_bytes, 16u << 20);
	DEFAULT(waiting_bytes, 256u << 20);
	DEFAULT(result_ms, UINT64_C(86400000));
	DEFAULT(expiry_ms, 30 * UINT64_C(86400000));
	DEFAULT(operation_ms, UINT64_C(86400000));
	DEFAULT(attempts, 5);
	DEFAULT(retry_ms, 30000);
	DEFAULT(longest_retry_ms, 3600000);
	DEFAULT(batch, 256);
}

static int
keeper_start(struct acs_keepers *keepers, struct sb_node *node, uint32_t number)
{
	/* Many devices ask at once, and each is answered; bodies of reports are large. */
	static const struct sb_limits limits = {
		.mailbox_messages = 65535, .mailbox_bytes = 256u << 20, .max_calls = 65536};
	struct keeper_args args = {keepers, number};
	char id[32];

	snprintf(id, sizeof(id), "acs.keeper.%u", number);
	return sb_node_start_child(node, &(struct sb_child_spec){
						 .id = id,
						 .module = &keeper_module,
						 .args = &args,
						 .args_size = sizeof(args),
						 .restart = SB_PERMANENT,
						 .shutdown_ms = SHUTDOWN_MS,
						 .shard = (int)(number % sb_node_shards(node)),
						 .limits = &limits,
					 });
}

int
acs_keepers_start(struct acs_keepers *keepers, struct sb_node *node)
{
	int err;

	defaults(keepers, node);
	err = acs_presets_start(keepers, node);
	for (uint32_t i = 0; i < keepers->count && !err; i++)
		err = keeper_start(keepers, node, i);
	return err;
}
