/*
 * How a text travels over SMPP: `sb-text TEXT [packed]` shows the encoding that is
 * the cheapest, the parts as octets, and the text as a receiver joins it.
 */
#include <switchboard/protocols/smpp/assembly.h>
#include <switchboard/protocols/smpp/factory.h>
#include <switchboard/protocols/smpp/text.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const charsets[] = {"GSM 7-bit", "Latin-1", "ASCII", "UTF-16"};

static void *
take(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void
give_back(void *context, void *memory)
{
	(void)context;
	free(memory);
}

static void
show_octets(const char *what, struct sb_bytes octets)
{
	if (octets.size == 0)
		return;
	printf("  %s ", what);
	for (size_t i = 0; i < octets.size; i++)
		printf("%02x", octets.data[i]);
	printf("\n");
}

static void
show_text(struct sb_bytes octets, const struct smpp_encoding *encoding)
{
	size_t room = SMPP_UTF8_SIZE_MAX(octets.size);
	char *text = malloc(room ? room : 1);
	struct sb_writer w = sb_writer_of(text, room);

	if (text && smpp_text_decode(octets, encoding, false, 0, &w) == 0)
		printf("joined: %.*s\n", (int)sb_writer_size(&w), text);
	free(text);
}

/* What a receiver does with each deliver_sm. */
static void
receive(struct smpp_assembly *assembly, const struct smpp_pdu *pdu, bool packed, uint64_t now)
{
	const struct smpp_text_reading reading = {.packed = packed};
	uint8_t scratch[SMPP_ASSEMBLY_SCRATCH];
	char text[SMPP_UTF8_SIZE_MAX(160)];
	struct sb_writer w = sb_writer_of(text, sizeof(text));
	struct smpp_assembly_part part;
	struct smpp_assembled whole;

	if (smpp_assembly_part_of(pdu, &reading, scratch, sizeof(scratch), &part)) {
		/* Not one of several: a text of its own. */
		if (smpp_text_read(pdu, &reading, &w) == 0)
			printf("whole: %.*s\n", (int)sb_writer_size(&w), text);
		return;
	}
	if (smpp_assembly_add(assembly, &part, now, &whole) == 0)
		show_text(whole.octets, &whole.encoding);
}

/* What a sender does with a text. */
static int
send_text(struct smpp_assembly *assembly, const char *text, bool packed)
{
	const struct smpp_text_options options = {.packed = packed, .ref = 1};
	const struct smpp_address from = smpp_address(SMPP_TON_ALPHANUMERIC, 0, "Bank");
	const struct smpp_address to = smpp_address(SMPP_TON_INTERNATIONAL, 1, "46701");
	uint8_t buf[SMPP_TEXT_PART_SIZE_MAX];
	struct smpp_text_plan plan;
	struct smpp_text_part part;
	int err = smpp_text_plan(sb_bytes_text(text), &options, &plan);

	if (err) {
		fprintf(stderr, "at octet %zu: %s\n", plan.bad_at, sb_error_text(err));
		return err;
	}
	printf("%s, %zu octets, %u parts\n", charsets[plan.encoding.charset], plan.octets,
		plan.parts);
	for (;;) {
		struct sb_writer w = sb_writer_of(buf, sizeof(buf));
		struct smpp_pdu pdu = smpp_make_deliver_sm(&from, &to, sb_bytes(NULL, 0));

		if (smpp_text_next(&plan, &w, &part))
			return 0;
		smpp_text_fill(&part, &pdu);
		show_octets("short_message", pdu.deliver_sm.short_message);
		receive(assembly, &pdu, packed, 0);
	}
}

int
main(int argc, char **argv)
{
	const struct smpp_assembly_options options = {
		.allocate = take,
		.release = give_back,
		.seed = 1,    /* one sender only; a server takes a random number */
		.wait = 3600, /* for the parts that are missing, in the unit of `now` */
	};
	struct smpp_assembly *assembly;
	int err;

	if (argc < 2) {
		fprintf(stderr, "usage: sb-text TEXT [packed]\n");
		return 2;
	}
	if (smpp_assembly_new(&options, &assembly))
		return 1;
	err = send_text(assembly, argv[1], argc > 2 && strcmp(argv[2], "packed") == 0);
	smpp_assembly_free(assembly);
	return err ? 1 : 0;
}
