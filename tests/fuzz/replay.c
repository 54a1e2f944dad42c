/*
 * Plays files through a fuzz target once, for builds without libFuzzer: the
 * arguments are files, or folders whose files are played. Every octet string
 * lies in memory of exactly its size, so that AddressSanitizer sees a read past
 * its end. Nothing played is an error: an empty corpus proves nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
play_octets(const char *path, FILE *file, size_t size)
{
	uint8_t *data = malloc(size ? size : 1);
	int played = 0;

	if (data && fread(data, 1, size, file) == size) {
		/* libFuzzer gives an empty input as a pointer to no octets, too. */
		LLVMFuzzerTestOneInput(data, size);
		played = 1;
	} else {
		fprintf(stderr, "%s: cannot be read\n", path);
	}
	free(data);
	return played;
}

static int
play_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	int played;

	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 0;
	}
	/* The name first: when the target dies, the last line says on what. */
	fprintf(stderr, "%s\n", path);
	played = play_octets(path, file, size);
	fclose(file);
	return played;
}

static int
play_folder(const char *path, int *failed)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);
	int played = 0;

	if (count < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		*failed = 1;
		return 0;
	}
	for (int i = 0; i < count; i++) {
		char file[4096];
		struct stat info;

		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		free(entries[i]);
		if (stat(file, &info) || !S_ISREG(info.st_mode))
			continue;
		if (play_file(file, (size_t)info.st_size))
			played++;
		else
			*failed = 1;
	}
	free(entries);
	return played;
}

int
main(int argc, char **argv)
{
	int failed = 0;
	int played = 0;

	for (int i = 1; i < argc; i++) {
		struct stat info;

		if (stat(argv[i], &info)) {
			fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
			return 1;
		}
		if (S_ISDIR(info.st_mode))
			played += play_folder(argv[i], &failed);
		else
			played += play_file(argv[i], (size_t)info.st_size);
	}
	printf("%d inputs played\n", played);
	return failed || played == 0;
}
