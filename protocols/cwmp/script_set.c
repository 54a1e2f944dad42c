/* The set of scripts: immutable, counted, replaced as a whole. */
#include "protocols/cwmp/script_internal.h"

#include "core/node.h"
#include "core/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- a set ---- */

struct script_set *
script_set_get(struct cwmp_scripts *scripts)
{
	struct script_set *set = NULL;

	pthread_mutex_lock(&scripts->mutex);
	set = scripts->set;
	if (set)
		atomic_fetch_add_explicit(&set->users, 1, memory_order_relaxed);
	pthread_mutex_unlock(&scripts->mutex);
	return set;
}

void
script_set_release(struct script_set *set)
{
	if (!set || atomic_fetch_sub_explicit(&set->users, 1, memory_order_acq_rel) > 1)
		return;
	set->env->release(set->env->context, set->chunks);
	set->env->release(set->env->context, set->memory);
	set->env->release(set->env->context, set);
}

const struct script_chunk *
script_set_find(const struct script_set *set, const char *name, const struct cwmp_inform *inform)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct script_chunk *chunk = &set->chunks[i];

		if (name ? strcmp(chunk->name, name) == 0
			 : script_filter_fits(&chunk->filter, inform))
			return chunk;
	}
	return NULL;
}

/* ---- making one: all texts in one allocation, with the lists of events ---- */

static size_t
size_of(const struct cwmp_script_source *source)
{
	const struct cwmp_script_filter *filter = &source->filter;
	size_t size = sb_text_size(source->name) + source->size +
		      sb_text_size(filter->manufacturer) + sb_text_size(filter->oui) +
		      sb_text_size(filter->product_class) + sb_text_size(filter->version) +
		      filter->event_count * sizeof(char *);

	for (size_t i = 0; i < filter->event_count; i++)
		size += sb_text_size(filter->events[i]);
	return size;
}

static void
keep_events(const char ***lists, char **at, struct cwmp_script_filter *filter)
{
	const char **list = *lists;

	for (size_t i = 0; i < filter->event_count; i++)
		list[i] = sb_text_keep(at, filter->events[i]);
	filter->events = list;
	*lists += filter->event_count;
}

static struct script_chunk
keep(const struct cwmp_script_source *source, const char ***lists, char **at)
{
	struct script_chunk chunk = {.filter = source->filter, .size = source->size};
	struct cwmp_script_filter *filter = &chunk.filter;

	chunk.name = sb_text_keep(at, source->name);
	chunk.text = *at;
	if (source->size)
		memcpy(*at, source->text, source->size);
	*at += source->size;
	filter->manufacturer = sb_text_keep(at, filter->manufacturer);
	filter->oui = sb_text_keep(at, filter->oui);
	filter->product_class = sb_text_keep(at, filter->product_class);
	filter->version = sb_text_keep(at, filter->version);
	keep_events(lists, at, filter);
	return chunk;
}

static void
fill(struct script_set *set, const struct cwmp_script_source sources[], size_t count)
{
	const char **lists = (const char **)set->memory;
	char *at = set->memory;

	for (size_t i = 0; i < count; i++)
		at += sources[i].filter.event_count * sizeof(char *);
	for (size_t i = 0; i < count; i++)
		set->chunks[i] = keep(&sources[i], &lists, &at);
	set->count = count;
}

static struct script_set *
set_new(const struct sb_env *env, const struct cwmp_script_source sources[], size_t count)
{
	struct script_set *set = env->allocate(env->context, sizeof(*set));
	size_t size = 1;

	if (!set)
		return NULL;
	memset(set, 0, sizeof(*set));
	set->env = env;
	atomic_init(&set->users, 1);
	for (size_t i = 0; i < count; i++)
		size += size_of(&sources[i]);
	set->chunks = env->allocate(env->context, (count + 1) * sizeof(*set->chunks));
	set->memory = env->allocate(env->context, size);
	if (!set->chunks || !set->memory) {
		script_set_release(set);
		return NULL;
	}
	fill(set, sources, count);
	return set;
}

/* ---- checking ---- */

static int
mistaken(struct cwmp_script_mistake *mistake, const char *name, const char *text)
{
	if (!mistake)
		return SB_EINVAL;
	snprintf(mistake->script, sizeof(mistake->script), "%s", name ? name : "");
	snprintf(mistake->text, sizeof(mistake->text), "%s", text);
	return SB_EINVAL;
}

static bool
is_name(const char *name)
{
	size_t size = name ? strlen(name) : 0;

	if (size == 0 || size > CWMP_SCRIPT_NAME_MAX)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_.-", *name))
			return false;
	return true;
}

/* Alone, and as it will run: what compiles so cannot break out of the function that it becomes. */
static int
compile(lua_State *L, const struct cwmp_scripts *scripts, const struct cwmp_script_source *source,
	struct cwmp_script_mistake *mistake)
{
	struct script_compile how = {scripts->env, scripts->limits.resume_ms, false};
	int status = script_compile(L, &how, source->name, source->text, source->size);

	how.is_wrapped = true;
	if (status == LUA_OK)
		status = script_compile(L, &how, source->name, source->text, source->size);
	if (status == LUA_OK)
		return 0;
	if (status == LUA_ERRMEM)
		return SB_ENOMEM;
	return mistaken(mistake, source->name,
		lua_isstring(L, -1) ? lua_tostring(L, -1) : "it cannot be compiled");
}

