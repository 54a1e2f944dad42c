/*
 * What a read brings: rows and all their octets in one block, so that the message
 * that carries them has one thing to release, on whatever shard it ends.
 */
#include "core/store_internal.h"

#include <string.h>

struct rows_block {
	struct sb_store_rows rows; /* first */
	const struct sb_env *env;
	unsigned char *free; /* where the next octets go */
	struct sb_store_row list[];
};

struct sb_store_rows *
sb_store_rows_new(const struct sb_env *env, size_t count, size_t octets)
{
	size_t lists = sizeof(struct rows_block) + count * sizeof(struct sb_store_row);
	struct rows_block *block = env->allocate(env->context, lists + octets);

	if (!block)
		return NULL;
	block->rows = (struct sb_store_rows){.rows = block->list};
	block->env = env;
	/* Behind the list: heads and bodies need no alignment. */
	block->free = (unsigned char *)block + lists;
	return &block->rows;
}

/* Never over the end: the backend has counted the octets before it asked for the block. */
static const void *
copy(struct rows_block *block, const void *data, size_t size)
{
	unsigned char *to = block->free;

	if (size == 0)
		return NULL;
	block->free += size;
	return memcpy(to, data, size);
}

void
sb_store_rows_add(struct sb_store_rows *rows, const struct sb_store_row *given)
{
	struct rows_block *block = (struct rows_block *)rows;
	struct sb_store_row *row = &block->list[rows->count++];

	*row = *given;
	row->head = copy(block, given->head, given->head_size);
	row->body = copy(block, given->body, given->body_size);
}

void
sb_store_rows_release(void *rows)
{
	struct rows_block *block = rows;

	block->env->release(block->env->context, block);
}
