#include "shout.h"

#include <ctype.h>
#include <string.h>

#include <switchboard/core/switchboard.h>

static int
shout_line(struct sb_session *s, const uint8_t *line, size_t size)
{
	uint8_t *room = sb_write_room(s, size);

	if (!room)
		return SB_FULL;
	for (size_t i = 0; i < size; i++)
		room[i] = (uint8_t)toupper(line[i]);
	sb_write_commit(s, size);
	return 0;
}

/* Answers whole lines; the beginning of the next one stays until its end comes. */
static ssize_t
shout_received(struct sb_session *s, struct sb_bytes in)
{
	size_t used = 0;
	const uint8_t *end;

	while (used < in.size && (end = memchr(in.data + used, '\n', in.size - used))) {
		size_t size = (size_t)(end - (in.data + used)) + 1;
		int err = shout_line(s, in.data + used, size);

		if (err)
			return err;
		used += size;
	}
	return (ssize_t)used;
}

const struct sb_module shout_module = {
	.abi = SB_MODULE_ABI,
	.name = "shout",
	.max_frame = 1024,
	.received = shout_received,
};
