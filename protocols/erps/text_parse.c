/*
 * The parser: one frame for each tuple, list or map that is open; each step reads one
 * item or one separator of the innermost. A term is built as it is read, its heads
 * corrected at the end (text_heads), so that nothing is read twice.
 */
#include "core/env.h"
#include "protocols/erps/decode_internal.h"
#include "protocols/erps/text.h"
#include "protocols/erps/text_heads_internal.h"
#include "protocols/erps/text_notation_internal.h"
#include "protocols/erps/text_scan_internal.h"

enum state {
	AT_ITEM,      /* an element or a key, or the end */
	AT_VALUE,     /* what belongs to a key */
	AT_TAIL,      /* what comes after | in a list */
	AT_ARROW,     /* => after a key of a map */
	AT_SEPARATOR, /* a comma, or the end */
	AT_CLOSE,     /* the end of a list after its tail */
};

struct frame {
	enum erps_kind kind;
	enum state state;
	bool has_tail;
	size_t head, count;
};

struct parser {
	struct erps_scan scan;
	size_t depth;
	bool is_whole;
	struct frame frames[ERPS_TEXT_DEPTH_MAX];
};

static struct frame *
top(struct parser *p)
{
	return &p->frames[p->depth - 1];
}

static uint8_t
closing(const struct frame *f)
{
	return f->kind == ERPS_LIST ? ']' : '}';
}

/* ---- values ---- */

/* A value is there: what comes next is up to whom it belongs to. */
static int
value_done(struct parser *p)
{
	struct frame *f;

	if (p->depth == 0) {
		p->is_whole = true;
		return 0;
	}
	f = top(p);
	if (f->state == AT_TAIL) {
		f->has_tail = true;
		f->state = AT_CLOSE;
	} else if (f->kind == ERPS_MAP && f->state == AT_ITEM) {
		f->state = AT_ARROW;
	} else {
		f->count++;
		f->state = AT_SEPARATOR;
	}
	return 0;
}

static int
open_frame(struct parser *p, enum erps_kind kind, size_t bracket)
{
	struct frame f = {.kind = kind, .state = AT_ITEM};

	if (p->depth == ERPS_TEXT_DEPTH_MAX)
		return erps_scan_fail(&p->scan, SB_ELIMIT, "nested too deeply");
	p->scan.at += bracket;
	f.head = erps_open_head(p->scan.b, kind);
	p->frames[p->depth++] = f;
	return 0;
}

/* %Name{: a map that says so under the key that Elixir has for it. */
static int
open_struct(struct parser *p, size_t name)
{
	struct erps_scan *s = &p->scan;
	int err = open_frame(p, ERPS_MAP, strlen("%"));

	if (err)
		return err;
	erps_put_atom(s->b, "__struct__");
	err = erps_scan_alias(s, name);
	s->at++; /* the bracket */
	top(p)->count = 1;
	return err;
}

static int
take_value(struct parser *p)
{
	struct erps_scan *s = &p->scan;
	struct erps_scan behind = *s;
	size_t name;
	int err;

	if (erps_scan_is_at(s, "%{"))
		return open_frame(p, ERPS_MAP, 2);
	if (erps_scan_peek(s, 0) == '{')
		return open_frame(p, ERPS_TUPLE, 1);
	if (erps_scan_peek(s, 0) == '[')
		return open_frame(p, ERPS_LIST, 1);
	if (erps_scan_peek(s, 0) == '%') {
		behind.at++;
		name = erps_alias_size(erps_scan_rest(&behind));
		if (name && erps_scan_peek(s, 1 + name) == '{')
			return open_struct(p, name);
		return erps_scan_fail(s, SB_EINVAL, "a map begins with %{");
	}
	err = erps_scan_scalar(s);
	return err ? err : value_done(p);
}

/* ---- what is between them ---- */

/* A map has few keys mostly; what it takes to compare many is given back at once. */
static int
check_keys(struct erps_scan *s, const uint8_t *map)
{
	struct erps_decoder decoder = {.env = s->b->env ? s->b->env : sb_env_system()};
	struct erps_check check;
	enum erps_fault_code fault;

	check.decoder = &decoder;
	fault = erps_check_keys(&check, map);
	erps_decoder_fini(&decoder);
	if (fault == ERPS_FAULT_MEMORY)
		return erps_scan_fail(s, SB_ENOMEM, "out of memory");
	return fault ? erps_scan_fail(s, SB_EINVAL, "a key is in the map twice") : 0;
}

static int
close_map(struct parser *p, const struct frame *f)
{
	struct erps_builder *b = p->scan.b;

	erps_close_map(b, f->head, f->count);
	return b->error ? 0 : check_keys(&p->scan, b->data + f->head);
}

