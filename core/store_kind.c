/* What a daemon says of its kinds of rows: names become those of tables, so they are plain. */
#include "core/error.h"
#include "core/store_internal.h"

#include <string.h>

#define NAME_MAX_OCTETS 48
#define COLUMNS_MAX     64

static bool
is_plain(const char *name)
{
	size_t size = strlen(name);

	if (size == 0 || size > NAME_MAX_OCTETS || name[0] < 'a' || name[0] > 'z')
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == size;
}

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

static bool
is_column(const struct sb_store_column *column)
{
	static const char *const taken[] = {"id", "revision", "head", "body", NULL};
	bool is_size = column->octets == 1 || column->octets == 2 || column->octets == 4 ||
		       column->octets == 8;

	return is_size && is_plain(column->name) && !is_one_of(column->name, taken);
}

static bool
is_kind(const struct sb_store_kind *kind)
{
	if (!is_plain(kind->name) || kind->version == 0 || kind->column_count > COLUMNS_MAX)
		return false;
	/* The store's own, and SQLite's. */
	if (strncmp(kind->name, "sb_", 3) == 0 || strncmp(kind->name, "sqlite_", 7) == 0)
		return false;
	for (size_t i = 0; i < kind->column_count; i++)
		if (!is_column(&kind->columns[i]))
			return false;
	return true;
}

static uint32_t
head_size_of(const struct sb_store_kind *kind)
{
	uint32_t size = 0;

	for (size_t i = 0; i < kind->column_count; i++)
		size += kind->columns[i].octets;
	return size;
}

int
sb_store_kinds_take(struct sb_store *store, const struct sb_store_kind *kinds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_kind(&kinds[i]))
			return SB_EINVAL;
	store->head_sizes = store->env->allocate(store->env->context, n * sizeof(uint32_t));
	if (!store->head_sizes)
		return SB_ENOMEM;
	for (size_t i = 0; i < n; i++)
		store->head_sizes[i] = head_size_of(&kinds[i]);
	store->kinds = kinds;
	store->kind_count = n;
	return 0;
}
