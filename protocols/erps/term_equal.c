/*
 * Two terms compared without recursion: a stack of the tuples, lists and maps that are
 * being compared. When two terms differ, so do what holds them, up to the nearest map
 * that was only looking for a key: there the next one is tried.
 */
#include "core/env.h"
#include "protocols/erps/decode_internal.h"
#include "protocols/erps/equal_internal.h"
#include "protocols/erps/hash_internal.h"
#include "protocols/erps/scan_internal.h"

#define LEVELS (ERPS_DEPTH_MAX + 1)

/* Work for each octet, before it is the hashes that decide: enough for any terms but large maps in
 * different orders. */
#define WORK_PER_OCTET 8

struct level {
	struct erps_walk a, b;
	struct erps_term map; /* b, when it is a map: where a key is looked for */
	struct erps_term key; /* of a */
	size_t untried;       /* pairs of b that may still have it */
	bool is_list, is_map, is_key;
};

struct equality {
	struct level levels[LEVELS];
	size_t depth;
	uint64_t work;         /* that may still be done */
	struct erps_term a, b; /* the next two to compare */
};

static bool
has_elements(enum erps_kind kind)
{
	return kind == ERPS_TUPLE || kind == ERPS_LIST || kind == ERPS_MAP;
}

static bool
is_same(struct erps_term a, struct erps_term b)
{
	return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static bool
step(struct equality *e, struct erps_walk *walk, struct erps_term *element)
{
	if (!erps_next(walk, element))
		return false;
	e->work -= element->size < e->work ? element->size : e->work;
	return true;
}

/* The key of b that is tried next: the one behind the last, and behind the last of all the first.
 * So maps in one order need no search. */
static void
next_candidate(struct equality *e, struct level *level)
{
	level->untried--;
	if (level->b.left == 0)
		level->b = erps_walk(level->map);
	e->a = level->key;
	step(e, &level->b, &e->b);
	level->is_key = true;
}

/* Two containers of one kind. False: they differ at a glance. */
static bool
enter(struct equality *e, enum erps_kind kind)
{
	struct level *level = &e->levels[e->depth];

	level->a = erps_walk(e->a);
	level->b = erps_walk(e->b);
	level->is_list = kind == ERPS_LIST;
	level->is_map = kind == ERPS_MAP;
	level->is_key = false;
	level->map = e->b;
	if (!level->is_list && level->a.left != level->b.left)
		return false;
	e->depth++;
	return true;
}

/* Takes the next pair of elements. 1: there it is, in e->a and e->b; 0: there are no more, they are
 * equal; -1: they differ. */
static int
next_elements(struct equality *e, struct level *level)
{
	bool is_more = step(e, &level->a, &e->a);

	if (is_more != step(e, &level->b, &e->b))
		return -1;
	if (is_more)
		return 1;
	if (!level->is_list)
		return 0;
	level->is_list = false;
	e->a = erps_walk_tail(&level->a);
	e->b = erps_walk_tail(&level->b);
	/* The empty list is a leaf here, not to be entered again. */
	if (erps_kind(e->a) == ERPS_LIST || erps_kind(e->b) == ERPS_LIST)
		return erps_kind(e->a) == erps_kind(e->b) ? 0 : -1;
	return 1;
}

static int
next_of_map(struct equality *e, struct level *level)
{
	if (level->is_key) { /* found: now its value */
		level->is_key = false;
		step(e, &level->a, &e->a);
		step(e, &level->b, &e->b);
		return 1;
	}
	if (!step(e, &level->a, &level->key))
		return 0;
	level->untried = erps_count(level->map);
	next_candidate(e, level);
	return 1;
}

/* After two that are equal. 1: there are two more; 0: none, all are equal; -1: they differ. */
static int
advance(struct equality *e)
{
	while (e->depth) {
		struct level *level = &e->levels[e->depth - 1];
		int more = level->is_map ? next_of_map(e, level) : next_elements(e, level);

		if (more)
			return more;
		e->depth--;
	}
	return 0;
}

/* After two that differ. False: there is no other place where this one could be. */
static bool
try_elsewhere(struct equality *e)
{
	struct erps_term value;

	while (e->depth) {
		struct level *level = &e->levels[e->depth - 1];

		if (level->is_key && level->untried) {
			step(e, &level->b, &value);
			next_candidate(e, level);
			return true;
		}
		e->depth--;
	}
	return false;
}

/* False: e->a and e->b differ, so far as can be seen without their elements. */
static bool
begin(struct equality *e)
{
	enum erps_kind kind = erps_kind(e->a);

	if (!has_elements(kind))
		return erps_leaves_equal(e->a, e->b);
	if (kind != erps_kind(e->b))
		return false;
	return e->depth == LEVELS ? is_same(e->a, e->b) : enter(e, kind);
}

enum erps_equality
erps_equal_within(struct erps_term a, struct erps_term b, uint64_t work)
{
	struct equality e;
	int more;

	if (!a.data || !b.data)
		return a.data == b.data ? ERPS_EQUAL : ERPS_DIFFERENT;
	if (is_same(a, b))
		return ERPS_EQUAL;
	e.depth = 0;
	e.work = work;
	e.a = a;
	e.b = b;
	do {
		if (e.work == 0)
			return ERPS_UNDECIDED;
		more = begin(&e) ? advance(&e) : -1;
		if (more < 0 && !try_elsewhere(&e))
			return ERPS_DIFFERENT;
	} while (more);
	return ERPS_EQUAL;
}

/* Two hashes by secrets that nobody knows and that are used once: 128 bits that are the same by
 * chance are not to be had. */
static bool
hashes_equal(struct erps_term a, struct erps_term b)
{
	const struct sb_env *env = sb_env_system();
	uint64_t secrets[4];

	env->random(env->context, secrets, sizeof(secrets));
	return erps_hash(a, secrets) == erps_hash(b, secrets) &&
	       erps_hash(a, secrets + 2) == erps_hash(b, secrets + 2);
}

bool
erps_equal(struct erps_term a, struct erps_term b)
{
	uint64_t work = WORK_PER_OCTET * ((uint64_t)a.size + b.size);
	enum erps_equality equality = erps_equal_within(a, b, work);

	return equality == ERPS_UNDECIDED ? hashes_equal(a, b) : equality == ERPS_EQUAL;
}