static int
close_frame(struct parser *p)
{
	struct erps_builder *b = p->scan.b;
	struct frame *f = top(p);
	int err = 0;

	if (f->kind == ERPS_TUPLE)
		erps_close_tuple(b, f->head, f->count);
	else if (f->kind == ERPS_LIST)
		erps_close_list(b, f->head, f->count, f->has_tail);
	else
		err = close_map(p, f);
	if (err)
		return err;
	p->scan.at++;
	p->depth--;
	return value_done(p);
}

/* `key:`, in a list the beginning of a pair. */
static int
take_key(struct parser *p)
{
	struct frame *f = top(p);

	if (f->kind == ERPS_LIST)
		erps_put_tuple(p->scan.b, 2);
	f->state = AT_VALUE;
	return erps_scan_key(&p->scan);
}

static int
take_item(struct parser *p)
{
	struct frame *f = top(p);

	if (erps_scan_peek(&p->scan, 0) == closing(f))
		return close_frame(p);
	if (f->kind != ERPS_TUPLE && erps_scan_is_key(&p->scan))
		return take_key(p);
	return take_value(p);
}

static int
take_arrow(struct parser *p)
{
	if (!erps_scan_is_at(&p->scan, "=>"))
		return erps_scan_fail(&p->scan, SB_EINVAL, "=> is missing after the key");
	p->scan.at += strlen("=>");
	top(p)->state = AT_VALUE;
	return 0;
}

static int
take_separator(struct parser *p)
{
	struct frame *f = top(p);
	uint8_t next = erps_scan_peek(&p->scan, 0);

	if (next == closing(f))
		return close_frame(p);
	if (next == ',')
		f->state = AT_ITEM;
	else if (next == '|' && f->kind == ERPS_LIST)
		f->state = AT_TAIL;
	else
		return erps_scan_fail(&p->scan, SB_EINVAL,
			f->kind == ERPS_LIST ? "a comma or ] is missing"
					     : "a comma or } is missing");
	p->scan.at++;
	return 0;
}

static int
take_close(struct parser *p)
{
	if (erps_scan_peek(&p->scan, 0) == ']')
		return close_frame(p);
	return erps_scan_fail(&p->scan, SB_EINVAL, "] is missing after the tail of the list");
}

static int
step(struct parser *p)
{
	if (p->depth == 0)
		return take_value(p);
	switch (top(p)->state) {
	case AT_ITEM:
		return take_item(p);
	case AT_VALUE:
	case AT_TAIL:
		return take_value(p);
	case AT_ARROW:
		return take_arrow(p);
	case AT_SEPARATOR:
		return take_separator(p);
	case AT_CLOSE:
		return take_close(p);
	}
	return SB_EINVAL;
}

static int
parse(struct parser *p)
{
	struct erps_scan *s = &p->scan;
	int err = 0;

	while (!err && !p->is_whole) {
		erps_scan_blanks(s);
		err = step(p);
		if (!err && s->b->error == SB_ENOMEM)
			err = erps_scan_fail(s, SB_ENOMEM, "out of memory");
		else if (!err && s->b->error)
			err = erps_scan_fail(s, SB_ELIMIT, "the term is too large");
	}
	if (err)
		return err;
	erps_scan_blanks(s);
	if (s->at < s->end)
		return erps_scan_fail(s, SB_EINVAL, "something is left after the term");
	return 0;
}

/* ---- public ---- */

static struct erps_text_fault
fault_at(struct sb_bytes text, const uint8_t *at, const char *what)
{
	struct erps_text_fault fault = {what, (size_t)(at - text.data), 1, 1};

	for (const uint8_t *c = text.data; c < at; c++) {
		if (*c == '\n') {
			fault.line++;
			fault.column = 1;
		} else if ((*c & 0xc0) != 0x80) {
			fault.column++;
		}
	}
	return fault;
}

/*
 * The builder counts the terms that are still to come. While a text is read, octets come in pieces
 * and heads are corrected: so it is told that enough is missing, and at the end that one has come.
 */
int
erps_parse(struct sb_bytes text, struct erps_builder *builder, struct erps_text_fault *fault)
{
	const struct erps_builder before = *builder;
	struct parser p;
	int err;

	if (fault)
		*fault = (struct erps_text_fault){"the builder takes no term", 0, 1, 1};
	if (builder->error || builder->missing == 0)
		return builder->error ? builder->error : SB_EINVAL;
	p.scan = (struct erps_scan){.at = text.data, .end = text.data + text.size, .b = builder};
	p.depth = 0;
	p.is_whole = false;
	builder->missing = UINT64_MAX / 2;
	err = parse(&p);
	builder->missing = before.missing - !err;
	if (!err)
		return 0;
	builder->size = before.size;
	builder->error = 0;
	if (fault)
		*fault = fault_at(text, p.scan.at, p.scan.what);
	return err;
}
