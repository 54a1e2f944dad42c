/*
 * Final states in chunks, the newest first: query_sm is asked soon or never.
 * Chunks know the least and the greatest of their ids, which are nearly in order
 * of time, so that a search opens few; forgetting drops whole chunks from the old
 * end.
 */
#include "daemons/smpp-mc/final.h"

#include <stdlib.h>

struct mc_final_chunk {
	struct mc_final_chunk *older, *newer;
	uint64_t least, greatest; /* ids */
	size_t count;
	struct mc_final records[MC_FINAL_CHUNK];
};

/* All of its records at once: nothing is moved. */
static void
drop_oldest(struct mc_finals *finals)
{
	struct mc_final_chunk *chunk = finals->oldest;

	finals->oldest = chunk->newer;
	if (finals->oldest)
		finals->oldest->older = NULL;
	else
		finals->newest = NULL;
	finals->count -= chunk->count;
	free(chunk);
}

void
mc_finals_fini(struct mc_finals *finals)
{
	while (finals->oldest)
		drop_oldest(finals);
}

/* Of fixed size, so that a chunk is forgotten in one piece of time. */
static struct mc_final_chunk *
chunk_with_room(struct mc_finals *finals)
{
	struct mc_final_chunk *chunk = finals->newest;

	if (chunk && chunk->count < MC_FINAL_CHUNK)
		return chunk;
	chunk = malloc(sizeof(*chunk));
	if (!chunk)
		return NULL;
	chunk->older = finals->newest;
	chunk->newer = NULL;
	chunk->least = UINT64_MAX;
	chunk->greatest = 0;
	chunk->count = 0;
	if (finals->newest)
		finals->newest->newer = chunk;
	else
		finals->oldest = chunk;
	finals->newest = chunk;
	return chunk;
}

void
mc_finals_add(struct mc_finals *finals, const struct mc_final *final)
{
	struct mc_final_chunk *chunk = chunk_with_room(finals);

	if (!chunk)
		return;
	chunk->records[chunk->count++] = *final;
	finals->count++;
	if (final->id < chunk->least)
		chunk->least = final->id;
	if (final->id > chunk->greatest)
		chunk->greatest = final->id;
}

static const struct mc_final *
chunk_find(const struct mc_final_chunk *chunk, uint64_t id)
{
	if (id < chunk->least || id > chunk->greatest)
		return NULL;
	/* From the back: of a submit_multi's parts the last to end counts. */
	for (size_t i = chunk->count; i-- > 0;)
		if (chunk->records[i].id == id)
			return &chunk->records[i];
	return NULL;
}

const struct mc_final *
mc_finals_find(const struct mc_finals *finals, uint64_t id)
{
	const struct mc_final *final = NULL;

	for (const struct mc_final_chunk *at = finals->newest; at && !final; at = at->older)
		final = chunk_find(at, id);
	return final;
}

void
mc_finals_purge(struct mc_finals *finals, int64_t before_ms, size_t most)
{
	while (finals->oldest) {
		const struct mc_final_chunk *chunk = finals->oldest;

		if (finals->count <= most && chunk->records[chunk->count - 1].at_ms >= before_ms)
			break;
		drop_oldest(finals);
	}
}

/* Explicit octets, not the struct: rows outlive a compiler. */
void
mc_final_put(struct sb_writer *w, const struct mc_final *final)
{
	sb_put_u64(w, final->id);
	sb_put_u64(w, (uint64_t) final->at_ms);
	sb_put_u32(w, final->source);
	sb_put_u32(w, final->owner);
	sb_put_u8(w, final->state);
	sb_put_u8(w, final->error);
}

struct mc_final
mc_final_get(struct sb_reader *r)
{
	struct mc_final final;

	final.id = sb_get_u64(r);
	final.at_ms = (int64_t)sb_get_u64(r);
	final.source = sb_get_u32(r);
	final.owner = sb_get_u32(r);
	final.state = sb_get_u8(r);
	final.error = sb_get_u8(r);
	return final;
}
