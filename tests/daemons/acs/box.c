#include "tests/daemons/acs/box.h"

#include "protocols/cwmp/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char octets[1 << 20];

void
box_init(struct box *box, struct bed *bed)
{
	memset(box, 0, sizeof(*box));
	box->bed = bed;
	strcpy(box->serial, "1");
	box_add(box, "Device.DeviceInfo.SoftwareVersion", "1.0", CWMP_TYPE_STRING);
}

void
box_add(struct box *box, const char *name, const char *value, enum cwmp_type type)
{
	struct box_parameter *p = &box->parameters[box->count++];

	assert_true(box->count <= BOX_PARAMETERS);
	snprintf(p->name, sizeof(p->name), "%s", name);
	snprintf(p->value, sizeof(p->value), "%s", value);
	p->type = type;
}

static struct box_parameter *
find(const struct box *box, const char *name)
{
	for (size_t i = 0; i < box->count; i++)
		if (strcmp(box->parameters[i].name, name) == 0)
			return (struct box_parameter *)&box->parameters[i];
	return NULL;
}

const char *
box_value(const struct box *box, const char *name)
{
	return find(box, name)->value;
}

/* ---- HTTP ---- */

/* The status, and the body behind it; 0: nothing came. */
static unsigned
answer_take(struct box *box, const char **body)
{
	static char text[1 << 16];
	struct sb_bytes in = sim_received(box->peer);
	const char *end;
	unsigned status = 0;

	assert_true(in.size < sizeof(text));
	if (!in.size)
		return 0;
	memcpy(text, in.data, in.size);
	text[in.size] = '\0';
	end = strstr(text, "\r\n\r\n");
	if (!end)
		return 0;
	assert_int_equal(sscanf(text, "HTTP/1.1 %u", &status), 1);
	sim_consume(box->peer, in.size);
	*body = end + 4;
	return status;
}

static struct cwmp_envelope *
decode(const char *text)
{
	struct cwmp_decoder *decoder = cwmp_decoder_new(sb_env_system(), NULL);
	struct cwmp_envelope *envelope = NULL;

	assert_int_equal(cwmp_decode(decoder, sb_bytes_text(text), &envelope), 0);
	cwmp_decoder_free(decoder);
	return envelope;
}

static bool
has_gone(const struct box *box)
{
	return sim_has_ended(box->peer) || sim_was_reset(box->peer);
}

/* What the ACS says to that; NULL: nothing more. An empty POST: NULL. */
static struct cwmp_envelope *
post(struct box *box, const struct cwmp_message *message)
{
	struct cwmp_dialect dialect;
	const char *body = "";
	char head[160];
	ssize_t size = 0;

	cwmp_dialect_init(&dialect, CWMP_1_0);
	if (message)
		size = cwmp_encode(message, &dialect, octets, sizeof(octets));
	assert_true(size >= 0 && (size_t)size < sizeof(octets));
	snprintf(head, sizeof(head), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %zd\r\n\r\n",
		size);
	sim_send(box->peer, head, strlen(head));
	sim_send(box->peer, octets, (size_t)size);
	bed_settle(box->bed);
	box->status = answer_take(box, &body);
	if (!box->status && box->waits_ms && !has_gone(box)) {
		bed_pass(box->bed, box->waits_ms);
		box->status = answer_take(box, &body);
		assert_true(box->status || has_gone(box));
	}
	return box->status == 200 ? decode(body) : NULL;
}

/* ---- what it does ---- */

static void
fault(struct cwmp_message *out, uint32_t code)
{
	out->kind = CWMP_FAULT;
	out->method = CWMP_OTHER_METHOD;
	out->body.fault = (struct cwmp_fault){.fault_code = code, .fault_string = "no"};
}

static bool
is_under(const char *name, const char *path)
{
	return strncmp(name, path, strlen(path)) == 0;
}

static void
say_names(struct box *box, const struct cwmp_get_parameter_names *asked, struct cwmp_message *out)
{
	static struct cwmp_parameter_info infos[2 * BOX_PARAMETERS];
	static char objects[BOX_PARAMETERS][64];
	size_t count = 0;

	box->names++;
	if (!asked->next_level && box->wants_levels) {
		fault(out, 9004);
		return;
	}
	for (size_t i = 0; i < box->count; i++) {
		const char *name = box->parameters[i].name, *rest, *dot;

		if (!is_under(name, asked->parameter_path))
			continue;
		rest = name + strlen(asked->parameter_path);
		dot = asked->next_level ? strchr(rest, '.') : NULL;
		if (dot) {
			snprintf(objects[i], sizeof(objects[i]), "%.*s", (int)(dot + 1 - name),
				name);
			name = objects[i];
			if (count && strcmp(infos[count - 1].name, name) == 0)
				continue;
		}
		infos[count++] = (struct cwmp_parameter_info){name, true};
	}
	out->body.get_parameter_names_response.parameter_list.each = infos;
	out->body.get_parameter_names_response.parameter_list.count = count;
}

static void
say_values(struct box *box, const struct cwmp_strings *asked, struct cwmp_message *out)
{
	static struct cwmp_parameter_value values[BOX_PARAMETERS];
	size_t count = 0;

	box->gets++;
	if (box->most_values && asked->count > box->most_values) {
		fault(out, 9004);
		return;
	}
	for (size_t i = 0; i < asked->count; i++) {
		const struct box_parameter *p = find(box, asked->each[i]);

		if (!p || (box->hidden && strcmp(box->hidden, p->name) == 0)) {
			fault(out, 9005);
			return;
		}
		values[count++] = (struct cwmp_parameter_value){
			p->name, {p->type, p->is_secret ? "" : p->value}};
	}
	out->body.get_parameter_values_response.parameter_list.each = values;
	out->body.get_parameter_values_response.parameter_list.count = count;
}

