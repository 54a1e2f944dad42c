/*
 * A row: six texts (manufacturer, OUI, class, serial number, address, version of CWMP), then
 * names and values of the parameters, each with its size before and a NUL behind it.
 */
#include "daemons/acs/inform.h"

#include "core/error.h"
#include "core/message.h"
#include "daemons/acs/document.h"
#include "daemons/acs/json_memory.h"

#include <string.h>

#define TEXT_MOST     4096u  /* octets of a text; more is cut off */
#define IDENTITY_MOST 256u   /* octets of what says who it is: 64 characters */
#define ROW_MOST      65536u /* parameters beyond are not kept here: an Inform has a dozen */

#define PARAMETER_KEY_END ".ManagementServer.ParameterKey"
#define VERSION_END       ".DeviceInfo.SoftwareVersion"

/* ---- events ---- */

static const char *const codes[ACS_EVENT_COUNT] = {
#define X(name, code) [ACS_EVENT_##name] = (code),
	ACS_EVENT_MAP(X)
#undef X
};

const char *
acs_event_code(enum acs_event event)
{
	return codes[event];
}

static enum acs_event
event_of(const char *code)
{
	enum acs_event event = 0;

	while (event < ACS_EVENT_OTHER && strcmp(codes[event], code) != 0)
		event++;
	return event;
}

uint32_t
acs_event_bit(const char *code)
{
	return 1u << event_of(code);
}

json_t *
acs_events_json(uint32_t events)
{
	unsigned before = acs_json_failures();
	json_t *array = json_array();

	for (unsigned i = 0; array && i < ACS_EVENT_COUNT; i++)
		if (events & 1u << i)
			json_array_append_new(array, json_string(codes[i]));
	return acs_json_whole(array, before);
}

/* ---- packing ---- */

static const char *
text_of(const char *text)
{
	return text ? text : "";
}

/* Cut between characters: half of one would spoil every text that it is shown in. */
static size_t
text_size(const char *text)
{
	size_t size = strlen(text_of(text));

	if (size > TEXT_MOST)
		for (size = TEXT_MOST; size && ((uint8_t)text[size] & 0xc0) == 0x80;)
			size--;
	return 2 + size + 1;
}

static void
put_text(struct sb_writer *w, const char *text)
{
	size_t size = text_size(text) - 3;

	sb_put_u16(w, (uint16_t)size);
	sb_put_bytes(w, text_of(text), size);
	sb_put_u8(w, 0);
}

struct row {
	const struct cwmp_inform *inform;
	const char *address, *version;
	size_t parameters;
};

#define HEAD_TEXTS 6

static void
head_of(const struct row *row, const char *texts[HEAD_TEXTS])
{
	const struct cwmp_device_id *id = &row->inform->device_id;

	texts[0] = id->manufacturer;
	texts[1] = id->oui;
	texts[2] = id->product_class;
	texts[3] = id->serial_number;
	texts[4] = row->address;
	texts[5] = row->version;
}

/* Sizes the row, and says how many parameters it has. */
static size_t
row_size(struct row *row)
{
	const struct cwmp_parameter_values *list = &row->inform->parameter_list;
	const char *texts[HEAD_TEXTS];
	size_t size = 0;

	head_of(row, texts);
	for (size_t i = 0; i < HEAD_TEXTS; i++)
		size += text_size(texts[i]);
	for (size_t i = 0; i < list->count && size < ROW_MOST; i++, row->parameters++)
		size += text_size(list->each[i].name) + text_size(list->each[i].value.text);
	return size;
}

static void
row_put(struct sb_writer *w, const struct row *row)
{
	const struct cwmp_parameter_values *list = &row->inform->parameter_list;
	const char *texts[HEAD_TEXTS];

	head_of(row, texts);
	for (size_t i = 0; i < HEAD_TEXTS; i++)
		put_text(w, texts[i]);
	for (size_t i = 0; i < row->parameters; i++) {
		put_text(w, list->each[i].name);
		put_text(w, list->each[i].value.text);
	}
}

/* Those whose CommandKey says which request of ours it was. */
static bool
has_key(const struct cwmp_event *event)
{
	const char *code = text_of(event->event_code);

	return code[0] == 'M' && code[1] == ' ';
}

static size_t
keys_size(const struct cwmp_events *events)
{
	size_t size = 0;

	for (size_t i = 0; i < events->count; i++)
		if (has_key(&events->each[i]))
			size += 1 + text_size(events->each[i].command_key);
	return size;
}

static void
keys_put(struct sb_writer *w, const struct cwmp_events *events)
{
	for (size_t i = 0; i < events->count; i++) {
		if (!has_key(&events->each[i]))
			continue;
		sb_put_u8(w, (uint8_t)event_of(events->each[i].event_code));
		put_text(w, events->each[i].command_key);
	}
}

static bool
ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), tail = strlen(end);

	return size >= tail && strcmp(text + size - tail, end) == 0;
}

static void
note_key(struct acs_inform *out, const struct cwmp_parameter_values *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!ends_with(text_of(list->each[i].name), PARAMETER_KEY_END))
			continue;
		out->has_parameter_key = true;
		strncpy(out->parameter_key, text_of(list->each[i].value.text), ACS_KEY_SIZE - 1);
	}
}

