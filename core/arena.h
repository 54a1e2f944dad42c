/*
 * Memory that is taken piece by piece and given back as a whole: for what one message, script or
 * document needs, within a hard bound. Pieces never move. Not for more than one thread at a time;
 * which one does not matter.
 *
 * A text of unknown length grows at the end of what is taken:
 *
 *	sb_arena_append(&arena, part, size);
 *	sb_arena_append(&arena, more, more_size);
 *	text = sb_arena_text(&arena, &length);
 *
 * Failures stay: when a call failed, `error` says why, and what had been taken is whole.
 */
#ifndef SB_CORE_ARENA_H
#define SB_CORE_ARENA_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sb_env;
struct sb_arena_block;

struct sb_arena {
	const struct sb_env *env;
	struct sb_arena_block *blocks; /* the newest first */
	char *tip, *end;               /* what is left of the newest, or of the first room */
	size_t open;                   /* octets of the text that grows behind the tip */
	size_t left;                   /* that blocks may still take */
	size_t next;                   /* size of the next block */
	int error;                     /* 0, SB_ENOMEM, SB_ELIMIT */
};

/* `room` (aligned to 16) is used before any block, and is the caller's; blocks take at most
 * `limit`. Takes nothing yet. */
void sb_arena_init(struct sb_arena *arena, const struct sb_env *env, void *room, size_t room_size,
	size_t limit);

/* Gives all blocks back. */
void sb_arena_fini(struct sb_arena *arena);

/* Gives back the blocks of an arena that is no more, by its `blocks`. */
void sb_arena_release(const struct sb_env *env, struct sb_arena_block *blocks);

/* Zeroed octets, aligned to 16; NULL: none left. Not while a text is open. */
void *sb_arena_take(struct sb_arena *arena, size_t size);

/* Room for `size` more octets of the open text, and a NUL. 0 or the arena's error. */
int sb_arena_reserve(struct sb_arena *arena, size_t size);

/* The same, filled. 0 or the arena's error. */
static inline int
sb_arena_append(struct sb_arena *arena, const void *data, size_t size)
{
	if ((size_t)(arena->end - arena->tip) <= arena->open + size || arena->error) {
		int err = sb_arena_reserve(arena, size);

		if (err)
			return err;
	}
	memcpy(arena->tip + arena->open, data, size);
	arena->open += size;
	return 0;
}

/* Ends the open text with a NUL and returns it, with its length without; NULL: an error. An empty
 * one takes no room. */
const char *sb_arena_text(struct sb_arena *arena, size_t *length);

/* Views the open text, not ended, of arena->open octets, at most until the next call. */
static inline const char *
sb_arena_view(const struct sb_arena *arena)
{
	return arena->tip;
}

/* Forgets the open text. */
static inline void
sb_arena_drop(struct sb_arena *arena)
{
	arena->open = 0;
}

#endif
