#include "core/arena.h"
#include "core/bytes.h"
#include "core/env.h"
#include "core/error.h"

#define ALIGNMENT   16
#define FIRST_BLOCK ((size_t)8 << 10)
#define LAST_BLOCK  ((size_t)1 << 20)

struct sb_arena_block {
	_Alignas(ALIGNMENT) struct sb_arena_block *next;
};

void
sb_arena_init(struct sb_arena *arena, const struct sb_env *env, void *room, size_t room_size,
	size_t limit)
{
	*arena = (struct sb_arena){.env = env, .left = limit, .next = FIRST_BLOCK};
	arena->tip = room;
	arena->end = room ? (char *)room + room_size : NULL;
}

void
sb_arena_release(const struct sb_env *env, struct sb_arena_block *blocks)
{
	while (blocks) {
		struct sb_arena_block *next = blocks->next;

		env->release(env->context, blocks);
		blocks = next;
	}
}

void
sb_arena_fini(struct sb_arena *arena)
{
	if (arena->blocks)
		sb_arena_release(arena->env, arena->blocks);
	*arena = (struct sb_arena){.env = arena->env};
}

/* A block is larger than the one before it, so that they are few, but never over the bound. */
static size_t
block_size(const struct sb_arena *arena, size_t needed)
{
	size_t size = arena->next;

	if (size < needed)
		size = needed;
	return size < arena->left ? size : arena->left;
}

/* Makes a new block the one that is taken from, with room for `size` octets; what is left of the
 * old one is lost. The open text goes along. */
static int
add_block(struct sb_arena *arena, size_t size)
{
	struct sb_arena_block *block;
	size_t needed, total;

	if (!sb_size_add(size, sizeof(*block), &needed) || needed > arena->left)
		return arena->error = SB_ELIMIT;
	total = block_size(arena, needed);
	block = arena->env->allocate(arena->env->context, total);
	if (!block)
		return arena->error = SB_ENOMEM;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->left -= total;
	if (arena->next < LAST_BLOCK)
		arena->next *= 2;
	if (arena->open)
		memcpy(block + 1, arena->tip, arena->open);
	arena->tip = (char *)(block + 1);
	arena->end = (char *)block + total;
	return 0;
}

static size_t
misalignment(const struct sb_arena *arena)
{
	return -(uintptr_t)arena->tip % ALIGNMENT;
}

void *
sb_arena_take(struct sb_arena *arena, size_t size)
{
	size_t skipped = misalignment(arena);
	void *piece;

	if (arena->error)
		return NULL;
	if ((size_t)(arena->end - arena->tip) < skipped ||
		(size_t)(arena->end - arena->tip) - skipped < size) {
		if (add_block(arena, size))
			return NULL;
		skipped = 0;
	}
	piece = arena->tip + skipped;
	arena->tip += skipped + size;
	return memset(piece, 0, size);
}

/* A text that outgrows its block moves to one with as much room again, so that it moves seldom. */
int
sb_arena_reserve(struct sb_arena *arena, size_t size)
{
	size_t total, roomy;

	if (arena->error)
		return arena->error;
	if (!sb_size_add(arena->open, size, &total) || !sb_size_add(total, 1, &total))
		return arena->error = SB_ELIMIT;
	if ((size_t)(arena->end - arena->tip) >= total)
		return 0;
	roomy = arena->open ? total + arena->open : total;
	if (roomy > total && roomy + sizeof(struct sb_arena_block) <= arena->left)
		return add_block(arena, roomy);
	return add_block(arena, total);
}

const char *
sb_arena_text(struct sb_arena *arena, size_t *length)
{
	char *text = arena->tip;

	if (arena->error)
		return NULL;
	*length = arena->open;
	if (arena->open == 0)
		return "";
	text[arena->open] = '\0';
	arena->tip += arena->open + 1;
	arena->open = 0;
	return text;
}
