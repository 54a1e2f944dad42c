#include "tests/bench/smpp_load/journal.h"
#include "core/error.h"

#include <inttypes.h>
#include <stdlib.h>

/* Written in large pieces: a line must not cost a system call. */
enum { BUFFER_BYTES = 4 << 20 };

int
journal_open(struct journal *journal, const char *path, uint32_t life)
{
	*journal = (struct journal){.file = fopen(path, "a"), .life = life};
	if (journal->file && setvbuf(journal->file, NULL, _IOFBF, BUFFER_BYTES) == 0)
		return 0;
	perror(path);
	return SB_EIO;
}

int
journal_close(struct journal *journal)
{
	FILE *file = journal->file;

	*journal = (struct journal){0};
	if (!file || fclose(file) == 0)
		return 0;
	perror("smpp-load: journal");
	return SB_EIO;
}

uint64_t
journal_number(const struct journal *journal, uint32_t session, uint32_t sequence)
{
	return (uint64_t)(journal->life & 0xFFFF) << 48 | (uint64_t)(session & 0xFFFF) << 32 |
	       sequence;
}

/* What peers sent is shown as a word of a line: nothing that would break it. */
static void
put_word(FILE *file, struct sb_bytes word)
{
	if (!word.size)
		putc('-', file);
	for (size_t i = 0; i < word.size; i++)
		putc(word.data[i] > ' ' && word.data[i] < 0x7F ? word.data[i] : '?', file);
}

void
journal_sent(
	struct journal *journal, uint32_t session, uint64_t number, struct sb_bytes destination)
{
	if (!journal->file)
		return;
	fprintf(journal->file, "S %" PRIu32 " %016" PRIx64 " ", session, number);
	put_word(journal->file, destination);
	putc('\n', journal->file);
}

void
journal_answered(struct journal *journal, uint32_t session, uint64_t number,
	struct sb_bytes message_id, uint32_t status)
{
	if (!journal->file)
		return;
	fprintf(journal->file, "A %" PRIu32 " %016" PRIx64 " ", session, number);
	put_word(journal->file, message_id);
	fprintf(journal->file, " %" PRIu32 "\n", status);
}

void
journal_delivered(struct journal *journal, uint32_t session, struct sb_bytes text,
	struct sb_bytes destination)
{
	if (!journal->file)
		return;
	if (text.size > JOURNAL_DIGITS)
		text.size = JOURNAL_DIGITS;
	fprintf(journal->file, "D %" PRIu32 " ", session);
	put_word(journal->file, text);
	putc(' ', journal->file);
	put_word(journal->file, destination);
	putc('\n', journal->file);
}

void
journal_receipt(struct journal *journal, uint32_t session, const struct smpp_receipt *receipt)
{
	if (!journal->file)
		return;
	fprintf(journal->file, "R %" PRIu32 " ", session);
	put_word(journal->file, receipt->message_id);
	fprintf(journal->file, " %s\n", smpp_message_state_text(receipt->state));
}