static uint64_t
hash_of(struct sb_bytes row)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < row.size; i++)
		hash = (hash ^ row.data[i]) * UINT64_C(1099511628211);
	return hash | 1;
}

static bool
is_short(const char *text)
{
	return strlen(text_of(text)) <= IDENTITY_MOST;
}

bool
acs_inform_fits(const char *device, const struct cwmp_device_id *id)
{
	return strlen(device) <= ACS_NAME_MAX && is_short(id->manufacturer) && is_short(id->oui) &&
	       is_short(id->product_class) && is_short(id->serial_number);
}

static void *
session_room(void *context, size_t size)
{
	return sb_payload_new(context, size);
}

struct acs_inform *
acs_inform_new(const struct sb_session *s, const char *device, const struct cwmp_inform *inform,
	const char *address, const char *version)
{
	return acs_inform_pack(
		session_room, (void *)(uintptr_t)s, device, inform, address, version);
}

struct acs_inform *
acs_inform_pack(void *(*room)(void *context, size_t size), void *context, const char *device,
	const struct cwmp_inform *inform, const char *address, const char *version)
{
	struct row row = {inform, address, version, 0};
	size_t keys = keys_size(&inform->event), size = row_size(&row);
	struct acs_inform *out;
	struct sb_writer w;

	if (!acs_inform_fits(device, &inform->device_id))
		return NULL;
	out = room(context, sizeof(*out) + keys + size);
	if (!out)
		return NULL;
	memset(out, 0, sizeof(*out));
	strcpy(out->device, device);
	for (size_t i = 0; i < inform->event.count; i++)
		out->events |= acs_event_bit(text_of(inform->event.each[i].event_code));
	out->keys_size = (uint32_t)keys;
	out->row_size = (uint32_t)size;
	note_key(out, &inform->parameter_list);
	w = sb_writer_of(out->octets, keys + size);
	keys_put(&w, &inform->event);
	row_put(&w, &row);
	out->hash = hash_of(acs_inform_row(out));
	return out;
}

size_t
acs_inform_size(const struct acs_inform *inform)
{
	return sizeof(*inform) + inform->keys_size + inform->row_size;
}

/* ---- reading ---- */

static const char *
get_text(struct sb_reader *r)
{
	size_t size = sb_get_u16(r);
	struct sb_bytes text = sb_get_bytes(r, size + 1);

	if (!text.size || text.data[size]) {
		r->failed = true;
		return "";
	}
	return (const char *)text.data;
}

bool
acs_inform_has(const struct acs_inform *inform, enum acs_event event, const char *command_key)
{
	struct sb_reader r = sb_reader_of(sb_bytes(inform->octets, inform->keys_size));

	while (sb_reader_left(&r) && !sb_reader_failed(&r)) {
		uint8_t is = sb_get_u8(&r);
		const char *key = get_text(&r);

		if (is == event && strcmp(key, command_key) == 0)
			return true;
	}
	return false;
}

bool
acs_inform_profile(struct sb_bytes row, struct acs_profile *profile)
{
	struct sb_reader r = sb_reader_of(row);

	profile->manufacturer = get_text(&r);
	profile->oui = get_text(&r);
	profile->product_class = get_text(&r);
	profile->serial_number = get_text(&r);
	(void)get_text(&r);
	(void)get_text(&r);
	profile->version = "";
	while (sb_reader_left(&r) && !sb_reader_failed(&r)) {
		const char *name = get_text(&r), *value = get_text(&r);

		if (ends_with(name, VERSION_END) && strlen(value) < IDENTITY_MOST)
			profile->version = value;
	}
	return !sb_reader_failed(&r);
}

int
acs_inform_changes(struct sb_bytes row, uint64_t seen, struct acs_changes *changes)
{
	struct sb_reader r = sb_reader_of(row);
	int err = 0;

	for (unsigned i = 0; i < HEAD_TEXTS; i++)
		(void)get_text(&r);
	while (!err && sb_reader_left(&r) && !sb_reader_failed(&r)) {
		struct acs_parameter to = {
			.type = CWMP_TYPE_OTHER, .has_value = true, .seen = seen};

		to.name = sb_bytes_text(get_text(&r));
		to.value = sb_bytes_text(get_text(&r));
		err = acs_changes_add(changes, &to);
	}
	return sb_reader_failed(&r) ? SB_ECORRUPT : err;
}

json_t *
acs_inform_json(struct sb_bytes row)
{
	struct sb_reader r = sb_reader_of(row);
	unsigned before = acs_json_failures();
	json_t *parameters = json_object(), *out;
	const char *address, *version;

	for (unsigned i = 0; i < 4; i++)
		(void)get_text(&r);
	address = get_text(&r);
	version = get_text(&r);
	while (parameters && sb_reader_left(&r) && !sb_reader_failed(&r)) {
		const char *name = get_text(&r);

		json_object_set_new(parameters, name, json_string(get_text(&r)));
	}
	if (sb_reader_failed(&r)) {
		json_decref(parameters);
		return NULL;
	}
	out = json_pack(
		"{s:s, s:s, s:o}", "address", address, "cwmp", version, "parameters", parameters);
	return acs_json_whole(out, before);
}
