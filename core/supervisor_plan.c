/*
 * Child specs copied whole, with what they point at, into one block: who gives a
 * spec may have it on the stack, and a restart needs it years later. Plans are
 * counted, for a child, its start on another shard and a supervisor above may
 * each hold one, and shared between threads, since nothing in them changes.
 */
#include "core/error.h"
#include "core/supervisor_internal.h"

#include <string.h>

/* Where the parts of a plan lie in its one block. */
struct layout {
	size_t size;
	size_t args, id, name, specs, nested;
	size_t nested_count;
};

/* Its args are known to be options, and these point at more. */
static bool
is_supervisor(const struct sb_child_spec *spec)
{
	return spec->module == &sb_supervisor_module &&
	       spec->args_size == sizeof(struct sb_supervisor_options);
}

/* What can be known without a supervisor; the rest (shard, id, number) when it is added. */
static int
check(const struct sb_child_spec *spec)
{
	if (!spec->module || spec->module->abi != SB_MODULE_ABI)
		return SB_EINVAL;
	if (spec->restart < SB_TEMPORARY || spec->restart > SB_PERMANENT)
		return SB_EINVAL;
	if (spec->shard < SB_SHARD_SPREAD || (spec->args_size && !spec->args))
		return SB_EINVAL;
	return 0;
}

static size_t
place_of(struct layout *layout, size_t size)
{
	/* Aligned for anything: args may be a struct of any kind. */
	size_t place = (layout->size + 15) & ~(size_t)15;

	layout->size = place + size;
	return place;
}

static struct layout
layout_of(const struct sb_child_spec *spec)
{
	struct layout layout = {.size = sizeof(struct sb_child_plan)};

	layout.args = place_of(&layout, spec->args_size);
	layout.id = place_of(&layout, spec->id ? strlen(spec->id) + 1 : 0);
	if (is_supervisor(spec)) {
		const struct sb_supervisor_options *options = spec->args;

		layout.name = place_of(&layout, options->name ? strlen(options->name) + 1 : 0);
		layout.nested_count = options->child_count;
		layout.specs =
			place_of(&layout, layout.nested_count * sizeof(struct sb_child_spec));
		layout.nested =
			place_of(&layout, layout.nested_count * sizeof(struct sb_child_plan *));
	}
	return layout;
}

/* The options of a supervisor are copied as args and put right afterwards: what they point at is
 * still the caller's here. */
static void
copy_parts(struct sb_child_plan *plan, const struct sb_child_spec *spec, struct layout layout)
{
	char *block = (char *)plan;

	plan->spec = *spec;
	if (spec->args_size)
		plan->spec.args = memcpy(block + layout.args, spec->args, spec->args_size);
	if (spec->id)
		plan->spec.id = strcpy(block + layout.id, spec->id);
	if (spec->limits) {
		plan->limits = *spec->limits;
		plan->spec.limits = &plan->limits;
	}
}

/* A supervisor's name and initial children: a plan each, and an array of specs that lie in those.
 */
static int
copy_options(struct sb_child_plan *plan, struct layout layout)
{
	struct sb_supervisor_options *options = (void *)((char *)plan + layout.args);
	/* Read before it is overwritten: both are the same field. */
	const struct sb_child_spec *given = options->children;
	struct sb_child_spec *specs = (void *)((char *)plan + layout.specs);
	int err = 0;

	if (options->name)
		options->name = strcpy((char *)plan + layout.name, options->name);
	plan->nested = (void *)((char *)plan + layout.nested);
	options->children = specs;
	while (!err && plan->nested_count < layout.nested_count) {
		size_t i = plan->nested_count;

		err = sb_child_plan_new(plan->env, &given[i], &plan->nested[i]);
		if (!err)
			specs[plan->nested_count++] = plan->nested[i]->spec;
	}
	return err;
}

int
sb_child_plan_new(
	const struct sb_env *env, const struct sb_child_spec *spec, struct sb_child_plan **out)
{
	struct sb_child_plan *plan;
	struct layout layout;
	int err = check(spec);

	if (err)
		return err;
	layout = layout_of(spec);
	plan = env->allocate(env->context, layout.size);
	if (!plan)
		return SB_ENOMEM;
	memset(plan, 0, layout.size);
	plan->env = env;
	atomic_init(&plan->uses, 1);
	copy_parts(plan, spec, layout);
	if (is_supervisor(spec))
		err = copy_options(plan, layout);
	if (err) {
		sb_child_plan_release(plan);
		return err;
	}
	*out = plan;
	return 0;
}

struct sb_child_plan *
sb_child_plan_use(struct sb_child_plan *plan)
{
	atomic_fetch_add_explicit(&plan->uses, 1, memory_order_relaxed);
	return plan;
}

void
sb_child_plan_release(void *data)
{
	struct sb_child_plan *plan = data;

	/* Acquire: what others did with the plan happened before it is freed. */
	if (atomic_fetch_sub_explicit(&plan->uses, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < plan->nested_count; i++)
		sb_child_plan_release(plan->nested[i]);
	plan->env->release(plan->env->context, plan);
}
