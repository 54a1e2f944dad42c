#include "daemons/acs/gather.h"

#include "daemons/acs/json_memory.h"

#include <stdlib.h>

static void
release(void *own)
{
	struct acs_gather *gather = own;

	json_decref(gather->parts);
	free(gather);
}

static void
answered(struct acs_call *call, const struct sb_message *m)
{
	struct acs_gather *gather = call->own;
	json_t *part;

	if (m->status) {
		acs_call_refused(call, m, ACS_PROBLEM_DEVICE_NOT_FOUND);
		return;
	}
	(void)acs_json_load(&part, sb_bytes(m->data, m->size), 0, NULL);
	if (json_array_append_new(gather->parts, part)) {
		acs_call_fail(call, ACS_PROBLEM_BUSY, "no memory");
		return;
	}
	if (call->outstanding == 0)
		gather->done(call, gather);
}

void
acs_gather(struct acs_call *call, enum acs_message type, struct acs_ask *ask, uint32_t limit,
	void (*done)(struct acs_call *call, struct acs_gather *gather))
{
	struct acs_gather *gather = calloc(1, sizeof(*gather));

	if (gather) {
		gather->parts = json_array();
		gather->limit = limit;
		gather->done = done;
		call->own = gather;
		call->release = release;
	}
	if (!gather || !gather->parts) {
		sb_payload_free(ask);
		acs_call_fail(call, ACS_PROBLEM_BUSY, "no memory");
		return;
	}
	acs_call_ask_all(call, type, ask, answered);
}

static json_t **
members_of(struct acs_gather *gather, const char *key, size_t *count)
{
	json_t **members, *part, *member;
	size_t i, j, most = 0;

	json_array_foreach(gather->parts, i, part) most +=
		json_array_size(json_object_get(part, key));
	members = calloc(most + 1, sizeof(json_t *));
	*count = 0;
	if (!members)
		return NULL;
	json_array_foreach(gather->parts, i, part)
	{
		gather->is_more = gather->is_more || json_is_true(json_object_get(part, "more"));
		json_array_foreach(json_object_get(part, key), j, member) members[(*count)++] =
			member;
	}
	return members;
}

json_t *
acs_gather_merge(struct acs_gather *gather, const char *key,
	int (*order)(const void *left, const void *right))
{
	unsigned before = acs_json_failures();
	size_t count;
	json_t **members = members_of(gather, key, &count), *list = json_array();

	if (!members || !list) {
		free(members);
		json_decref(list);
		return NULL;
	}
	if (order)
		qsort(members, count, sizeof(json_t *), order);
	gather->is_more = gather->is_more || count > gather->limit;
	for (size_t i = 0; i < count && i < gather->limit; i++)
		json_array_append(list, members[i]);
	free(members);
	return acs_json_whole(json_pack("{s:o}", key, list), before);
}

int64_t
acs_gather_sum(const struct acs_gather *gather, const char *key)
{
	json_t *part;
	int64_t sum = 0;
	size_t i;

	json_array_foreach(gather->parts, i, part) sum += acs_json_integer(part, key, 0);
	return sum;
}
