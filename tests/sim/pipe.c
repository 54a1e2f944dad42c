#include "simulation_internal.h"

#include <assert.h>
#include <stdlib.h>

void *
sim_kernel_memory(const struct simulation *sim, void *memory, size_t size)
{
	memory = sim->options.kernel_memory ? sim->options.kernel_memory(memory, size)
					    : realloc(memory, size);
	assert(memory);
	return memory;
}

static void *
grow(const struct simulation *sim, void *memory, size_t *capacity, size_t needed, size_t item)
{
	size_t wanted = *capacity ? *capacity : 64;

	while (wanted < needed)
		wanted *= 2;
	if (wanted == *capacity)
		return memory;
	*capacity = wanted;
	return sim_kernel_memory(sim, memory, wanted * item);
}

void
sim_pipe_free(struct sim_pipe *pipe)
{
	free(pipe->data);
	free(pipe->segments);
}

static void
add_segment(struct simulation *sim, struct sim_pipe *pipe, size_t size, bool is_end)
{
	uint64_t delay = sim->options.max_delay_ns ? sim_random(sim, sim->options.max_delay_ns) : 0;
	uint64_t at = sim->now + delay;

	if (at < pipe->last_at)
		at = pipe->last_at;
	pipe->last_at = at;
	pipe->segments = grow(sim, pipe->segments, &pipe->segment_capacity, pipe->segment_count + 1,
		sizeof(*pipe->segments));
	pipe->segments[pipe->segment_count++] = (struct sim_segment){at, size, is_end};
}

void
sim_pipe_put(struct simulation *sim, struct sim_pipe *pipe, const void *data, size_t size)
{
	if (!size)
		return;
	pipe->data = grow(sim, pipe->data, &pipe->capacity, pipe->size + size, 1);
	memcpy(pipe->data + pipe->size, data, size);
	pipe->size += size;
	while (size && !sim->options.is_calm) {
		size_t piece = 1 + sim_random(sim, size);

		/* Now and then octet by octet. */
		if (sim_random(sim, 16) == 0)
			piece = 1;
		add_segment(sim, pipe, piece, false);
		size -= piece;
	}
	if (size)
		add_segment(sim, pipe, size, false);
}

void
sim_pipe_end(struct simulation *sim, struct sim_pipe *pipe)
{
	if (pipe->is_ending)
		return;
	pipe->is_ending = true;
	add_segment(sim, pipe, 0, true);
}

void
sim_pipe_settle(const struct simulation *sim, struct sim_pipe *pipe)
{
	size_t done = 0;

	while (done < pipe->segment_count && pipe->segments[done].at <= sim->now) {
		pipe->visible += pipe->segments[done].size;
		pipe->has_ended |= pipe->segments[done].is_end;
		done++;
	}
	if (!done)
		return;
	pipe->segment_count -= done;
	memmove(pipe->segments, pipe->segments + done,
		pipe->segment_count * sizeof(*pipe->segments));
}

size_t
sim_pipe_take(struct sim_pipe *pipe, void *out, size_t size)
{
	if (size > pipe->visible)
		size = pipe->visible;
	if (!size)
		return 0;
	memcpy(out, pipe->data, size);
	pipe->size -= size;
	pipe->visible -= size;
	memmove(pipe->data, pipe->data + size, pipe->size);
	return size;
}

uint64_t
sim_pipe_next(const struct sim_pipe *pipe)
{
	return pipe->segment_count ? pipe->segments[0].at : UINT64_MAX;
}
