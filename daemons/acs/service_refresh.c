/*
 * Reads all that lies under a path: names first, then values, so many at once as the
 * device takes. A device that cannot say all names in one answer is asked level by level; one that
 * cannot say so many values, for fewer, which is remembered; a name that it does not say at
 * all is passed over. What it had before and has no more goes from the document at the end.
 */
#include "core/error.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/service_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MOST 200000 /* of one refresh */

/* Names one behind the other, each with its NUL. */
struct names {
	char **each;
	size_t count, capacity, first; /* those before `first` are done */
};

struct acs_refresh {
	char *path;
	uint64_t since_s;
	struct names objects; /* whose names are to be asked for */
	struct names leaves;  /* whose values are */
	bool by_level;
	bool is_calling;
	bool is_ending;
	uint32_t batch;  /* names at once */
	uint32_t trying; /* the same, for what is next: less after a fault */
	bool is_learned;
	uint64_t values, skipped;
};

/* ---- names ---- */

static bool
names_add(struct names *names, const char *name)
{
	size_t capacity = names->capacity ? names->capacity * 2 : 64;
	char **grown;

	if (names->count == names->capacity) {
		grown = realloc(names->each, capacity * sizeof(*grown));
		if (!grown)
			return false;
		names->each = grown;
		names->capacity = capacity;
	}
	names->each[names->count] = strdup(name);
	if (!names->each[names->count])
		return false;
	names->count++;
	return true;
}

static size_t
names_left(const struct names *names)
{
	return names->count - names->first;
}

static void
names_pass(struct names *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(names->each[names->first]);
		names->each[names->first++] = NULL;
	}
	if (!names_left(names))
		names->first = names->count = 0;
}

static void
names_fini(struct names *names)
{
	names_pass(names, names_left(names));
	free(names->each);
}

void
acs_refresh_free(struct acs_refresh *refresh)
{
	if (!refresh)
		return;
	free(refresh->path);
	names_fini(&refresh->objects);
	names_fini(&refresh->leaves);
	free(refresh);
}

static void
no_memory(struct cwmp_session *c)
{
	acs_work_failed(c, "no memory", true);
}

static void
call_failed(struct cwmp_session *c, int error)
{
	acs_work_failed(c, error == SB_EINVAL ? "what XML cannot carry" : sb_error_text(error),
		error != SB_EINVAL);
}

/* Too much for it at once: 9004, and 9002 of those that do not know that. */
static bool
is_too_much(uint32_t code)
{
	return code == CWMP_FAULT_RESOURCES_EXCEEDED || code == CWMP_FAULT_INTERNAL_ERROR;
}

/* There are devices that then answer with nothing, or with a document that is cut off or too large
 * for us. */
static bool
was_too_much(const struct cwmp_outcome *o)
{
	if (o->status == SB_EREMOTE)
		return is_too_much(acs_fault_code(o));
	return o->status == SB_ENOENT || o->status == SB_EPROTO;
}

/* ---- GetParameterNames ---- */

static bool
is_object(const char *name)
{
	size_t size = strlen(name);

	return size && name[size - 1] == '.';
}

static bool
take_name(struct acs_refresh *r, const char *name, const char *asked)
{
	if (!is_object(name))
		return names_add(&r->leaves, name);
	/* Some say the object itself among what is in it. */
	if (!r->by_level || strcmp(name, asked) == 0)
		return true;
	return names_add(&r->objects, name);
}

static void
names_came(struct cwmp_session *c, const struct cwmp_outcome *o)
{
	struct acs_refresh *r = acs_run_of(c)->refresh;
	const struct cwmp_parameter_infos *list =
		&o->envelope->message.body.get_parameter_names_response.parameter_list;
	char *asked = strdup(r->objects.each[r->objects.first]);
	bool is_well = asked != NULL;

	names_pass(&r->objects, 1);
	if (r->leaves.count + r->objects.count + list->count > NAMES_MOST) {
		free(asked);
		acs_work_failed(c, "the device has too many parameters", false);
		return;
	}
	for (size_t i = 0; i < list->count && is_well; i++)
		is_well = !list->each[i].name || take_name(r, list->each[i].name, asked);
	free(asked);
	if (!is_well)
		no_memory(c);
	else if (acs_work_seen(c, ACS_LEARNED_NAMES, NULL, cwmp_outcome_take(o)))
		acs_refresh_step(c);
}

static void
names_answered(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	struct acs_refresh *r = acs_run_of(c)->refresh;

	(void)context;
	r->is_calling = false;
	if (!o->status) {
		names_came(c, o);
	} else if (!r->by_level && was_too_much(o)) {
		r->by_level = true;
		acs_refresh_step(c);
	} else if (o->status == SB_EREMOTE && r->by_level && r->values + r->leaves.count) {
		/* An object that went meanwhile, or that it does not want to show. */
		names_pass(&r->objects, 1);
		r->skipped++;
		acs_refresh_step(c);
	} else {
		acs_work_refused(c, o);
	}
}

