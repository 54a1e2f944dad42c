/* The messages of one CWMP session, from the Inform to the end. */
#include "core/error.h"
#include "daemons/cwmp-sim/device.h"
#include "protocols/cwmp/decode.h"
#include "protocols/cwmp/encode.h"
#include "protocols/cwmp/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	REPEATS_MAX = 5,
	ARENA_LIMIT = 256 << 20,
	ARENA_ROOM = 4096,
	ID_ROOM = 24,
	ENVELOPE_ROOM = 4096
};

/* An arena whose first room is on the stack. */
struct scratch {
	struct sb_arena arena;
	_Alignas(16) char room[ARENA_ROOM];
};

static void
scratch_init(struct scratch *scratch)
{
	sb_arena_init(&scratch->arena, sb_env_system(), scratch->room, sizeof(scratch->room),
		ARENA_LIMIT);
}

static bool
has_chance(struct sb_session *s, double rate)
{
	uint32_t random;

	if (rate <= 0)
		return false;
	sb_random(s, &random, sizeof(random));
	return random < rate * UINT32_MAX;
}

/* ---- sending ---- */

static void
fail(struct device *d, struct sb_session *s, int err)
{
	client_close(&d->client, s);
	device_session_over(d, s, err, 0);
}

/* The octets of an envelope in memory of their own (malloc), of which `room` are tried first; the
 * size that is needed, or an error. */
static ssize_t
encode_into(const struct device *d, const struct cwmp_message *message, size_t room, char **out)
{
	ssize_t needed;

	*out = malloc(room);
	if (!*out)
		return SB_ENOMEM;
	needed = cwmp_encode(message, &d->sim->dialect, *out, room);
	if (needed < 0 || (size_t)needed > room) {
		free(*out);
		*out = NULL;
	}
	return needed;
}

static int
encode(const struct device *d, const struct cwmp_message *message, char **out, size_t *size)
{
	ssize_t needed = encode_into(d, message, ENVELOPE_ROOM, out);

	if (needed > ENVELOPE_ROOM)
		needed = encode_into(d, message, (size_t)needed, out);
	if (needed < 0)
		return (int)needed;
	*size = (size_t)needed;
	return 0;
}

static void
post(struct device *d, struct sb_session *s, enum device_state state, void *body, size_t size)
{
	struct client_request request = {.method = "POST", .body = body, .size = size};

	if (body) {
		request.type = "text/xml; charset=utf-8";
		request.is_soap = true;
	}
	d->state = state;
	d->sent_ns = sb_now(s);
	client_send(&d->client, s, request);
}

static void
send_message(struct device *d, struct sb_session *s, enum device_state state,
	const struct cwmp_message *message)
{
	char *body = NULL;
	size_t size = 0;
	int err = encode(d, message, &body, &size);

	if (err)
		fail(d, s, err);
	else
		post(d, s, state, body, size);
}

static void
send_request(struct device *d, struct sb_session *s, enum device_state state,
	enum cwmp_method method, const union cwmp_body *body)
{
	struct cwmp_message message = {.kind = CWMP_REQUEST, .method = method, .body = *body};
	char id[ID_ROOM];

	snprintf(id, sizeof(id), "%llu", (unsigned long long)++d->next_id);
	message.header.id = id;
	if (method == CWMP_INFORM && d->sim->options.version >= CWMP_1_4)
		message.header.supported_cwmp_versions = "1.0,1.1,1.2,1.3,1.4";
	if (method == CWMP_INFORM && d->sim->options.version == CWMP_1_3)
		message.header.session_timeout = 60;
	send_message(d, s, state, &message);
}

/* ---- the Inform ---- */

static bool
is_changed(const struct device *d, const char *path)
{
	for (size_t i = 0; i < d->changed_count; i++)
		if (strcmp(d->changed[i], path) == 0)
			return true;
	return false;
}

static int
put_parameters(struct device *d, struct sb_session *s, struct cwmp_parameter_values *list,
	struct sb_arena *arena)
{
	const struct model_entries *entries = model_entries(&d->model);
	size_t count = 0;

	for (size_t i = 0; i < entries->count; i++)
		count += (entries->each[i].flags & MODEL_FORCED) ||
			 is_changed(d, entries->each[i].path);
	list->each = sb_arena_take(arena, count * sizeof(*list->each));
	if (!list->each)
		return SB_ENOMEM;
	d->told_changes = d->changed_count;
	for (size_t i = 0; i < entries->count; i++) {
		const struct model_entry *entry = &entries->each[i];

		if (!(entry->flags & MODEL_FORCED) && !is_changed(d, entry->path))
			continue;
		list->each[list->count++] = (struct cwmp_parameter_value){
			entry->path, {entry->type, device_value(d, s, entry, arena)}};
	}
	return 0;
}

