/* Routes of devices: the list over all keepers, one of them, its parameters, tags and faults. */
#include "core/error.h"
#include "daemons/acs/call.h"
#include "daemons/acs/gather.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/time_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the list ---- */

/* X(key): texts that go into the filter as they are. */
#define FILTER_MAP(X)     \
	X("device")       \
	X("manufacturer") \
	X("oui")          \
	X("productClass") \
	X("serialNumber") \
	X("softwareVersion")

static const char *const list_query[] = {
#define X(key) key,
	FILTER_MAP(X)
#undef X
		"tag",
	"informBefore", "informAfter", "limit", "after", NULL};

static bool
take_text(struct acs_call *call, json_t *object, const char *key, const char *name)
{
	char text[ACS_NAME_MAX + 1];
	int found = acs_call_query(call, name, text, sizeof(text));

	if (found > 0)
		json_object_set_new(object, key, json_string(text));
	return found >= 0;
}

/* A time of the query, as Unix milliseconds. */
static bool
take_time(struct acs_call *call, json_t *object, const char *name)
{
	char text[40];
	int found = acs_call_query(call, name, text, sizeof(text));
	int64_t unix_ms;

	if (found <= 0)
		return found == 0;
	if (!acs_time_parse(text, &unix_ms)) {
		acs_call_fail(call, ACS_PROBLEM_BAD_QUERY, name);
		return false;
	}
	json_object_set_new(object, name, json_integer(unix_ms));
	return true;
}

static bool
take_tag(struct acs_call *call, json_t *filter)
{
	char tag[ACS_NAME_MAX + 1];
	int found = acs_call_query(call, "tag", tag, sizeof(tag));

	if (found > 0)
		json_object_set_new(filter, "tags", json_pack("[s]", tag));
	return found >= 0;
}

/* What the query asks for, as keepers want it. NULL: it was answered. */
static char *
list_text(struct acs_call *call)
{
	unsigned before = acs_json_failures();
	json_t *filter = json_object(), *question = json_object();
	bool is_fine = filter && question;
	char *text;

#define X(key) is_fine = is_fine && take_text(call, filter, key, key);
	FILTER_MAP(X)
#undef X
	is_fine = is_fine && take_tag(call, filter) && take_time(call, question, "informBefore") &&
		  take_time(call, question, "informAfter");
	json_object_set_new(question, "filter", filter);
	if (!is_fine) {
		json_decref(question);
		question = NULL;
	}
	text = acs_json_dump(question, before);
	if (!text && !http_has_responded(call->x))
		acs_call_fail(call, ACS_PROBLEM_BUSY, "no memory");
	return text;
}

static int
by_id(const void *left, const void *right)
{
	const json_t *const *a = left, *const *b = right;

	return strcmp(acs_json_text(*a, "id", ""), acs_json_text(*b, "id", ""));
}

static void
list_done(struct acs_call *call, struct acs_gather *gather)
{
	unsigned before = acs_json_failures();
	json_t *answer = acs_gather_merge(gather, "devices", by_id);
	const json_t *devices = json_object_get(answer, "devices");
	const json_t *last = json_array_get(devices, json_array_size(devices) - 1);

	if (gather->is_more && last)
		json_object_set(answer, "next", json_object_get(last, "id"));
	acs_call_json(call, 200, acs_json_whole(answer, before));
}

/* `limit` and `after` of the query. False: it was answered. */
static bool
take_page(struct acs_call *call, uint64_t *limit, uint64_t *id)
{
	const uint32_t most = call->api->config->api.page;
	char after[ACS_ID_SIZE + 1];
	int found;

	*id = 0;
	if (acs_call_query_number(call, "limit", most, most < 100 ? most : 100, limit))
		return false;
	found = acs_call_query(call, "after", after, sizeof(after));
	if (found < 0)
		return false;
	if (*limit && (!found || acs_id_parse(after, id)))
		return true;
	acs_call_fail(
		call, ACS_PROBLEM_BAD_QUERY, *limit ? "after: no id" : "limit: must be at least 1");
	return false;
}

static void
list(struct acs_call *call)
{
	struct acs_ask *ask;
	uint64_t limit, id;
	char *text;

	if (!take_page(call, &limit, &id))
		return;
	text = list_text(call);
	if (!text)
		return;
	ask = acs_ask_new(http_session(call->x), NULL, text);
	free(text);
	if (ask) {
		ask->limit = (uint32_t)limit;
		ask->id = id;
	}
	acs_gather(call, ACS_DEVICES, ask, (uint32_t)limit, list_done);
}

/* ---- one ---- */

/* A question about the device in the path. `text` may be NULL. */
static struct acs_ask *
about(struct acs_call *call, const char *text)
{
	return acs_ask_new(http_session(call->x), call->segments[0], text);
}

static void
get(struct acs_call *call)
{
	acs_call_ask_device(call, ACS_DEVICE, about(call, NULL), acs_call_pass_on);
}

static void
take_away(struct acs_call *call)
{
	acs_call_ask_device(call, ACS_DEVICE_DELETE, about(call, NULL), acs_call_done);
}

