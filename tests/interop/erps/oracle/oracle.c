/*
 * Our half of the comparison with Erlang. Terms travel in files, each behind its size
 * (u32):
 *
 *	term-oracle generate COUNT      terms made by chance, to the standard output
 *	term-oracle rebuild             what is read, taken apart and built again
 *	term-oracle rewrite             what is read, in other forms
 *	term-oracle compare FILE        whether what is read is what the file has
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/env.h"
#include "protocols/erps/decode.h"
#include "protocols/erps/tag.h"
#include "tests/protocols/erps/terms.h"

#define ROOM (1u << 20)

/* A payload that was read, and its term. */
struct input {
	FILE *file;
	uint8_t octets[ROOM];
	struct erps_decoder decoder;
	struct erps_term term;
	size_t number;
};

static void
fail(const struct input *in, const char *what)
{
	fprintf(stderr, "term %zu: %s\n", in->number, what);
	exit(1);
}

static uint32_t
read_size(FILE *file)
{
	uint8_t octets[4];
	struct sb_reader r = sb_reader_of(sb_bytes(octets, sizeof(octets)));

	return fread(octets, sizeof(octets), 1, file) == 1 ? sb_get_u32(&r) : 0;
}

/* False: the end. */
static bool
next_term(struct input *in)
{
	uint32_t size = read_size(in->file);

	if (size == 0)
		return false;
	in->number++;
	if (size > sizeof(in->octets) || fread(in->octets, size, 1, in->file) != 1)
		fail(in, "cut short");
	if (erps_decode(&in->decoder, sb_bytes(in->octets, size), &in->term))
		fail(in, in->decoder.fault.what);
	return true;
}

static struct input *
open_input(FILE *file)
{
	struct input *in = calloc(1, sizeof(*in));

	if (!in || !file)
		exit(1);
	in->file = file;
	in->decoder.env = sb_env_system();
	in->decoder.limits.depth = 256;
	return in;
}

static void
close_input(struct input *in)
{
	erps_decoder_fini(&in->decoder);
	free(in);
}

static void
write_payload(struct sb_bytes payload)
{
	uint8_t size[4];
	struct sb_writer w = sb_writer_of(size, sizeof(size));

	sb_put_u32(&w, (uint32_t)payload.size);
	if (fwrite(size, sizeof(size), 1, stdout) != 1 ||
		fwrite(payload.data, payload.size, 1, stdout) != 1)
		exit(1);
}

static uint8_t room[ROOM];

static int
generate(size_t count)
{
	const struct term_wishes wishes = {.depth = 5, .elements = 12, .is_for_erlang = true};
	struct chance c = {count};

	while (count--) {
		struct sb_writer w = sb_writer_of(room, sizeof(room));

		sb_put_u8(&w, ERPS_TERM_VERSION);
		generate_term(&w, &c, &wishes);
		if (sb_writer_failed(&w))
			return 1;
		write_payload(sb_bytes(room, sb_writer_size(&w)));
	}
	return 0;
}

static int
rebuild(void)
{
	struct input *in = open_input(stdin);
	struct erps_builder b;

	while (next_term(in)) {
		erps_builder_init(&b, room, sizeof(room));
		erps_put_version(&b);
		rebuild_term(&b, in->term);
		if (!erps_built(&b).data)
			fail(in, "cannot be built");
		write_payload(erps_built_payload(&b));
	}
	close_input(in);
	return 0;
}

static int
rewrite(void)
{
	struct input *in = open_input(stdin);
	struct chance c = {1};

	while (next_term(in)) {
		struct sb_writer w = sb_writer_of(room, sizeof(room));

		sb_put_u8(&w, ERPS_TERM_VERSION);
		rewrite_term(&w, &c, in->term);
		if (sb_writer_failed(&w))
			fail(in, "is too long in other forms");
		write_payload(sb_bytes(room, sb_writer_size(&w)));
	}
	close_input(in);
	return 0;
}

static int
compare(const char *path)
{
	struct input *in = open_input(stdin), *other = open_input(fopen(path, "rb"));
	size_t count;

	while (next_term(in)) {
		if (!next_term(other))
			fail(in, "is one too many");
		if (!erps_equal(in->term, other->term))
			fail(in, "is another");
	}
	if (next_term(other))
		fail(other, "is missing");
	count = in->number;
	fclose(other->file);
	close_input(in);
	close_input(other);
	printf("%zu terms are the same\n", count);
	return count ? 0 : 1;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "generate") == 0)
		return generate(strtoul(argv[2], NULL, 10));
	if (argc == 2 && strcmp(argv[1], "rebuild") == 0)
		return rebuild();
	if (argc == 2 && strcmp(argv[1], "rewrite") == 0)
		return rewrite();
	if (argc == 3 && strcmp(argv[1], "compare") == 0)
		return compare(argv[2]);
	return 2;
}
