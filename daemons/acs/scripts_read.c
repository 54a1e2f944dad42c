/* Scripts of the configuration, from their files. */
#include "core/error.h"
#include "daemons/acs/scripts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM      65536
#define TEXT_MOST (16u << 20)

/* Grows with what is there: a size that was asked for before may be another one by then. */
static char *
read_all(FILE *file, size_t *size)
{
	char *text = NULL;
	size_t room = 0, more;

	do {
		char *larger = realloc(text, room += ROOM);

		if (!larger)
			break;
		text = larger;
		more = fread(text + *size, 1, room - *size - 1, file);
		*size += more;
	} while (more && *size < TEXT_MOST);
	if (text && room > *size && !ferror(file)) {
		text[*size] = '\0';
		return text;
	}
	free(text);
	return NULL;
}

char *
acs_script_file_read(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *text;

	*size = 0;
	if (!file)
		return NULL;
	errno = ENOMEM;
	text = read_all(file, size);
	fclose(file);
	return text;
}

static void
read_one(struct acs_script_text *script, const struct sb_config *file)
{
	cfg_t *section = cfg_gettsec(sb_config_root(file), "script", script->file->name);
	char reason[128];

	if (!script->file->path)
		return; /* reported */
	if (sb_config_path(file, script->file->path, script->path, sizeof(script->path))) {
		sb_config_error(file, section, "file", "file: the path is too long");
		return;
	}
	script->text = acs_script_file_read(script->path, &script->size);
	if (!script->text)
		sb_config_error(file, section, "file", "file \"%s\": %s", script->file->path,
			strerror_r(errno, reason, sizeof(reason)));
}

int
acs_scripts_read(struct acs_scripts *scripts, const struct sb_config *file,
	const struct acs_script_files *files)
{
	scripts->texts = calloc(files->count + 1, sizeof(*scripts->texts));
	if (!scripts->texts)
		return SB_ENOMEM;
	for (size_t i = 0; i < files->count; i++) {
		scripts->texts[i].file = &files->each[i];
		scripts->text_count++;
		read_one(&scripts->texts[i], file);
	}
	return 0;
}