static const char *const parameters_query[] = {"path", "after", "limit", NULL};

static void
parameters(struct acs_call *call)
{
	unsigned before = acs_json_failures();
	json_t *question = json_object();
	struct acs_ask *ask = NULL;
	uint64_t limit;
	char *text;

	if (acs_call_query_number(call, "limit", 100000, 10000, &limit) ||
		!take_text(call, question, "prefix", "path") ||
		!take_text(call, question, "after", "after")) {
		json_decref(question);
		return;
	}
	text = acs_json_dump(question, before);
	if (text)
		ask = about(call, text);
	free(text);
	if (ask)
		ask->limit = (uint32_t)limit;
	acs_call_ask_device(call, ACS_PARAMETERS, ask, acs_call_pass_on);
}

/* ---- tags ---- */

static void
change_tag(struct acs_call *call, const char *verb)
{
	unsigned before = acs_json_failures();
	char *text = acs_json_dump(json_pack("{s:[s]}", verb, call->segments[1]), before);

	acs_call_ask_device(
		call, ACS_DEVICE_TAGS, text ? about(call, text) : NULL, acs_call_pass_on);
	free(text);
}

static void
tag_put(struct acs_call *call)
{
	change_tag(call, "add");
}

static void
tag_delete(struct acs_call *call)
{
	change_tag(call, "remove");
}

/* ---- faults ---- */

static void
faults(struct acs_call *call)
{
	acs_call_ask_device(call, ACS_FAULTS, about(call, NULL), acs_call_pass_on);
}

static void
fault_deleted(struct acs_call *call, const struct sb_message *m)
{
	if (m->status)
		acs_call_refused(call, m, ACS_PROBLEM_FAULT_NOT_FOUND);
	else
		acs_call_empty(call);
}

static void
fault_delete(struct acs_call *call)
{
	acs_call_ask_device(call, ACS_FAULT_DELETE, about(call, call->segments[1]), fault_deleted);
}

static int
by_device(const void *left, const void *right)
{
	const json_t *const *a = left, *const *b = right;
	int order = strcmp(acs_json_text(*a, "deviceId", ""), acs_json_text(*b, "deviceId", ""));

	return order ? order
		     : strcmp(acs_json_text(*a, "channel", ""), acs_json_text(*b, "channel", ""));
}

/* Those of a device stay together: the page ends with a device. */
static void
all_faults_done(struct acs_call *call, struct acs_gather *gather)
{
	const size_t limit = gather->limit;
	json_t *answer, *faults;
	const char *last = "";
	bool is_more;

	gather->limit = UINT32_MAX;
	answer = acs_gather_merge(gather, "faults", by_device);
	faults = json_object_get(answer, "faults");
	is_more = gather->is_more;
	for (size_t i = 0; i < json_array_size(faults); i++) {
		const char *id = acs_json_text(json_array_get(faults, i), "deviceId", "");

		if (i >= limit && strcmp(id, last) != 0) {
			while (json_array_size(faults) > i)
				json_array_remove(faults, json_array_size(faults) - 1);
			is_more = true;
			break;
		}
		last = id;
	}
	if (is_more && *last)
		json_object_set_new(answer, "next", json_string(last));
	acs_call_json(call, 200, answer);
}

static const char *const faults_query[] = {"limit", "after", NULL};

static void
all_faults(struct acs_call *call)
{
	struct acs_ask *ask;
	uint64_t limit, id;

	if (!take_page(call, &limit, &id))
		return;
	ask = acs_ask_new(http_session(call->x), NULL, NULL);
	if (ask) {
		ask->limit = (uint32_t)limit;
		ask->id = id;
	}
	acs_gather(call, ACS_FAULTS, ask, (uint32_t)limit, all_faults_done);
}

const struct acs_route acs_device_routes[] = {
	{HTTP_METHOD_GET, "/devices", list_query, ACS_RIGHT_READ, false, list, NULL},
	{HTTP_METHOD_GET, "/devices/{device}", NULL, ACS_RIGHT_READ, false, get, NULL},
	{HTTP_METHOD_DELETE, "/devices/{device}", NULL, ACS_RIGHT_WRITE, false, take_away, NULL},
	{HTTP_METHOD_GET, "/devices/{device}/parameters", parameters_query, ACS_RIGHT_READ, false,
		parameters, NULL},
	{HTTP_METHOD_PUT, "/devices/{device}/tags/{tag}", NULL, ACS_RIGHT_WRITE, false, tag_put,
		NULL},
	{HTTP_METHOD_DELETE, "/devices/{device}/tags/{tag}", NULL, ACS_RIGHT_WRITE, false,
		tag_delete, NULL},
	{HTTP_METHOD_GET, "/devices/{device}/faults", NULL, ACS_RIGHT_READ, false, faults, NULL},
	{HTTP_METHOD_DELETE, "/devices/{device}/faults/{channel}", NULL, ACS_RIGHT_WRITE, false,
		fault_delete, NULL},
	{HTTP_METHOD_GET, "/faults", faults_query, ACS_RIGHT_READ, false, all_faults, NULL},
	{0},
};