static int
put_events(struct device *d, struct cwmp_events *list, struct sb_arena *arena)
{
	list->each = sb_arena_take(arena, d->event_count * sizeof(*list->each));
	if (!list->each)
		return SB_ENOMEM;
	for (size_t i = 0; i < d->event_count; i++)
		list->each[i] = (struct cwmp_event){d->events[i].code, d->events[i].key};
	list->count = d->told = d->event_count;
	for (struct device_call *call = d->calls; call; call = call->next)
		call->is_told = true;
	return 0;
}

static void
send_inform(struct device *d, struct sb_session *s)
{
	const struct sim_options *o = &d->sim->options;
	const struct model_entry serial = {.value = "${serial}"};
	union cwmp_body body = {.inform = {.max_envelopes = 1, .retry_count = d->retries}};
	struct cwmp_inform *inform = &body.inform;
	struct scratch scratch;
	char now[32];
	int err;

	scratch_init(&scratch);
	device_time(sb_wall_ms(s), now);
	inform->current_time = now;
	inform->device_id = (struct cwmp_device_id){o->manufacturer, o->oui, o->product_class,
		device_value(d, s, &serial, &scratch.arena)};
	err = put_events(d, &inform->event, &scratch.arena);
	if (!err)
		err = put_parameters(d, s, &inform->parameter_list, &scratch.arena);
	if (err)
		fail(d, s, err);
	else
		send_request(d, s, DEVICE_INFORM, CWMP_INFORM, &body);
	sb_arena_fini(&scratch.arena);
}

/* Whom to ask, and with which name, stands in the model: an ACS may have changed it. */
static int
take_settings(struct device *d, struct sb_session *s)
{
	struct scratch scratch;
	const char *url, *username, *password;
	int err;

	scratch_init(&scratch);
	url = device_setting(d, s, "URL", &scratch.arena);
	username = device_setting(d, s, "Username", &scratch.arena);
	password = device_setting(d, s, "Password", &scratch.arena);
	err = url_parse(url ? url : d->sim->options.acs, &d->client.url);
	client_credentials(&d->client, username && username[0] ? username : NULL, password);
	sb_arena_fini(&scratch.arena);
	return err;
}

void
device_session_begin(struct device *d, struct sb_session *s)
{
	int err;

	client_forget(&d->client);
	d->began_ns = sb_now(s);
	d->is_held = false;
	d->own_calls = 0;
	d->repeats = 0;
	err = take_settings(d, s);
	if (err)
		fail(d, s, err);
	else
		send_inform(d, s);
}

/* ---- what comes back ---- */

static int
decode(struct device *d, struct sb_session *s, const struct reply *reply,
	struct cwmp_envelope **envelope)
{
	struct cwmp_decoder *decoder = d->sim->decoders[sb_session_shard(s)];
	int err = cwmp_decode(decoder, sb_bytes(reply->body, reply->size), envelope);

	if (!err && (*envelope)->message.header.has_hold_requests)
		d->is_held = (*envelope)->message.header.hold_requests;
	return err;
}

static void
forget_told(struct device *d)
{
	d->event_count -= d->told;
	memmove(d->events, d->events + d->told, d->event_count * sizeof(*d->events));
	d->told = 0;
	for (size_t i = 0; i < d->told_changes; i++)
		free(d->changed[i]);
	d->changed_count -= d->told_changes;
	if (d->changed_count)
		memmove(d->changed, d->changed + d->told_changes,
			d->changed_count * sizeof(*d->changed));
	d->told_changes = 0;
}

/* What the device still has to ask, or its word that there is nothing. */
static void
next_call(struct device *d, struct sb_session *s)
{
	const struct sim_options *o = &d->sim->options;
	union cwmp_body body = {0};

	d->calling = d->calls;
	while (d->calling && !d->calling->is_told)
		d->calling = d->calling->next;
	if (d->is_held)
		post(d, s, DEVICE_TURN, NULL, 0);
	else if (d->calling)
		send_request(d, s, DEVICE_CALL, d->calling->method, &d->calling->body);
	else if (d->own_calls < o->call_count)
		send_request(d, s, DEVICE_CALL, o->calls[d->own_calls++], &body);
	else
		post(d, s, DEVICE_TURN, NULL, 0);
}

static bool
is_to_be_repeated(struct device *d, const struct cwmp_message *answer)
{
	return answer->kind == CWMP_FAULT &&
	       answer->body.fault.fault_code == CWMP_FAULT_ACS_RETRY_REQUEST &&
	       d->repeats++ < REPEATS_MAX;
}

