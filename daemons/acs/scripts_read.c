/* Scripts of the configuration, from their files. */
#include "core/error.h"
#include "daemons/acs/scripts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST (16u << 20)

/* NULL with errno. */
static char *
read_whole(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0, more;

	*size = 0;
	if (!file)
		return NULL;
	do {
		char *larger = realloc(text, room += 65536);

		if (!larger)
			break;
		text = larger;
		more = fread(text + *size, 1, room - *size, file);
		*size += more;
	} while (more && *size < TEXT_MOST);
	if (ferror(file) || !text) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

static int
read_one(struct acs_script_text *script, const struct sb_config *file)
{
	char path[4096], reason[128];
	cfg_t *section = cfg_gettsec(sb_config_root(file), "script", script->file->name);

	if (!script->file->path)
		return 0; /* reported */
	if (sb_config_path(file, script->file->path, path, sizeof(path))) {
		sb_config_error(file, section, "file", "file: the path is too long");
		return 0;
	}
	errno = ENOMEM;
	script->text = read_whole(path, &script->size);
	if (!script->text)
		sb_config_error(file, section, "file", "file \"%s\": %s", script->file->path,
			strerror_r(errno, reason, sizeof(reason)));
	return 0;
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
