#include "tests/daemons/acs/bed.h"

#include "core/error.h"
#include "core/registry.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "daemons/acs/event.h"
#include "protocols/cwmp/encode.h"
#include "tests/sim/stand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SETTLE_NS UINT64_C(100000000)

/* A caller does what it is sent, and writes down what comes of it. */
#define DO_ORDER 1

struct caller {
	struct bed *bed;
	struct order *orders; /* under way */
};

struct caller_args {
	struct bed *bed;
	unsigned number;
};

/* ---- callers ---- */

/* The API's listens to what happens. */
static int
caller_begin(struct sb_session *s, const void *args)
{
	const struct caller_args *given = args;
	struct caller *caller = sb_state(s);
	char name[32];
	int err = 0;

	caller->bed = given->bed;
	snprintf(name, sizeof(name), "bed.%u", given->number);
	if (given->number == 0)
		err = sb_join(s, ACS_EVENTS);
	return err ? err : sb_register(s, name);
}

static void
hear(struct bed *bed, const struct sb_message *m)
{
	size_t used = strlen(bed->heard);
	const char *event = m->data;

	snprintf(bed->heard + used, sizeof(bed->heard) - used, "%s %s\n", event,
		event + strlen(event) + 1);
}

static void
done(struct order *order, int status, const struct sb_message *m)
{
	order->is_done = true;
	order->status = status;
	if (!m || !m->data)
		return;
	order->size = m->size;
	order->text = malloc(m->size + 1);
	memcpy(order->text, m->data, m->size);
	order->text[m->size] = '\0';
}

static void
caller_do(struct sb_session *s, struct order *order)
{
	struct caller *caller = sb_state(s);
	struct sb_address to;
	int err = sb_lookup(s, order->keeper, &to);

	if (!err && order->is_post)
		err = sb_post(s, to, order->type, 0, order->payload);
	else if (!err)
		err = sb_call(s, to, order->type, order->payload, 3600000, &order->ref);
	if (err || order->is_post) {
		if (err && order->payload.release)
			order->payload.release((void *)(uintptr_t)order->payload.data);
		done(order, err, NULL);
		return;
	}
	order->next = caller->orders;
	caller->orders = order;
}

static void
caller_message(struct sb_session *s, struct sb_message *m)
{
	struct caller *caller = sb_state(s);

	if (m->type == DO_ORDER) {
		caller_do(s, *(struct order *const *)m->data);
		return;
	}
	if (m->type == ACS_EVENT)
		hear(caller->bed, m);
	for (struct order **link = &caller->orders; *link; link = &(*link)->next) {
		struct order *order = *link;

		if (m->type != SB_MSG_REPLY || order->ref != m->ref)
			continue;
		*link = order->next;
		done(order, m->status, m);
		return;
	}
}

static const struct sb_module caller_module = {
	.abi = SB_MODULE_ABI,
	.name = "bed.caller",
	.state_size = sizeof(struct caller),
	.start = caller_begin,
	.message = caller_message,
};

/* ---- the bed ---- */

void
bed_start(struct bed *bed)
{
	const struct sb_node_options options = {
		.threads = BED_SHARDS, .log = bed->log, .env = sim_env(bed->sim)};
	const struct sb_store_options store = {
		.path = "mem:", .memory = bed->memory, .delay_ns = bed->store_delay_ns};

	assert_int_equal(sb_node_new(&bed->node, &options), 0);
	sim_attach(bed->sim, bed->node);
	assert_int_equal(
		sb_store_open(&bed->store, bed->node, &store, acs_kinds, ACS_KIND_COUNT), 0);
	bed->keepers.store = bed->store;
	assert_int_equal(acs_keepers_start(&bed->keepers, bed->node), 0);
	for (unsigned i = 0; i < BED_CALLERS; i++) {
		struct caller_args args = {bed, i};

		assert_int_equal(sb_node_start_child(bed->node,
					 &(struct sb_child_spec){.module = &caller_module,
						 .args = &args,
						 .args_size = sizeof(args),
						 .shard = (int)(i % BED_SHARDS)}),
			0);
	}
	bed_settle(bed);
}

void
bed_open(struct bed *bed)
{
	memset(bed, 0, sizeof(*bed));
	bed->sim = sim_new(&(struct sim_options){.is_calm = true});
	bed->memory = sb_store_memory_new(sim_env(bed->sim));
	assert_non_null(bed->memory);
	bed->log = stand_log(&bed->log_fd);
	bed_start(bed);
}

void
bed_crash(struct bed *bed)
{
	sb_store_memory_cut(bed->memory);
	sb_node_free(bed->node);
}

void
bed_restart(struct bed *bed)
{
	bed_crash(bed);
	bed_start(bed);
}