static void
informed(struct device *d, struct sb_session *s, const struct cwmp_message *answer)
{
	if (is_to_be_repeated(d, answer)) {
		send_inform(d, s);
		return;
	}
	if (answer->kind != CWMP_RESPONSE || answer->method != CWMP_INFORM) {
		fail(d, s, answer->kind == CWMP_FAULT ? SB_EREMOTE : SB_EPROTO);
		return;
	}
	forget_told(d);
	d->repeats = 0;
	next_call(d, s);
}

/* Any other fault is an answer, too: asking again would not change the ACS's mind. */
static void
call_answered(struct device *d, struct sb_session *s, const struct cwmp_message *answer)
{
	struct device_call *call = d->calling, **link = &d->calls;

	if (answer->kind == CWMP_REQUEST) {
		fail(d, s, SB_EPROTO);
		return;
	}
	if (is_to_be_repeated(d, answer)) {
		d->own_calls -= !call;
		next_call(d, s);
		return;
	}
	d->repeats = 0;
	if (call) {
		while (*link != call)
			link = &(*link)->next;
		*link = call->next;
		device_call_free(call);
	}
	next_call(d, s);
}

static void
serve(struct device *d, struct sb_session *s, const struct cwmp_message *request)
{
	struct cwmp_message response = {.kind = CWMP_RESPONSE, .method = request->method};
	unsigned shard = sb_session_shard(s);
	struct scratch scratch;

	if (request->kind != CWMP_REQUEST) {
		fail(d, s, SB_EPROTO);
		return;
	}
	if (has_chance(s, d->sim->options.drop_rate)) {
		sb_counter_add(d->sim->counters.dropped, shard, 1);
		client_close(&d->client, s);
		device_session_over(d, s, SB_ECANCELED, 0);
		return;
	}
	scratch_init(&scratch);
	sb_counter_add(d->sim->counters.served, shard, 1);
	if (has_chance(s, d->sim->options.fault_rate)) {
		sb_counter_add(d->sim->counters.asked_faults, shard, 1);
		response.kind = CWMP_FAULT;
		response.body.fault = (struct cwmp_fault){.fault_code = CWMP_FAULT_INTERNAL_ERROR,
			.fault_string = "A fault that was asked for"};
	} else {
		device_serve(d, s, request, &response, &scratch.arena);
	}
	if (response.kind == CWMP_FAULT)
		sb_counter_add(d->sim->counters.faults, shard, 1);
	response.header.id = request->header.id;
	send_message(d, s, DEVICE_TURN, &response);
	sb_arena_fini(&scratch.arena);
}

static bool
has_told_call(const struct device *d)
{
	for (const struct device_call *call = d->calls; call; call = call->next)
		if (call->is_told)
			return true;
	return false;
}

/* An empty answer ends the session, unless requests were held and are not any more. */
static void
turn_ended(struct device *d, struct sb_session *s)
{
	if (d->state != DEVICE_TURN) {
		fail(d, s, SB_EPROTO);
		return;
	}
	if (!d->is_held && has_told_call(d)) {
		next_call(d, s);
		return;
	}
	if (!d->sim->options.reuses)
		client_close(&d->client, s);
	device_session_over(d, s, 0, 0);
}

static void
envelope_came(struct device *d, struct sb_session *s, struct reply *reply)
{
	struct cwmp_envelope *envelope;
	int err = decode(d, s, reply, &envelope);

	if (err) {
		fail(d, s, err);
		return;
	}
	switch (d->state) {
	case DEVICE_INFORM:
		informed(d, s, &envelope->message);
		break;
	case DEVICE_CALL:
		call_answered(d, s, &envelope->message);
		break;
	case DEVICE_TURN:
		serve(d, s, &envelope->message);
		break;
	case DEVICE_AWAY:
	case DEVICE_IDLE:
		break;
	}
	cwmp_envelope_free(envelope);
}

void
device_answered(struct sb_session *s, struct client *client, int err, struct reply *reply)
{
	struct device *d = device_of(s);

	(void)client;
	if (err) {
		fail(d, s, err);
		return;
	}
	sb_histogram_record(
		d->sim->counters.answer_ns, sb_session_shard(s), sb_now(s) - d->sent_ns);
	if (reply->status == 503) {
		client_close(&d->client, s);
		device_session_over(d, s, SB_FULL, reply->retry_after_s);
	} else if (reply->status != 200 && reply->status != 204) {
		fail(d, s, reply->status == 401 ? SB_EACCES : SB_EPROTO);
	} else if (reply->size == 0) {
		turn_ended(d, s);
	} else {
		envelope_came(d, s, reply);
	}
}
