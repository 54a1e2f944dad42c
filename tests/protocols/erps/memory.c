#include "tests/protocols/erps/memory.h"

#include <stdlib.h>
#include <string.h>

static void *
resize(void *context, void *block, size_t size)
{
	struct memory *memory = context;
	void *resized;

	if (memory->left == 0)
		return NULL;
	memory->left--;
	resized = realloc(block, size);
	if (!resized)
		abort();
	memory->blocks += block == NULL;
	return resized;
}

static void *
allocate(void *context, size_t size)
{
	return resize(context, NULL, size);
}

static void
release(void *context, void *block)
{
	struct memory *memory = context;

	memory->blocks -= block != NULL;
	free(block);
}

static void
not_random(void *context, void *out, size_t size)
{
	(void)context;
	memset(out, 7, size);
}

void
memory_init(struct memory *memory, size_t left)
{
	*memory = (struct memory){.left = left,
		.env = {.context = memory,
			.allocate = allocate,
			.reallocate = resize,
			.release = release,
			.random = not_random}};
}
