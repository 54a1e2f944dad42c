/* When a device has its sessions, and what becomes of them. */
#include "daemons/cwmp-sim/device.h"
#include "core/error.h"
#include "core/node.h"
#include "core/registry.h"
#include "daemons/cwmp-sim/door.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MAX_MS 1000000000000.0 /* and no number that does not fit */

enum { CALL_LIMIT = 1 << 20, RETRY_EXPONENT_MAX = 9, PATH_ROOM = 320 };

struct device *
device_of(const struct sb_session *s)
{
	return sb_state(s);
}

static void on_due(struct sb_session *s, struct sb_timer *timer);

/* ---- what is to be told ---- */

void
device_add_event(struct device *d, const char *code, const char *key)
{
	struct device_event *grown;

	for (size_t i = d->told; i < d->event_count; i++)
		if (strcmp(d->events[i].code, code) == 0 && strcmp(d->events[i].key, key) == 0)
			return;
	if (d->event_count == DEVICE_EVENTS_MAX)
		return;
	grown = realloc(d->events, (d->event_count + 1) * sizeof(*grown));
	if (!grown)
		return;
	d->events = grown;
	grown += d->event_count++;
	snprintf(grown->code, sizeof(grown->code), "%s", code);
	snprintf(grown->key, sizeof(grown->key), "%s", key);
}

void
device_note_change(struct device *d, const char *path)
{
	const struct model_entry *entry = model_find(&d->model, path);
	char **grown, *copy;

	if (!entry || !entry->notification)
		return;
	for (size_t i = d->told_changes; i < d->changed_count; i++)
		if (strcmp(d->changed[i], path) == 0)
			return;
	copy = strdup(path);
	grown = copy ? realloc(d->changed, (d->changed_count + 1) * sizeof(*grown)) : NULL;
	if (!grown) {
		free(copy);
		return;
	}
	d->changed = grown;
	d->changed[d->changed_count++] = copy;
	if (entry->notification == 2)
		device_add_event(d, "4 VALUE CHANGE", "");
}

static void
announce(struct device *d, const struct device_call *call)
{
	device_add_event(d, call->code, "");
	device_add_event(d, call->m_code, call->key);
}

struct device_call *
device_add_call(struct device *d, enum cwmp_method method, const char *code, const char *m_code,
	const char *key)
{
	struct device_call *call = calloc(1, sizeof(*call)), **last = &d->calls;

	if (!call)
		return NULL;
	call->method = method;
	call->code = code;
	call->m_code = m_code;
	snprintf(call->key, sizeof(call->key), "%s", key);
	sb_arena_init(&call->arena, sb_env_system(), NULL, 0, CALL_LIMIT);
	while (*last)
		last = &(*last)->next;
	*last = call;
	announce(d, call);
	return call;
}

void
device_call_free(struct device_call *call)
{
	sb_arena_fini(&call->arena);
	free(call);
}

/* ---- when ---- */

static void
start_due(struct device *d, struct sb_session *s, uint64_t delay_ms, bool is_periodic)
{
	d->has_periodic = is_periodic;
	sb_timer_start(s, &d->due, delay_ms, on_due);
}

/* The wait before the next try: between m*(k/1000)^(n-1) and m*(k/1000)^n, anywhere. */
static uint64_t
retry_wait_ms(const struct device *d, struct sb_session *s)
{
	const struct sim_options *o = &d->sim->options;
	uint32_t n = d->retries < RETRY_EXPONENT_MAX + 1 ? d->retries : RETRY_EXPONENT_MAX + 1;
	double low = (double)o->retry_ms, high, random;
	uint32_t octets;

	for (uint32_t i = 1; i < n; i++)
		low = low * o->retry_multiplier / 1000;
	high = low * o->retry_multiplier / 1000;
	sb_random(s, &octets, sizeof(octets));
	random = (double)octets / UINT32_MAX;
	low += (high - low) * random;
	return low < WAIT_MAX_MS ? (uint64_t)low : WAIT_MAX_MS;
}

/* What the model says, in milliseconds; where it says seconds that nobody changed, the option. */
static bool
periodic_ms(struct device *d, struct sb_session *s, uint64_t *ms)
{
	struct sb_arena arena;
	const char *enable, *interval;
	bool is_on = true;

	sb_arena_init(&arena, sb_env_system(), NULL, 0, CALL_LIMIT);
	*ms = d->sim->options.interval_ms;
	enable = device_setting(d, s, "PeriodicInformEnable", &arena);
	interval = device_setting(d, s, "PeriodicInformInterval", &arena);
	if (enable)
		is_on = strcmp(enable, "1") == 0 || strcmp(enable, "true") == 0;
	if (interval && strtoull(interval, NULL, 10) != *ms / 1000)
		*ms = strtoull(interval, NULL, 10) * 1000;
	sb_arena_fini(&arena);
	return is_on;
}