static void
names_ask(struct cwmp_session *c, struct acs_refresh *r)
{
	int err = cwmp_get_parameter_names(c, r->objects.each[r->objects.first], r->by_level,
		(struct cwmp_done){names_answered, NULL});

	r->is_calling = !err;
	if (err)
		call_failed(c, err);
}

/* ---- GetParameterValues ---- */

static size_t
asking(const struct acs_refresh *r)
{
	size_t left = names_left(&r->leaves);

	return left < r->trying ? left : r->trying;
}

static void
values_came(struct cwmp_session *c, const struct cwmp_outcome *o)
{
	struct acs_refresh *r = acs_run_of(c)->refresh;

	r->values += o->envelope->message.body.get_parameter_values_response.parameter_list.count;
	names_pass(&r->leaves, asking(r));
	r->trying = r->batch;
	if (acs_work_seen(c, ACS_LEARNED_VALUES, NULL, cwmp_outcome_take(o)))
		acs_refresh_step(c);
}

/* Halved until it answers; for good when that was too much, for once when one of them is bad. */
static void
ask_for_less(struct acs_refresh *r, bool is_for_good)
{
	size_t count = asking(r);

	if (count == 1) {
		names_pass(&r->leaves, 1);
		r->skipped++;
		r->trying = r->batch;
		return;
	}
	r->trying = (uint32_t)(count / 2);
	if (!is_for_good)
		return;
	r->batch = r->trying;
	r->is_learned = true;
}

static void
values_answered(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	struct acs_refresh *r = acs_run_of(c)->refresh;

	(void)context;
	r->is_calling = false;
	if (!o->status) {
		values_came(c, o);
	} else if (o->status == SB_EREMOTE || (was_too_much(o) && asking(r) > 1)) {
		ask_for_less(r, was_too_much(o));
		acs_refresh_step(c);
	} else {
		acs_work_refused(c, o);
	}
}

static void
values_ask(struct cwmp_session *c, struct acs_refresh *r)
{
	const char *const *names = (const char *const *)&r->leaves.each[r->leaves.first];
	int err = cwmp_get_parameter_values(
		c, names, asking(r), (struct cwmp_done){values_answered, NULL});

	r->is_calling = !err;
	if (err)
		call_failed(c, err);
}

/* ---- the end ---- */

static void
whole(struct cwmp_session *c, struct acs_refresh *r)
{
	json_t *request = json_pack("{s:s, s:I}", "path", r->path, "since", (json_int_t)r->since_s);
	char *text = request ? acs_json_print(request, 0) : NULL;
	char result[96];

	json_decref(request);
	snprintf(result, sizeof(result), "{\"parameters\":%llu,\"skipped\":%llu}",
		(unsigned long long)r->values, (unsigned long long)r->skipped);
	if (!text)
		no_memory(c);
	else
		acs_work_report(c, &(struct acs_end){.outcome = ACS_OUTCOME_DONE,
					   .learned = ACS_LEARNED_WHOLE,
					   .request = text,
					   .result = result,
					   .batch = r->is_learned ? r->batch : 0});
	free(text);
}

/* Values first: so names of a large device do not gather. */
void
acs_refresh_step(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);
	struct acs_refresh *r = run->refresh;

	if (r->is_calling || !acs_work_may_go_on(c))
		return;
	if (run->seen_error)
		acs_work_failed(c, "it could not be stored", true);
	else if (names_left(&r->leaves))
		values_ask(c, r);
	else if (names_left(&r->objects))
		names_ask(c, r);
	else if (!run->seen)
		whole(c, r);
}

/* ---- the beginning ---- */

/* Some devices do not take the empty path: their root is what their Inform's names begin with. */
static char *
root_of(const struct cwmp_session *c)
{
	const struct cwmp_parameter_values *list = &cwmp_inform(c)->parameter_list;
	const char *name = list->count && list->each[0].name ? list->each[0].name : "";
	const char *dot = strchr(name, '.');

	return dot ? strndup(name, (size_t)(dot + 1 - name)) : strdup("");
}

static struct acs_refresh *
refresh_new(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);
	const char *path = acs_task_text(run, "path");
	struct acs_refresh *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->path = path && *path ? strdup(path) : root_of(c);
	r->batch = r->trying = run->work->batch;
	r->since_s = (uint64_t)sb_wall_ms(cwmp_core(c)) / 1000;
	if (r->path &&
		names_add(is_object(r->path) || !*r->path ? &r->objects : &r->leaves, r->path))
		return r;
	acs_refresh_free(r);
	return NULL;
}

void
acs_refresh_begin(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);

	run->refresh = refresh_new(c);
	if (run->refresh)
		acs_refresh_step(c);
	else
		no_memory(c);
}
