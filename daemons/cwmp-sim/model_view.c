/* What one device has made of the model. */
#include "core/error.h"
#include "daemons/cwmp-sim/model.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 512 };

void
model_view_init(struct model_view *view, const struct model *model)
{
	*view = (struct model_view){.model = model};
}

static void
entry_fini(struct model_entry *entry)
{
	if (entry->flags & MODEL_OWN_PATH)
		free((char *)(uintptr_t)entry->path);
	if (entry->flags & MODEL_OWN_VALUE)
		free((char *)(uintptr_t)entry->value);
}

void
model_view_reset(struct model_view *view)
{
	for (size_t i = 0; i < view->own.count; i++)
		entry_fini(&view->own.each[i]);
	free(view->own.each);
	model_view_init(view, view->model);
}

const struct model_entries *
model_entries(const struct model_view *view)
{
	return view->is_own ? &view->own : &view->model->entries;
}

/* The first entry that is not before `path`. */
static size_t
place_of(const struct model_view *view, const char *path)
{
	const struct model_entries *entries = model_entries(view);
	size_t low = 0, high = entries->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(entries->each[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct model_entry *
model_find(const struct model_view *view, const char *path)
{
	const struct model_entries *entries = model_entries(view);
	size_t place = place_of(view, path);

	if (place == entries->count || strcmp(entries->each[place].path, path) != 0)
		return NULL;
	return &entries->each[place];
}

size_t
model_below(const struct model_view *view, const char *prefix, size_t *first)
{
	const struct model_entries *entries = model_entries(view);
	size_t length = strlen(prefix), last;

	*first = last = place_of(view, prefix);
	while (last < entries->count && strncmp(entries->each[last].path, prefix, length) == 0)
		last++;
	return last - *first;
}

/* The view's own entries, with room for `more`: the model's paths and values are shared still. */
static int
make_own(struct model_view *view, size_t more)
{
	const struct model_entries *entries = model_entries(view);
	struct model_entry *each = realloc(view->own.each, (entries->count + more) * sizeof(*each));

	if (!each)
		return SB_ENOMEM;
	if (!view->is_own) {
		memcpy(each, entries->each, entries->count * sizeof(*each));
		for (size_t i = 0; i < entries->count; i++)
			each[i].flags &= (uint16_t) ~(MODEL_OWN_PATH | MODEL_OWN_VALUE);
		view->own.count = entries->count;
	}
	view->own.each = each;
	view->is_own = true;
	return 0;
}

static struct model_entry *
own_entry(struct model_view *view, const char *path, int *err)
{
	const struct model_entry *entry = model_find(view, path);
	size_t place;

	*err = SB_ENOENT;
	if (!entry)
		return NULL;
	place = (size_t)(entry - model_entries(view)->each);
	*err = view->is_own ? 0 : make_own(view, 0);
	return *err ? NULL : &view->own.each[place];
}

int
model_set(struct model_view *view, const char *path, const char *value)
{
	int err;
	struct model_entry *entry = own_entry(view, path, &err);
	char *copy = entry ? strdup(value) : NULL;

	if (!entry || !copy)
		return entry ? SB_ENOMEM : err;
	if (entry->flags & MODEL_OWN_VALUE)
		free((char *)(uintptr_t)entry->value);
	entry->value = copy;
	entry->flags |= MODEL_OWN_VALUE;
	return 0;
}

int
model_set_notification(struct model_view *view, const char *path, uint8_t notification)
{
	int err;
	struct model_entry *entry = own_entry(view, path, &err);

	if (entry)
		entry->notification = notification;
	return err;
}

/* The number of the row that `path`, which is below `table`, is or belongs to; 0: of none. */
static uint32_t
row_of(const char *path, size_t table_length)
{
	char *end;
	unsigned long number;

	if (!isdigit((unsigned char)path[table_length]))
		return 0;
	number = strtoul(path + table_length, &end, 10);
	return *end == '.' && number < UINT32_MAX ? (uint32_t)number : 0;
}

static bool
is_row(const char *path, size_t table_length)
{
	return row_of(path, table_length) &&
	       path[table_length + strspn(path + table_length, "0123456789") + 1] == '\0';
}

uint32_t
model_rows(const struct model_view *view, const char *table)
{
	size_t first, count = model_below(view, table, &first);
	uint32_t rows = 0;

	for (size_t i = first; i < first + count; i++)
		rows += is_row(model_entries(view)->each[i].path, strlen(table));
	return rows;
}

static uint32_t
next_row(const struct model_view *view, const char *table)
{
	size_t first, count = model_below(view, table, &first);
	uint32_t last = 0;

	for (size_t i = first; i < first + count; i++) {
		uint32_t row = row_of(model_entries(view)->each[i].path, strlen(table));

		last = row > last ? row : last;
	}
	return last + 1;
}

/* The path with {i} in place of each row's number: how templates are named. */
static int
generic(const char *path, char out[PATH_ROOM])
{
	size_t size = 0;

	for (const char *at = path; *at; at++) {
		size_t digits = at > path && at[-1] == '.' ? strspn(at, "0123456789") : 0;

		if (size + 4 >= PATH_ROOM)
			return SB_EINVAL;
		if (digits && at[digits] == '.') {
			memcpy(out + size, "{i}", 3);
			size += 3;
			at += digits - 1;
		} else {
			out[size++] = *at;
		}
	}
	out[size] = '\0';
	return 0;
}

static int
by_path(const void *a, const void *b)
{
	const struct model_entry *left = a, *right = b;

	return strcmp(left->path, right->path);
}

/* Appends what `template` gives the row `prefix`. */
static int
add_entry(struct model_view *view, const struct model_entry *template, size_t generic_length,
	const char *prefix)
{
	struct model_entry entry = *template;
	char *path;

	if (asprintf(&path, "%s%s", prefix, template->path + generic_length) < 0)
		return SB_ENOMEM;
	entry.path = path;
	entry.flags |= MODEL_OWN_PATH;
	entry.flags &= (uint16_t)~MODEL_OWN_VALUE;
	view->own.each[view->own.count++] = entry;
	return 0;
}

static int
add_row(struct model_view *view, const char *row_template, const char *prefix)
{
	const struct model_entries *templates = &view->model->templates;
	size_t length = strlen(row_template);
	int err = 0;

	for (size_t i = 0; !err && i < templates->count; i++) {
		const struct model_entry *template = &templates->each[i];

		if (strncmp(template->path, row_template, length) == 0 &&
			!strstr(template->path + length, "{i}"))
			err = add_entry(view, template, length, prefix);
	}
	qsort(view->own.each, view->own.count, sizeof(*view->own.each), by_path);
	return err;
}

static bool
has_template(const struct model *model, const char *path)
{
	for (size_t i = 0; i < model->templates.count; i++)
		if (strcmp(model->templates.each[i].path, path) == 0)
			return true;
	return false;
}

int
model_add(struct model_view *view, const char *table, uint32_t *instance)
{
	const struct model_entry *entry = model_find(view, table);
	char row_template[PATH_ROOM], prefix[PATH_ROOM];
	int err;

	if (!entry || !(entry->flags & MODEL_OBJECT) || !(entry->flags & MODEL_WRITABLE) ||
		generic(table, row_template) || strlen(row_template) + 5 > PATH_ROOM)
		return SB_ENOENT;
	strcat(row_template, "{i}.");
	if (!has_template(view->model, row_template))
		return SB_ENOENT;
	*instance = next_row(view, table);
	if ((size_t)snprintf(prefix, sizeof(prefix), "%s%u.", table, *instance) >= sizeof(prefix))
		return SB_ENOENT;
	err = make_own(view, view->model->templates.count);
	return err ? err : add_row(view, row_template, prefix);
}

int
model_delete(struct model_view *view, const char *row)
{
	const struct model_entry *entry = model_find(view, row);
	size_t length = strlen(row), first, count;
	int err;

	if (!entry)
		return SB_ENOENT;
	while (length > 1 && isdigit((unsigned char)row[length - 2]))
		length--;
	if (!(entry->flags & MODEL_WRITABLE) || !(entry->flags & MODEL_OBJECT) ||
		!is_row(row, length - 1))
		return SB_EACCES;
	err = make_own(view, 0);
	if (err)
		return err;
	count = model_below(view, row, &first);
	for (size_t i = first; i < first + count; i++)
		entry_fini(&view->own.each[i]);
	memmove(view->own.each + first, view->own.each + first + count,
		(view->own.count - first - count) * sizeof(*view->own.each));
	view->own.count -= count;
	return 0;
}
