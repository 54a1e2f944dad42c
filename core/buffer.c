#include "core/session_internal.h"
#include "core/shard_internal.h"

#include <string.h>

/*
 * Buffers of tails and outputs. They are needed for moments, by few connections
 * at a time, so each class keeps a short list of free ones, the last used first.
 */
static const uint32_t class_size[SB_BUFFER_CLASSES] = {
	1u << 10, 1u << 12, 1u << 14, 1u << 16, 1u << 18, 1u << 20};
static const uint32_t class_kept[SB_BUFFER_CLASSES] = {1024, 256, 64, 32, 8, 2};

static int
class_of(size_t size)
{
	for (int i = 0; i < SB_BUFFER_CLASSES; i++)
		if (size <= class_size[i])
			return i;
	return -1;
}

void *
sb_buffer_take(struct sb_shard *shard, size_t size, size_t *capacity)
{
	struct sb_buffer_pool *pool = &shard->buffers;
	int class = class_of(size);
	void *buffer;

	/* The caller gets all of the class: a buffer that grows should not come back for each
	 * octet. */
	*capacity = class < 0 ? size : class_size[class];
	if (class < 0 || !pool->free[class])
		return sb_shard_allocate(shard, *capacity);
	buffer = pool->free[class];
	/* The list runs through the buffers themselves; memcpy, since they have no type yet. */
	memcpy(&pool->free[class], buffer, sizeof(void *));
	pool->held[class]--;
	return buffer;
}

void
sb_buffer_give(struct sb_shard *shard, void *buffer, size_t capacity)
{
	struct sb_buffer_pool *pool = &shard->buffers;
	int class = class_of(capacity);

	if (!buffer)
		return;
	/* An exact size of over 1 MiB is nobody else's size, and over its share a class keeps
	 * nothing: a moment of many large buffers does not stay in memory. */
	if (class < 0 || capacity != class_size[class] || pool->held[class] >= class_kept[class]) {
		sb_shard_release(shard, buffer);
		return;
	}
	memcpy(buffer, &pool->free[class], sizeof(void *));
	pool->free[class] = buffer;
	pool->held[class]++;
}

void
sb_buffers_fini(struct sb_shard *shard)
{
	for (int i = 0; i < SB_BUFFER_CLASSES; i++) {
		while (shard->buffers.free[i]) {
			void *buffer = shard->buffers.free[i];

			memcpy(&shard->buffers.free[i], buffer, sizeof(void *));
			sb_shard_release(shard, buffer);
		}
		shard->buffers.held[i] = 0;
	}
}
