#include "tally.h"

#include <switchboard/core/session.h>

#include <stdio.h>
#include <string.h>

void
tally_ledger_name(char name[TALLY_NAME_SIZE], unsigned index)
{
	snprintf(name, TALLY_NAME_SIZE, "ledger/%u", index);
}

unsigned
tally_ledger_of(const char *counter)
{
	unsigned hash = 0;

	while (*counter)
		hash = hash * 31 + (unsigned char)*counter++;
	return hash % TALLY_LEDGERS;
}

void
tally_topic_name(char name[TALLY_NAME_SIZE], const char *counter)
{
	snprintf(name, TALLY_NAME_SIZE, "counter/%s", counter);
}

void
tally_send(struct sb_session *s, const struct tally_frame *frame)
{
	uint8_t *room = sb_write_room(s, TALLY_FRAME_MAX);
	struct sb_writer w = sb_writer_of(room, room ? TALLY_FRAME_MAX : 0);

	tally_encode(&w, frame);
	if (!sb_writer_failed(&w))
		sb_write_commit(s, sb_writer_size(&w));
}

void
tally_text(char text[TALLY_NAME_MAX + 1], struct sb_bytes name)
{
	size_t size = name.size < TALLY_NAME_MAX ? name.size : TALLY_NAME_MAX;

	if (size)
		memcpy(text, name.data, size);
	text[size] = '\0';
}