static void
schedule(struct device *d, struct sb_session *s)
{
	uint64_t ms;

	d->state = DEVICE_IDLE;
	if (d->event_count)
		start_due(d, s, 0, false);
	else if (periodic_ms(d, s, &ms))
		start_due(d, s, ms, true);
}

static void
on_due(struct sb_session *s, struct sb_timer *timer)
{
	struct device *d = device_of(s);

	(void)timer;
	if (d->state != DEVICE_IDLE)
		return;
	if (d->has_periodic || !d->event_count)
		device_add_event(d, "2 PERIODIC", "");
	device_session_begin(d, s);
}

/* ---- what becomes of a session ---- */

/* What was downloaded runs from the boot on, whatever is reset. */
static void
run_firmware(struct device *d)
{
	const char *root = d->sim->model->root;
	char path[PATH_ROOM];

	if (!d->firmware[0])
		return;
	snprintf(path, sizeof(path), "%.*s.DeviceInfo.SoftwareVersion", (int)strcspn(root, "."),
		root);
	model_set(&d->model, path, d->firmware);
}

static void
on_booted(struct sb_session *s, struct sb_timer *timer)
{
	struct device *d = device_of(s);

	(void)timer;
	d->booted_ns = sb_now(s);
	d->state = DEVICE_IDLE;
	start_due(d, s, 0, false);
}

static void
go_away(struct device *d, struct sb_session *s)
{
	enum device_after after = d->after;

	d->after = AFTER_NOTHING;
	d->state = DEVICE_AWAY;
	d->retries = 0;
	if (after == AFTER_FACTORY_RESET) {
		model_view_reset(&d->model);
		device_add_event(d, "0 BOOTSTRAP", "");
	}
	run_firmware(d);
	device_add_event(d, "1 BOOT", "");
	if (after == AFTER_REBOOT)
		device_add_event(d, "M Reboot", d->after_key);
	device_nat_stop(d, s);
	client_close(&d->client, s);
	sb_timer_start(s, &d->due, d->sim->options.reboot_ms, on_booted);
}

void
device_wake(struct device *d, struct sb_session *s)
{
	if (d->state != DEVICE_IDLE || d->is_over)
		return;
	if (d->after != AFTER_NOTHING)
		go_away(d, s);
	else
		start_due(d, s, 0, false);
}

void
device_wake_to_tell(struct device *d, struct sb_session *s)
{
	for (size_t i = 0; i < d->event_count; i++)
		if (strcmp(d->events[i].code, "4 VALUE CHANGE") == 0)
			device_wake(d, s);
}

void
device_requested(struct device *d, struct sb_session *s)
{
	sb_counter_add(d->sim->counters.requests, sb_session_shard(s), 1);
	device_add_event(d, "6 CONNECTION REQUEST", "");
	device_wake(d, s);
}

/* It has had all its sessions; the last of all devices ends the program. */
static void
over(struct device *d, struct sb_session *s)
{
	d->is_over = true;
	d->state = DEVICE_AWAY;
	device_nat_stop(d, s);
	client_close(&d->client, s);
	if (atomic_fetch_sub(&d->sim->left, 1) == 1)
		sb_node_stop(d->sim->node);
}

static void
session_failed(struct device *d, struct sb_session *s, int err, uint32_t retry_after_s)
{
	uint64_t wait_ms;

	d->told = d->told_changes = 0;
	for (const struct device_call *call = d->calls; call; call = call->next)
		announce(d, call);
	d->retries++;
	wait_ms = retry_wait_ms(d, s);
	if (retry_after_s * 1000ULL > wait_ms)
		wait_ms = retry_after_s * 1000ULL;
	if (err != SB_ECANCELED) {
		sb_counter_add(d->sim->counters.failed, sb_session_shard(s), 1);
		SB_LOG_LIMITED(s, ERROR, "cwmpsim.session_failed", "error", SB_ERR(err), "retries",
			SB_UINT(d->retries), "wait_ms", SB_UINT(wait_ms));
	}
	d->state = DEVICE_IDLE;
	start_due(d, s, wait_ms, false);
}

/* An ACS may have changed its settings. */
static void
go_on(struct device *d, struct sb_session *s)
{
	device_nat_update(d, s);
	schedule(d, s);
}