int
cwmp_script_check(const struct cwmp_scripts *scripts, const struct cwmp_script_source *source,
	struct cwmp_script_mistake *mistake)
{
	struct script_shard shard = {0};
	int err = 0;

	if (!is_name(source->name))
		return mistaken(mistake, source->name, "its name is none");
	if (source->size > scripts->limits.source_bytes)
		return mistaken(mistake, source->name, "it is too long");
	err = script_shard_init(&shard, scripts->env, &scripts->limits);
	if (!err)
		err = compile(shard.lua, scripts, source, mistake);
	script_shard_fini(&shard);
	return err;
}

static int
check_all(const struct cwmp_scripts *scripts, const struct cwmp_script_source sources[],
	size_t count, struct cwmp_script_mistake *mistake)
{
	for (size_t i = 0; i < count; i++) {
		int err = cwmp_script_check(scripts, &sources[i], mistake);

		if (err)
			return err;
		for (size_t j = 0; j < i; j++)
			if (strcmp(sources[i].name, sources[j].name) == 0)
				return mistaken(mistake, sources[i].name, "its name is taken");
	}
	return 0;
}

/* ---- the set's owner ---- */

#define OR(value, otherwise) ((value) ? (value) : (otherwise))

static struct cwmp_script_limits
complete(struct cwmp_script_limits limits)
{
	limits.instructions_a_resume = OR(limits.instructions_a_resume, 1000000);
	limits.instructions_a_session = OR(limits.instructions_a_session, 20000000);
	limits.resume_ms = OR(limits.resume_ms, 100);
	limits.allocation_a_resume = OR(limits.allocation_a_resume, (size_t)32 << 20);
	limits.memory_a_session = OR(limits.memory_a_session, (size_t)4 << 20);
	limits.memory_a_shard = OR(limits.memory_a_shard, (size_t)64 << 20);
	limits.source_bytes = OR(limits.source_bytes, (size_t)256 << 10);
	limits.log_lines = OR(limits.log_lines, 200);
	return limits;
}

static void
open_metrics(struct cwmp_scripts *scripts)
{
	struct sb_metrics *m = sb_node_metrics(scripts->node);

#define X(name, text)                                                               \
	scripts->ended[SCRIPT_##name] = sb_metrics_counter(m, "cwmp_scripts_total", \
		"Session scripts that ended, by how", "result", text, (const char *)NULL);
	SCRIPT_RESULT_MAP(X)
#undef X
	scripts->instructions = sb_metrics_counter(m, "cwmp_script_instructions_total",
		"Instructions that session scripts have used", (const char *)NULL);
	scripts->running = sb_metrics_gauge(
		m, "cwmp_scripts_running", "Session scripts under way", (const char *)NULL);
	scripts->memory = sb_metrics_gauge(m, "cwmp_script_memory_bytes",
		"Memory of session scripts and their libraries", (const char *)NULL);
}

int
cwmp_scripts_new(struct cwmp_scripts **scripts, struct sb_node *node,
	const struct cwmp_scripts_options *options)
{
	static const struct cwmp_scripts_options none;
	const struct sb_env *env = sb_node_env(node);
	size_t size = sizeof(**scripts) + sb_node_shards(node) * sizeof((*scripts)->shards[0]);
	struct cwmp_scripts *made = env->allocate(env->context, size);

	if (!made)
		return SB_ENOMEM;
	if (!options)
		options = &none;
	memset(made, 0, size);
	made->node = node;
	made->env = env;
	made->shard_count = sb_node_shards(node);
	made->limits = complete(options->limits);
	made->library = options->library;
	made->functions = options->functions;
	made->function_count = options->function_count;
	pthread_mutex_init(&made->mutex, NULL);
	open_metrics(made);
	*scripts = made;
	return 0;
}

void
cwmp_scripts_free(struct cwmp_scripts *scripts)
{
	if (!scripts)
		return;
	for (unsigned i = 0; i < scripts->shard_count; i++)
		script_shard_free(scripts->shards[i]);
	script_set_release(scripts->set);
	pthread_mutex_destroy(&scripts->mutex);
	scripts->env->release(scripts->env->context, scripts);
}

int
cwmp_scripts_load(struct cwmp_scripts *scripts, const struct cwmp_script_source sources[],
	size_t count, struct cwmp_script_mistake *mistake)
{
	struct script_set *set = NULL, *before = NULL;
	int err = check_all(scripts, sources, count, mistake);

	if (err)
		return err;
	set = set_new(scripts->env, sources, count);
	if (!set)
		return SB_ENOMEM;
	pthread_mutex_lock(&scripts->mutex);
	for (size_t i = 0; i < count; i++)
		set->chunks[i].id = ++scripts->last_id;
	set->generation = ++scripts->generation;
	before = scripts->set;
	scripts->set = set;
	pthread_mutex_unlock(&scripts->mutex);
	script_set_release(before);
	return 0;
}

int
cwmp_scripts_choose(struct cwmp_scripts *scripts, const struct cwmp_inform *inform,
	char name[CWMP_SCRIPT_NAME_MAX + 1])
{
	struct script_set *set = script_set_get(scripts);
	const struct script_chunk *chunk = set ? script_set_find(set, NULL, inform) : NULL;

	if (chunk)
		snprintf(name, CWMP_SCRIPT_NAME_MAX + 1, "%s", chunk->name);
	script_set_release(set);
	return chunk ? 0 : SB_ENOENT;
}
