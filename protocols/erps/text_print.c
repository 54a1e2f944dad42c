/*
 * The printer: one frame for each tuple, list or map that is open, and a step for each
 * element, so that neither a deep term nor a long one costs stack. Every loop stops
 * when the text is cut: a peer's megabyte costs a line of the log no more than a walk
 * over it.
 */
#include "core/env.h"
#include "core/error.h"
#include "protocols/erps/text.h"
#include "protocols/erps/text_scalar_internal.h"

enum style {
	STYLE_TUPLE,
	STYLE_LIST,
	STYLE_KEYWORDS, /* [a: 1] */
	STYLE_KEYS,     /* %{a: 1} */
	STYLE_ARROWS,   /* %{1 => 2} */
};

static const struct {
	const char *open, *close;
} brackets[] = {
	[STYLE_TUPLE] = {"{", "}"},
	[STYLE_LIST] = {"[", "]"},
	[STYLE_KEYWORDS] = {"[", "]"},
	[STYLE_KEYS] = {"%{", "}"},
	[STYLE_ARROWS] = {"%{", "}"},
};

struct frame {
	enum style style;
	bool has_element; /* the next one needs a comma */
	bool is_value;    /* STYLE_ARROWS: the next one is a value */
	bool is_over;     /* the tail of a list was printed */
	struct erps_walk walk;
};

struct printer {
	struct erps_out *out;
	size_t depth;
	struct frame frames[ERPS_TEXT_DEPTH_MAX];
};

/* ---- which notation ---- */

static bool
is_pair(struct erps_term term)
{
	struct erps_term key;

	return erps_kind(term) == ERPS_TUPLE && erps_count(term) == 2 &&
	       erps_element(term, 0, &key) && erps_is_key(key);
}

/* Of a list that was walked to its end. */
static bool
is_proper(const struct erps_walk *walk)
{
	return erps_kind(erps_walk_tail(walk)) == ERPS_LIST;
}

static bool
is_keywords(struct erps_term list)
{
	struct erps_walk walk = erps_walk(list);
	struct erps_term element;

	while (erps_next(&walk, &element))
		if (!is_pair(element))
			return false;
	return is_proper(&walk);
}

static bool
has_keys_only(struct erps_term map)
{
	struct erps_walk walk = erps_walk(map);
	struct erps_term key, value;

	while (erps_next(&walk, &key) && erps_next(&walk, &value))
		if (!erps_is_key(key))
			return false;
	return true;
}

/* As List.ascii_printable? */
static bool
is_charlist(struct erps_term list)
{
	struct erps_walk walk = erps_walk(list);
	struct erps_term element;
	int64_t code;

	while (erps_next(&walk, &element)) {
		if (!erps_get_integer(element, &code))
			return false;
		if ((code < ' ' || code > '~') && (code < 7 || code > 13) && code != 27)
			return false;
	}
	return is_proper(&walk);
}

static void
out_charlist(struct erps_out *out, struct erps_term list)
{
	struct erps_walk walk = erps_walk(list);
	struct erps_term element;
	int64_t code = 0, next = 0;
	bool has_next = erps_next(&walk, &element) && erps_get_integer(element, &next);

	erps_out_words(out, "~c\"");
	while (has_next && !out->is_cut) {
		code = next;
		has_next = erps_next(&walk, &element) && erps_get_integer(element, &next);
		erps_out_character(out, (uint32_t)code, has_next ? (uint32_t)next : 0);
	}
	erps_out_words(out, "\"");
}

/* ---- the walk ---- */

static void
open_frame(struct printer *p, enum style style, struct erps_term term)
{
	if (p->depth == ERPS_TEXT_DEPTH_MAX) {
		erps_out_words(p->out, "...");
		return;
	}
	erps_out_words(p->out, brackets[style].open);
	p->frames[p->depth++] = (struct frame){.style = style, .walk = erps_walk(term)};
}

static void
print_list(struct printer *p, struct erps_term list)
{
	struct erps_walk walk = erps_walk(list);
	struct erps_term element;

	if (!erps_next(&walk, &element))
		erps_out_scalar(p->out, list);
	else if (is_charlist(list))
		out_charlist(p->out, list);
	else
		open_frame(p, is_keywords(list) ? STYLE_KEYWORDS : STYLE_LIST, list);
}

/* Prints a term, or the beginning of one. */
static void
print_term(struct printer *p, struct erps_term term)
{
	enum erps_kind kind = erps_kind(term);

	if (kind == ERPS_TUPLE)
		open_frame(p, STYLE_TUPLE, term);
	else if (kind == ERPS_MAP)
		open_frame(p, has_keys_only(term) ? STYLE_KEYS : STYLE_ARROWS, term);
	else if (kind == ERPS_LIST)
		print_list(p, term);
	else
		erps_out_scalar(p->out, term);
}

/* What stands before a value: its key, when the style has one; the value is what is left. */
static struct erps_term
print_key(struct printer *p, struct frame *f, struct erps_term element)
{
	struct erps_term value = element, key = element;

	if (f->style == STYLE_KEYS)
		erps_next(&f->walk, &value);
	else if (f->style != STYLE_KEYWORDS || !erps_element(element, 0, &key) ||
		 !erps_element(element, 1, &value))
		return element;
	erps_out_key(p->out, key);
	return value;
}

static void
print_element(struct printer *p, struct frame *f, struct erps_term element)
{
	if (f->is_value)
		erps_out_words(p->out, " => ");
	else if (f->has_element)
		erps_out_words(p->out, ", ");
	f->has_element = true;
	f->is_value = f->style == STYLE_ARROWS && !f->is_value;
	print_term(p, print_key(p, f, element));
}

/* One element more of the innermost frame, its tail, or its end. */
static void
step(struct printer *p)
{
	struct frame *f = &p->frames[p->depth - 1];
	struct erps_term element;

	if (!f->is_over && erps_next(&f->walk, &element)) {
		print_element(p, f, element);
	} else if (!f->is_over && f->style == STYLE_LIST && !is_proper(&f->walk)) {
		f->is_over = true;
		erps_out_words(p->out, " | ");
		print_term(p, erps_walk_tail(&f->walk));
	} else {
		erps_out_words(p->out, brackets[f->style].close);
		p->depth--;
	}
}

static void
print(struct erps_out *out, struct erps_term term)
{
	struct printer p;

	p.out = out;
	p.depth = 0;
	print_term(&p, term);
	while (p.depth && !out->is_cut)
		step(&p);
	erps_out_finish(out);
}

/* ---- public ---- */

size_t
erps_print(char *buf, size_t size, struct erps_term term)
{
	struct erps_out out = {.data = buf, .room = size ? size - 1 : 0};

	if (size == 0)
		return 0;
	print(&out, term);
	return out.size;
}

int
erps_print_env(
	const struct sb_env *env, struct erps_term term, size_t limit, char **text, size_t *size)
{
	struct erps_out out = {.env = env, .limit = limit};

	out.data = env->allocate(env->context, 1);
	if (!out.data)
		return SB_ENOMEM;
	print(&out, term);
	if (out.error) {
		env->release(env->context, out.data);
		return out.error;
	}
	*text = out.data;
	if (size)
		*size = out.size;
	return 0;
}

const char *
erps_brief(char buf[ERPS_BRIEF_SIZE], struct erps_term term)
{
	erps_print(buf, ERPS_BRIEF_SIZE, term);
	return buf;
}