void
bed_stop(struct bed *bed)
{
	sb_node_stop(bed->node);
	bed_pass(bed, 60000);
	assert_true(sb_node_is_stopped(bed->node));
	assert_false(bed->keepers.has_failed);
	sb_node_free(bed->node);
}

void
bed_free(struct bed *bed)
{
	sb_store_memory_free(bed->memory);
	stand_log_free(bed->log, bed->log_fd);
	assert_int_equal(sim_live_allocations(bed->sim), 0);
	sim_free(bed->sim);
}

void
bed_close(struct bed *bed)
{
	bed_stop(bed);
	bed_free(bed);
}

static void
run_for(struct bed *bed, uint64_t ns)
{
	if (bed->runs)
		bed->runs(true);
	sim_run_for(bed->sim, ns);
	if (bed->runs)
		bed->runs(false);
}

void
bed_settle(struct bed *bed)
{
	run_for(bed, SETTLE_NS);
}

void
bed_pass(struct bed *bed, uint64_t ms)
{
	run_for(bed, ms * 1000000);
}

/* ---- orders ---- */

void
bed_send(struct bed *bed, unsigned caller, const char *device, struct order *order)
{
	struct sb_address to;
	char name[32];

	order->bed = bed;
	if (!order->keeper[0])
		snprintf(order->keeper, sizeof(order->keeper), "acs.keeper.%u",
			acs_keeper_number(&bed->keepers, device));
	snprintf(name, sizeof(name), "bed.%u", caller);
	assert_int_equal(sb_node_lookup(bed->node, name, &to), 0);
	assert_int_equal(
		sb_node_post(bed->node, to, DO_ORDER, 0, SB_COPY(&order, sizeof(order))), 0);
}

void
order_fini(struct order *order)
{
	free(order->text);
	memset(order, 0, sizeof(*order));
}

void
bed_ask_begin(struct bed *bed, struct order *order, uint32_t type, const char *device, uint64_t id,
	uint32_t wait_ms, const char *text)
{
	size_t size = text ? strlen(text) : 0;
	struct acs_ask *ask = calloc(1, sizeof(*ask) + size + 1);

	assert_non_null(ask);
	memset(order, 0, sizeof(*order));
	snprintf(ask->device, sizeof(ask->device), "%s", device);
	ask->id = id;
	ask->wait_ms = wait_ms;
	ask->size = (uint32_t)size;
	memcpy(ask->text, text ? text : "", size + 1);
	order->type = type;
	order->payload = SB_GIVE(ask, sizeof(*ask) + size + 1, free);
	if (type >= ACS_PRESET_PUT && type <= ACS_PRESET_DELETE)
		strcpy(order->keeper, ACS_PRESETS);
	bed_send(bed, 0, device, order);
}

const char *
bed_ask(struct bed *bed, uint32_t type, const char *device, uint64_t id, const char *text,
	int *status)
{
	static char answer[1 << 20];
	struct order order;

	bed_ask_begin(bed, &order, type, device, id, 0, text);
	bed_settle(bed);
	assert_true(order.is_done);
	if (status)
		*status = order.status;
	else if (order.status)
		fail_msg("%s: %s", sb_error_name(order.status), order.text ? order.text : "");
	snprintf(answer, sizeof(answer), "%s", order.text ? order.text : "");
	order_fini(&order);
	return answer;
}

/* ---- sessions ---- */

static struct acs_work *
work_of(struct order *order, int *status)
{
	struct acs_work *work = NULL;

	assert_true(order->is_done);
	if (status)
		*status = order->status;
	else
		assert_int_equal(order->status, 0);
	if (!order->status && order->size) {
		work = (struct acs_work *)order->text;
		order->text = NULL;
	}
	order_fini(order);
	return work;
}

static struct cwmp_event
event_of(const char *text, char storage[64])
{
	char *key;

	snprintf(storage, 64, "%s", text);
	key = strchr(storage, '/');
	if (key)
		*key++ = '\0';
	return (struct cwmp_event){storage, key ? key : ""};
}

#define ROOT "Device."

static void *
payload_of(void *context, size_t size)
{
	void *memory = malloc(size);

	(void)context;
	assert_non_null(memory);
	return memory;
}

static struct acs_inform *
inform_of(const char *device, const char *serial, const struct informed *what)
{
	struct cwmp_event events[4];
	struct cwmp_parameter_value values[2] = {
		{ROOT "DeviceInfo.SoftwareVersion", {CWMP_TYPE_STRING, what->version}},
		{ROOT "ManagementServer.ParameterKey", {CWMP_TYPE_STRING, what->parameter_key}}};
	struct cwmp_inform inform = {
		.device_id = {"Acme", "00AABB", "Box", serial},
		.event.each = events,
		.parameter_list = {values, what->parameter_key ? 2 : 1},
	};
	char storage[4][64];

	for (; inform.event.count < 4 && what->events[inform.event.count]; inform.event.count++)
		events[inform.event.count] =
			event_of(what->events[inform.event.count], storage[inform.event.count]);
	return acs_inform_pack(payload_of, NULL, device, &inform, "192.0.2.1", "1.0");
}

