/* Two sorted lists become one. Changes of one name follow each other in the order in which they
 * came, and each leaves what it does not know. */
#include "core/error.h"
#include "daemons/acs/document.h"

#include <stdlib.h>

#define FIRST_CHANGES 64

int
acs_changes_reserve(struct acs_changes *changes, size_t count)
{
	size_t wanted = changes->count + count;
	struct acs_change *grown;

	if (wanted <= changes->capacity)
		return 0;
	grown = realloc(changes->each, wanted * sizeof(*grown));
	if (!grown)
		return SB_ENOMEM;
	changes->each = grown;
	changes->capacity = wanted;
	return 0;
}

int
acs_changes_add(struct acs_changes *changes, const struct acs_parameter *to)
{
	size_t more = changes->capacity ? changes->capacity : FIRST_CHANGES;

	if (!to->name.size || to->name.size > ACS_PARAMETER_NAME_MAX)
		return 0;
	if (changes->count == changes->capacity && acs_changes_reserve(changes, more))
		return SB_ENOMEM;
	changes->each[changes->count] = (struct acs_change){*to, changes->count};
	changes->count++;
	return 0;
}

void
acs_changes_fini(struct acs_changes *changes)
{
	free(changes->each);
	*changes = (struct acs_changes){0};
}

static int
name_order(struct sb_bytes a, struct sb_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size ? memcmp(a.data, b.data, size) : 0;

	if (order)
		return order;
	return (a.size > b.size) - (a.size < b.size);
}

static int
change_order(const void *left, const void *right)
{
	const struct acs_change *a = left, *b = right;
	int order = name_order(a->to.name, b->to.name);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

static bool
is_sorted(const struct acs_changes *changes)
{
	for (size_t i = 1; i < changes->count; i++)
		if (change_order(&changes->each[i - 1], &changes->each[i]) > 0)
			return false;
	return true;
}

static void
apply(struct acs_parameter *p, const struct acs_parameter *to)
{
	p->seen = to->seen;
	if (to->has_value) {
		p->has_value = true;
		p->value = to->value;
		if (to->type != CWMP_TYPE_OTHER)
			p->type = to->type;
	}
	if (to->writable != ACS_WRITABLE_UNKNOWN)
		p->writable = to->writable;
	if (to->has_attributes) {
		p->has_attributes = true;
		p->notification = to->notification;
		if (to->access.data)
			p->access = to->access;
	}
}

/* Writes what all changes of one name make of `p`; returns the number behind them. */
static size_t
write_changed(struct acs_document_writer *w, const struct acs_changes *changes, size_t at,
	struct acs_parameter *p)
{
	struct sb_bytes name = changes->each[at].to.name;

	for (; at < changes->count && sb_bytes_equal(changes->each[at].to.name, name); at++)
		if (!changes->are_newer || changes->each[at].to.seen > p->seen)
			apply(p, &changes->each[at].to);
	p->name = name;
	acs_document_add(w, p);
	return at;
}

static bool
goes(const struct acs_changes *changes, const struct acs_parameter *p)
{
	size_t size;

	if (!changes->prefix)
		return false;
	size = strlen(changes->prefix);
	if (p->seen >= changes->since || p->name.size < size ||
		memcmp(p->name.data, changes->prefix, size) != 0)
		return false;
	/* A whole name is nobody's beginning: Device.X.1 is not Device.X.10. */
	return !size || changes->prefix[size - 1] == '.' || p->name.size == size;
}

static struct acs_parameter
nothing_known(void)
{
	return (struct acs_parameter){.type = CWMP_TYPE_OTHER};
}

/* The changes before `p`, which are new parameters; then `p` itself, changed or not. */
static size_t
write_up_to(struct acs_document_writer *w, const struct acs_changes *changes, size_t at,
	struct acs_parameter *p)
{
	int order = -1;

	while (at < changes->count) {
		struct acs_parameter new = nothing_known();

		order = name_order(changes->each[at].to.name, p->name);
		if (order >= 0)
			break;
		at = write_changed(w, changes, at, &new);
	}
	if (at < changes->count && order == 0)
		return write_changed(w, changes, at, p);
	if (!goes(changes, p))
		acs_document_add(w, p);
	return at;
}

int
acs_document_merge(struct sb_bytes old, struct acs_changes *changes, size_t limit_bytes,
	struct acs_octets *merged, uint32_t *count)
{
	struct acs_document_writer w;
	struct acs_parameter p;
	struct acs_cursor cursor;
	size_t at = 0;

	/* Devices mostly answer in the order of names. */
	if (!is_sorted(changes))
		qsort(changes->each, changes->count, sizeof(*changes->each), change_order);
	acs_document_begin(&w, limit_bytes);
	acs_cursor_init(&cursor, old);
	while (!w.error && acs_cursor_next(&cursor, &p))
		at = write_up_to(&w, changes, at, &p);
	while (!w.error && !cursor.failed && at < changes->count) {
		p = nothing_known();
		at = write_changed(&w, changes, at, &p);
	}
	if (cursor.failed) {
		acs_octets_free(&w.out);
		return SB_ECORRUPT;
	}
	*count = w.count;
	return acs_document_end(&w, merged);
}
