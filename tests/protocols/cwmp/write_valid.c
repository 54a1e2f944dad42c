/*
 * Writes messages for valid.py, one a file: write_valid FOLDER MINOR, for version 1.MINOR. Every
 * request, response and fault that the version has, several times.
 */
#include <stdio.h>
#include <stdlib.h>

#include "protocols/cwmp/encode.h"
#include "tests/protocols/cwmp/messages.h"

#define ROUNDS 2
#define BYTES  65536

static char written[BYTES];

static void
write_message(const char *folder, int number, const struct cwmp_message *message,
	const struct cwmp_dialect *dialect)
{
	ssize_t size = cwmp_encode(message, dialect, written, BYTES);
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%d-%s.xml", folder, number, message->name);
	file = fopen(path, "w");
	if (size <= 0 || size > BYTES || !file ||
		fwrite(written, 1, (size_t)size, file) != (size_t)size || fclose(file)) {
		fprintf(stderr, "%s: cannot be written\n", path);
		exit(1);
	}
}

static void
write_round(struct message_maker *maker, const struct cwmp_dialect *dialect, const char *folder,
	int round)
{
	struct cwmp_message message;

	for (enum cwmp_method method = 0; method < CWMP_METHOD_COUNT; method++) {
		if (cwmp_method_schema(method)->since > maker->version)
			continue;
		message = message_make(maker, CWMP_REQUEST, method);
		write_message(folder, round, &message, dialect);
		message = message_make(maker, CWMP_RESPONSE, method);
		write_message(folder, round, &message, dialect);
	}
	message = message_make(maker, CWMP_FAULT, CWMP_OTHER_METHOD);
	write_message(folder, round, &message, dialect);
}

/* By turns as we write, and as a device may want it. */
static void
set_dialect(struct message_maker *maker, struct cwmp_dialect *dialect, int round)
{
	cwmp_dialect_init(dialect, maker->version);
	dialect->xml_declaration = maker->boolean_words = dialect->boolean_words = round % 2;
	if (round % 2)
		strcpy(dialect->cwmp, "c");
}

int
main(int argc, char **argv)
{
	struct message_maker maker;
	struct cwmp_dialect dialect;

	if (argc != 3)
		return 2;
	message_maker_init(&maker, 0x584D4C, MESSAGE_VALID);
	maker.version = (enum cwmp_version)strtoul(argv[2], NULL, 10);
	for (int round = 0; round < ROUNDS; round++) {
		set_dialect(&maker, &dialect, round);
		write_round(&maker, &dialect, argv[1], round);
	}
	message_maker_fini(&maker);
	return 0;
}