void
device_session_over(struct device *d, struct sb_session *s, int err, uint32_t retry_after_s)
{
	const struct sim_options *o = &d->sim->options;
	unsigned shard = sb_session_shard(s);

	client_rest(&d->client);
	if (!err) {
		d->retries = 0;
		d->sessions++;
		sb_counter_add(d->sim->counters.sessions, shard, 1);
		sb_histogram_record(d->sim->counters.session_ns, shard, sb_now(s) - d->began_ns);
	}
	if (d->is_stopping)
		sb_close(s, SB_END_DRAIN);
	else if (err)
		session_failed(d, s, err, retry_after_s);
	else if (o->sessions && d->sessions >= o->sessions)
		over(d, s);
	else if (d->after != AFTER_NOTHING)
		go_away(d, s);
	else
		go_on(d, s);
}

/* ---- values that change by themselves ---- */

static void
change_value(struct device *d, const struct model_entry *entry)
{
	char value[24], path[257];

	snprintf(path, sizeof(path), "%s", entry->path);
	snprintf(value, sizeof(value), "%llu", strtoull(entry->value, NULL, 10) + 1);
	if (model_set(&d->model, path, value) == 0)
		device_note_change(d, path);
}

static void
on_change(struct sb_session *s, struct sb_timer *timer)
{
	struct device *d = device_of(s);

	for (size_t i = 0; i < model_entries(&d->model)->count; i++)
		if (model_entries(&d->model)->each[i].flags & MODEL_CHANGES)
			change_value(d, &model_entries(&d->model)->each[i]);
	device_wake_to_tell(d, s);
	sb_timer_start(s, timer, d->sim->options.change_ms, on_change);
}

/* ---- the module ---- */

static int
take_name(struct device *d, struct sb_session *s)
{
	char name[32];

	snprintf(name, sizeof(name), "cwmp-sim.%u", d->number);
	return sb_register(s, name);
}

static int
on_start(struct sb_session *s, const void *args)
{
	const struct device_args *a = args;
	struct device *d = device_of(s);
	const struct sim_options *o = &a->sim->options;
	uint64_t delay_ms = 0;
	uint32_t random;
	int err;

	d->sim = a->sim;
	d->number = a->number;
	d->state = DEVICE_IDLE;
	err = take_name(d, s);
	if (err)
		return err;
	client_init(&d->client, &d->sim->client, device_answered);
	model_view_init(&d->model, d->sim->model);
	d->booted_ns = sb_now(s);
	device_add_event(d, "0 BOOTSTRAP", "");
	device_add_event(d, "1 BOOT", "");
	sb_random(s, &random, sizeof(random));
	if (o->spread_ms)
		delay_ms = random % o->spread_ms;
	start_due(d, s, delay_ms, false);
	if (o->change_ms)
		sb_timer_start(s, &d->change, o->change_ms, on_change);
	return 0;
}

static int
on_connected(struct sb_session *s, const struct sb_peer *peer)
{
	(void)peer;
	client_connected(&device_of(s)->client, s);
	return 0;
}

static ssize_t
on_received(struct sb_session *s, struct sb_bytes in)
{
	return client_received(&device_of(s)->client, s, in);
}

static void
on_input_ended(struct sb_session *s)
{
	client_input_ended(&device_of(s)->client, s);
}

static void
on_disconnected(struct sb_session *s, enum sb_end why)
{
	client_disconnected(&device_of(s)->client, s, why);
}

/* A session that is under way comes to its end. */
static void
on_stopping(struct sb_session *s)
{
	struct device *d = device_of(s);

	d->is_stopping = true;
	if (d->state == DEVICE_IDLE || d->state == DEVICE_AWAY)
		sb_close(s, SB_END_DRAIN);
}

static void
on_message(struct sb_session *s, struct sb_message *m)
{
	struct device *d = device_of(s);

	if (m->type == SIM_TRANSFER_DONE)
		device_transfer_done(d, s, m);
	else if (m->type == SIM_CONNECTION_REQUEST)
		door_ask_device(d, s, m);
}

static void
on_closed(struct sb_session *s, enum sb_end why)
{
	struct device *d = device_of(s);

	(void)why;
	while (d->calls) {
		struct device_call *call = d->calls;

		d->calls = call->next;
		device_call_free(call);
	}
	device_transfers_free(d, s);
	device_state_free(d);
	/* Its socket has gone with the session. */
	free(d->nat);
	client_fini(&d->client);
	model_view_reset(&d->model);
}

const struct sb_module device_module = {
	.abi = SB_MODULE_ABI,
	.name = "cwmp-sim.device",
	.state_size = sizeof(struct device),
	.start = on_start,
	.connected = on_connected,
	.received = on_received,
	.input_ended = on_input_ended,
	.disconnected = on_disconnected,
	.stopping = on_stopping,
	.message = on_message,
	.closed = on_closed,
};
