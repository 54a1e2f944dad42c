/* A pattern tells how many elements follow only by its end: they are counted first. Recursion here
 * is as deep as the pattern, which is the program's own. */
#include "core/error.h"
#include "protocols/erps/build.h"
#include "protocols/erps/pattern_internal.h"

static void
fail(struct erps_builder *b)
{
	if (!b->error)
		b->error = SB_EINVAL;
}

struct filling {
	struct erps_builder *builder;
	struct erps_pattern pattern;
	va_list arguments;
};

static void put_value(struct filling *f);

static void
put_name(struct filling *f)
{
	struct erps_builder *b = f->builder;

	switch (f->pattern.type) {
	case ERPS_TYPE_any:
	case ERPS_TYPE_tuple:
	case ERPS_TYPE_list:
	case ERPS_TYPE_map:
		erps_put_term(b, va_arg(f->arguments, struct erps_term));
		break;
	case ERPS_TYPE_int:
		erps_put_integer(b, va_arg(f->arguments, int64_t));
		break;
	case ERPS_TYPE_uint:
		erps_put_unsigned(b, va_arg(f->arguments, uint64_t));
		break;
	case ERPS_TYPE_float:
		erps_put_float(b, va_arg(f->arguments, double));
		break;
	case ERPS_TYPE_atom:
		erps_put_atom(b, va_arg(f->arguments, const char *));
		break;
	case ERPS_TYPE_text:
		erps_put_text(b, va_arg(f->arguments, const char *));
		break;
	case ERPS_TYPE_binary:
		erps_put_binary(b, va_arg(f->arguments, struct sb_bytes));
		break;
	case ERPS_TYPE_bool:
		erps_put_boolean(b, va_arg(f->arguments, int) != 0);
		break;
	}
}

/* Goes behind `word`; anything else there is a mistake. */
static void
expect(struct filling *f, enum erps_word word)
{
	if (f->pattern.word != word)
		fail(f->builder);
	else
		erps_pattern_next(&f->pattern);
}

/* False: no comma, so it is the end. */
static bool
take_comma(struct filling *f)
{
	if (f->pattern.word != ERPS_WORD_COMMA)
		return false;
	erps_pattern_next(&f->pattern);
	return true;
}

static void
put_tuple(struct filling *f)
{
	bool has_tail;
	size_t count = erps_pattern_count(&f->pattern, &has_tail);

	erps_put_tuple(f->builder, count);
	erps_pattern_next(&f->pattern);
	for (size_t i = 0; i < count && (i == 0 || take_comma(f)); i++)
		put_value(f);
	expect(f, ERPS_WORD_TUPLE_END);
}

static void
put_list(struct filling *f)
{
	bool has_tail;
	size_t count = erps_pattern_count(&f->pattern, &has_tail);

	erps_put_list(f->builder, count);
	erps_pattern_next(&f->pattern);
	for (size_t i = 0; i < count && (i == 0 || take_comma(f)); i++)
		put_value(f);
	if (has_tail) {
		expect(f, ERPS_WORD_TAIL);
		put_value(f);
	} else {
		erps_put_nil(f->builder);
	}
	expect(f, ERPS_WORD_LIST_END);
}

static void
put_map(struct filling *f)
{
	bool has_tail;
	size_t count = erps_pattern_count(&f->pattern, &has_tail);

	erps_put_map(f->builder, count);
	erps_pattern_next(&f->pattern);
	for (size_t i = 0; i < count && (i == 0 || take_comma(f)); i++) {
		if (f->pattern.word == ERPS_WORD_KEY) {
			erps_put_atom_name(f->builder, f->pattern.text);
			erps_pattern_next(&f->pattern);
		} else {
			put_value(f);
			expect(f, ERPS_WORD_ARROW);
		}
		put_value(f);
	}
	expect(f, ERPS_WORD_TUPLE_END);
}

/* A value of one word. */
static void
put_word(struct filling *f)
{
	struct erps_pattern *p = &f->pattern;

	if (p->word == ERPS_WORD_ATOM)
		erps_put_atom_name(f->builder, p->text);
	else if (p->word == ERPS_WORD_INTEGER)
		erps_put_integer(f->builder, p->integer);
	else if (p->word == ERPS_WORD_TEXT)
		erps_put_binary(f->builder, p->text);
	else if (p->word == ERPS_WORD_NAME)
		put_name(f);
	else
		fail(f->builder);
	erps_pattern_next(p);
}

/* After a mistake the pattern and the arguments do not belong together any more. */
static void
put_value(struct filling *f)
{
	if (f->builder->error)
		return;
	if (f->pattern.word == ERPS_WORD_TUPLE)
		put_tuple(f);
	else if (f->pattern.word == ERPS_WORD_LIST)
		put_list(f);
	else if (f->pattern.word == ERPS_WORD_MAP)
		put_map(f);
	else
		put_word(f);
}

void
erps_put_pattern_list(struct erps_builder *b, const char *pattern, va_list arguments)
{
	struct filling f = {.builder = b, .pattern = erps_pattern(pattern)};

	va_copy(f.arguments, arguments);
	put_value(&f);
	va_end(f.arguments);
	if (f.pattern.word != ERPS_WORD_END)
		fail(b);
}

void
erps_put_pattern(struct erps_builder *b, const char *pattern, ...)
{
	va_list arguments;

	va_start(arguments, pattern);
	erps_put_pattern_list(b, pattern, arguments);
	va_end(arguments);
}