static void
take_values(
	struct box *box, const struct cwmp_set_parameter_values *asked, struct cwmp_message *out)
{
	box->sets++;
	for (size_t i = 0; i < asked->parameter_list.count; i++) {
		const struct cwmp_parameter_value *to = &asked->parameter_list.each[i];
		struct box_parameter *p = find(box, to->name);

		if (!p || p->type != to->value.type) {
			fault(out, p ? 9006 : 9003);
			return;
		}
		if (!p->is_stubborn)
			snprintf(p->value, sizeof(p->value), "%s", to->value.text);
	}
	snprintf(box->parameter_key, sizeof(box->parameter_key), "%s", asked->parameter_key);
}

static void
note_key(char out[64], const char *key)
{
	snprintf(out, 64, "%s", key);
}

/* It will be done later. */
static void
say_taken(struct cwmp_message *out)
{
	out->body.transfer_response =
		(struct cwmp_transfer_response){1, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"};
}

static void
serve(struct box *box, const struct cwmp_message *in, struct cwmp_message *out)
{
	size_t used = strlen(box->trace);

	snprintf(box->trace + used, sizeof(box->trace) - used, "%s;", in->name);
	box->calls++;
	*out = (struct cwmp_message){
		.kind = CWMP_RESPONSE, .method = in->method, .header.id = in->header.id};
	if (box->fault) {
		fault(out, box->fault);
		return;
	}
	switch (in->method) {
	case CWMP_GET_PARAMETER_NAMES:
		say_names(box, &in->body.get_parameter_names, out);
		break;
	case CWMP_GET_PARAMETER_VALUES:
		say_values(box, &in->body.get_parameter_values.parameter_names, out);
		break;
	case CWMP_SET_PARAMETER_VALUES:
		take_values(box, &in->body.set_parameter_values, out);
		break;
	case CWMP_ADD_OBJECT:
		out->body.add_object_response.instance_number = 7;
		break;
	case CWMP_REBOOT:
		note_key(box->command_key, in->body.reboot.command_key);
		break;
	case CWMP_DOWNLOAD:
		note_key(box->command_key, in->body.download.command_key);
		snprintf(box->url, sizeof(box->url), "%s", in->body.download.url);
		say_taken(out);
		break;
	case CWMP_UPLOAD:
		note_key(box->command_key, in->body.upload.command_key);
		snprintf(box->url, sizeof(box->url), "%s", in->body.upload.url);
		say_taken(out);
		break;
	default:
		break;
	}
}

/* ---- sessions ---- */

static struct cwmp_envelope *
inform(struct box *box, const char *event)
{
	struct cwmp_event events[] = {{event, ""}};
	struct cwmp_parameter_value values[] = {
		{"Device.DeviceInfo.SoftwareVersion",
			{CWMP_TYPE_STRING, box_value(box, "Device.DeviceInfo.SoftwareVersion")}},
		{"Device.ManagementServer.ParameterKey", {CWMP_TYPE_STRING, box->parameter_key}}};
	struct cwmp_message message = {.kind = CWMP_REQUEST,
		.method = CWMP_INFORM,
		.header.id = "1",
		.body.inform = {.device_id = {"Acme", "00AABB", "Box", box->serial},
			.event = {events, 1},
			.max_envelopes = 1,
			.current_time = "2026-11-27T10:00:00Z",
			.parameter_list = {values, 2}}};

	return post(box, &message);
}

static bool
complete(struct box *box)
{
	struct cwmp_message message = {.kind = CWMP_REQUEST,
		.method = CWMP_TRANSFER_COMPLETE,
		.header.id = "2",
		.body.transfer_complete = {.command_key = box->command_key,
			.fault_struct = {box->transfer_fault, ""},
			.start_time = "",
			.complete_time = ""}};
	struct cwmp_envelope *answer = post(box, &message);

	box->has_completed =
		answer && strcmp(answer->message.name, "TransferCompleteResponse") == 0;
	cwmp_envelope_free(answer);
	return box->has_completed;
}

static void
calls_serve(struct box *box)
{
	struct cwmp_envelope *call = post(box, NULL), *next;
	struct cwmp_message answer;

	while (call) {
		if (box->ends_after && box->calls + 1 == box->ends_after) {
			cwmp_envelope_free(call);
			sim_reset(box->peer);
			bed_settle(box->bed);
			return;
		}
		serve(box, &call->message, &answer);
		next = post(box, box->is_speechless && answer.kind == CWMP_FAULT ? NULL : &answer);
		cwmp_envelope_free(call);
		call = next;
	}
}

void
box_session(struct box *box, const char *event)
{
	struct cwmp_envelope *answer;

	box->calls = box->gets = box->sets = box->names = 0;
	box->was_heard = box->has_completed = false;
	box->trace[0] = '\0';
	box->peer = sim_connect(box->bed->sim, BOX_PORT);
	answer = inform(box, event);
	box->was_heard = answer && strcmp(answer->message.name, "InformResponse") == 0;
	cwmp_envelope_free(answer);
	if (!box->was_heard)
		return;
	if (!box->completes || complete(box))
		calls_serve(box);
	if (!box->ends_after)
		sim_finish(box->peer);
	bed_settle(box->bed);
}