static void
inform_send(struct bed *bed, unsigned caller, const char *serial, const struct informed *what,
	struct order *order)
{
	struct acs_inform *packed;
	char device[64];

	snprintf(device, sizeof(device), "00AABB-Box-%s", serial);
	packed = inform_of(device, serial, what);
	assert_non_null(packed);
	*order = (struct order){
		.type = ACS_INFORM, .payload = SB_GIVE(packed, acs_inform_size(packed), free)};
	bed_send(bed, caller, device, order);
}

struct acs_work *
bed_inform(struct bed *bed, unsigned caller, const char *serial, const struct informed *what,
	int *status)
{
	struct order order;

	inform_send(bed, caller, serial, what, &order);
	bed_settle(bed);
	return work_of(&order, status);
}

void
bed_inform_begin(struct bed *bed, unsigned caller, const char *serial, const struct informed *what)
{
	bed->open = calloc(1, sizeof(*bed->open));
	assert_non_null(bed->open);
	inform_send(bed, caller, serial, what, bed->open);
}

int
bed_forget(struct bed *bed)
{
	int status = bed->open->status;

	order_fini(bed->open);
	free(bed->open);
	bed->open = NULL;
	return status;
}

struct acs_work *
bed_report(struct bed *bed, unsigned caller, uint32_t type, struct acs_report *report, int *status)
{
	struct order order = {
		.type = type, .payload = SB_GIVE(report, sizeof(*report), acs_report_free)};

	bed_send(bed, caller, report->device, &order);
	bed_settle(bed);
	return work_of(&order, status);
}

static void
complete_send(struct bed *bed, unsigned caller, const char *serial, const char *command_key,
	uint32_t fault_code, struct order *order)
{
	static const char text[] = "{\"CommandKey\":\"x\"}";
	struct acs_complete *complete = calloc(1, sizeof(*complete) + sizeof(text));

	assert_non_null(complete);
	snprintf(complete->device, sizeof(complete->device), "00AABB-Box-%s", serial);
	snprintf(complete->command_key, sizeof(complete->command_key), "%s", command_key);
	complete->operation = ACS_OPERATION_TRANSFER;
	complete->fault_code = fault_code;
	memcpy(complete->text, text, sizeof(text));
	*order = (struct order){.type = ACS_COMPLETE,
		.payload = SB_GIVE(complete, sizeof(*complete) + sizeof(text), free)};
	bed_send(bed, caller, complete->device, order);
}

int
bed_complete(struct bed *bed, unsigned caller, const char *serial, const char *command_key,
	uint32_t fault_code)
{
	struct order order;
	int status;

	complete_send(bed, caller, serial, command_key, fault_code, &order);
	bed_settle(bed);
	free(work_of(&order, &status));
	return status;
}

/* ---- envelopes ---- */

struct cwmp_envelope *
envelope_of(const struct cwmp_message *message)
{
	static char octets[4 << 20];
	struct cwmp_decoder *decoder = cwmp_decoder_new(sb_env_system(), NULL);
	struct cwmp_envelope *envelope = NULL;
	struct cwmp_dialect dialect;
	ssize_t size;

	cwmp_dialect_init(&dialect, CWMP_1_0);
	size = cwmp_encode(message, &dialect, octets, sizeof(octets));
	assert_true(size > 0 && (size_t)size <= sizeof(octets));
	assert_int_equal(cwmp_decode(decoder, sb_bytes(octets, (size_t)size), &envelope), 0);
	cwmp_decoder_free(decoder);
	return envelope;
}

struct cwmp_envelope *
values_of(const char *const pairs[])
{
	struct cwmp_parameter_value values[64];
	struct cwmp_message message = {.kind = CWMP_RESPONSE, .method = CWMP_GET_PARAMETER_VALUES};
	size_t count = 0;

	for (; pairs[2 * count]; count++)
		values[count] = (struct cwmp_parameter_value){
			pairs[2 * count], {CWMP_TYPE_STRING, pairs[2 * count + 1]}};
	message.body.get_parameter_values_response.parameter_list.each = values;
	message.body.get_parameter_values_response.parameter_list.count = count;
	return envelope_of(&message);
}

uint64_t
id_in(const char *json)
{
	const char *at = strstr(json, "\"id\":\"");
	char digits[ACS_ID_SIZE];
	uint64_t id = 0;

	assert_non_null(at);
	snprintf(digits, sizeof(digits), "%.16s", at + 6);
	assert_true(acs_id_parse(digits, &id));
	return id;
}

bool
has(const char *text, const char *what)
{
	if (strstr(text, what))
		return true;
	print_error("not in it: %s\n%s\n", what, text);
	return false;
}
