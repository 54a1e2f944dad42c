/* Reading a model. */
#include "daemons/cwmp-sim/model.h"
#include "core/error.h"
#include "daemons/cwmp-sim/models.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_MAX = 16 << 20,
	EXTRA_ROOM = 64,
	EXTRA_MAX = 1000000,
	PATH_MAX_OCTETS = 256,
	ROOT_MAX = 24
};

struct reading {
	struct model *model;
	size_t capacity; /* of model->all */
	size_t line;
	char *reason;
	size_t reason_size;
};

static int
wrong(struct reading *r, const char *what, const char *word)
{
	snprintf(r->reason, r->reason_size, "line %zu: %s%s", r->line, what, word);
	return SB_EINVAL;
}

static int
append(struct model_entries *entries, size_t *capacity, struct model_entry entry)
{
	if (entries->count == *capacity) {
		size_t more = *capacity ? 2 * *capacity : 256;
		struct model_entry *grown = realloc(entries->each, more * sizeof(*grown));

		if (!grown)
			return SB_ENOMEM;
		entries->each = grown;
		*capacity = more;
	}
	entries->each[entries->count++] = entry;
	return 0;
}

/* The next word of *at, which it ends with a NUL; NULL: there is none. */
static char *
next_word(char **at)
{
	char *word = *at + strspn(*at, " \t"), *end = word + strcspn(word, " \t");

	if (!*word)
		return NULL;
	*at = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static int
read_flags(struct reading *r, const char *letters, struct model_entry *entry)
{
	for (; *letters; letters++) {
		switch (*letters) {
		case 'r':
			break;
		case 'w':
			entry->flags |= MODEL_WRITABLE;
			break;
		case 'f':
			entry->flags |= MODEL_FORCED;
			break;
		case 's':
			entry->flags |= MODEL_SECRET;
			break;
		case 'c':
			entry->flags |= MODEL_CHANGES;
			break;
		case 'b':
			entry->flags |= MODEL_REBOOTS;
			break;
		case 'p':
			entry->notification = 1;
			break;
		case 'a':
			entry->notification = 2;
			break;
		default:
			return wrong(r, "no such flag: ", letters);
		}
	}
	return 0;
}

static int
read_type(struct reading *r, const char *name, struct model_entry *entry)
{
	bool is_object = strcmp(name, "object") == 0;
	size_t length = strlen(entry->path);

	if (is_object != (entry->path[length - 1] == '.'))
		return wrong(
			r, "the path of an object, and no other, ends in a dot: ", entry->path);
	if (length > PATH_MAX_OCTETS)
		return wrong(r, "too long: ", entry->path);
	entry->type = is_object ? CWMP_TYPE_OTHER : cwmp_type_of(name);
	entry->flags |= is_object ? MODEL_OBJECT : 0;
	if (!is_object && entry->type == CWMP_TYPE_OTHER)
		return wrong(r, "no such type: ", name);
	return 0;
}

static int
read_line(struct reading *r, char *line)
{
	struct model_entry entry = {.value = ""};
	char *path = next_word(&line), *type, *flags;
	int err;

	if (!path || *path == '#')
		return 0;
	type = next_word(&line);
	flags = next_word(&line);
	if (!type || !flags)
		return wrong(r, "path, type, flags and value are wanted: ", path);
	entry.path = path;
	err = read_type(r, type, &entry);
	if (!err)
		err = read_flags(r, flags, &entry);
	if (err)
		return err;
	if (!(entry.flags & MODEL_OBJECT))
		entry.value = line + strspn(line, " \t");
	return append(&r->model->all, &r->capacity, entry);
}

static int
read_lines(struct reading *r, char *text)
{
	char *line = text;
	int err = 0;

	while (!err && line) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		if (end && end > line && end[-1] == '\r')
			end[-1] = '\0';
		r->line++;
		err = read_line(r, line);
		line = end ? end + 1 : NULL;
	}
	return err;
}

static int
by_path(const void *a, const void *b)
{
	const struct model_entry *left = a, *right = b;

	return strcmp(left->path, right->path);
}

static int
sort(struct reading *r)
{
	struct model_entries *all = &r->model->all;

	if (all->count)
		qsort(all->each, all->count, sizeof(*all->each), by_path);
	for (size_t i = 1; i < all->count; i++)
		if (strcmp(all->each[i - 1].path, all->each[i].path) == 0)
			return wrong(r, "twice: ", all->each[i].path);
	return 0;
}

/* Objects that no line names are there as well, for they hold what is below them. */
static int
add_objects_of(struct reading *r, const char *path, const char *before)
{
	const char *dot = path;

	while ((dot = strchr(dot, '.')) && *++dot) {
		size_t length = (size_t)(dot - path);
		struct model_entry object = {.value = "",
			.type = CWMP_TYPE_OTHER,
			.flags = MODEL_OBJECT | MODEL_OWN_PATH};

		if (strncmp(path, before, length) == 0)
			continue;
		/* What was added can be deleted. */
		if (length > 4 && strncmp(dot - 4, "{i}.", 4) == 0)
			object.flags |= MODEL_WRITABLE;
		object.path = strndup(path, length);
		if (!object.path || append(&r->model->all, &r->capacity, object)) {
			free((char *)(uintptr_t)object.path);
			return SB_ENOMEM;
		}
	}
	return 0;
}

static int
add_objects(struct reading *r)
{
	struct model_entries *all = &r->model->all;
	size_t count = all->count;
	int err = 0;

	for (size_t i = 0; !err && i < count; i++)
		err = add_objects_of(r, all->each[i].path, i ? all->each[i - 1].path : "");
	return err ? err : sort(r);
}

static int
add_extra(struct reading *r, uint32_t extra, char *room)
{
	const char *root = r->model->all.count ? r->model->all.each[0].path : "Device.";
	int length = (int)strcspn(root, ".");

	for (uint32_t i = 0; i < extra; i++, room += EXTRA_ROOM) {
		struct model_entry entry = {.path = room,
			.type = CWMP_TYPE_STRING,
			.flags = MODEL_WRITABLE,
			.value = "a value of some length"};

		snprintf(room, EXTRA_ROOM, "%.*s.X_SWITCHBOARD_Load.%u.Value",
			length < ROOT_MAX ? length : ROOT_MAX, root, i + 1);
		if (append(&r->model->all, &r->capacity, entry))
			return SB_ENOMEM;
	}
	return 0;
}

static int
split(struct reading *r)
{
	struct model *model = r->model;
	size_t entries = 0, templates = 0;
	int err = 0;

	for (size_t i = 0; !err && i < model->all.count; i++) {
		struct model_entry entry = model->all.each[i];

		entry.flags &= (uint16_t)~MODEL_OWN_PATH;
		err = strstr(entry.path, "{i}") ? append(&model->templates, &templates, entry)
						: append(&model->entries, &entries, entry);
	}
	if (!err && !model->entries.count)
		return wrong(r, "there is no parameter", "");
	if (!err)
		model->root = model->entries.each[0].path;
	return err;
}

static int
read_model(struct reading *r, uint32_t extra)
{
	size_t length = strlen(r->model->text);
	int err = read_lines(r, r->model->text);

	if (!err)
		err = add_extra(r, extra, r->model->text + length + 1);
	if (!err)
		err = sort(r);
	if (!err)
		err = add_objects(r);
	return err ? err : split(r);
}

int
model_parse(struct model **model, char *text, uint32_t extra, char *reason, size_t reason_size)
{
	struct reading r = {.reason = reason, .reason_size = reason_size};
	char *grown = extra <= EXTRA_MAX
			      ? realloc(text, strlen(text) + 1 + (size_t)extra * EXTRA_ROOM)
			      : NULL;
	int err = SB_ENOMEM;

	r.model = calloc(1, sizeof(*r.model));
	if (grown && r.model) {
		r.model->text = grown;
		err = read_model(&r, extra);
	} else {
		free(grown ? grown : text);
	}
	if (err) {
		model_free(r.model);
		return err;
	}
	*model = r.model;
	return 0;
}

static char *
read_file(const char *name, char *reason, size_t reason_size)
{
	FILE *file = fopen(name, "r");
	char *text = NULL;
	size_t size;

	if (file)
		text = malloc(FILE_MAX + 1);
	if (text) {
		size = fread(text, 1, FILE_MAX, file);
		text[size] = '\0';
		if (ferror(file) || !feof(file) || strlen(text) != size) {
			free(text);
			text = NULL;
			errno = EFBIG;
		}
	}
	if (!text)
		snprintf(reason, reason_size, "%s", strerror(errno));
	if (file)
		fclose(file);
	return text;
}

int
model_load(struct model **model, const char *name, uint32_t extra, char *reason, size_t reason_size)
{
	char *text = NULL;

	for (size_t i = 0; !text && cwmp_sim_models[i].name; i++)
		if (strcmp(cwmp_sim_models[i].name, name) == 0)
			text = strdup(cwmp_sim_models[i].text);
	if (!text)
		text = read_file(name, reason, reason_size);
	return text ? model_parse(model, text, extra, reason, reason_size) : SB_EINVAL;
}

void
model_free(struct model *model)
{
	if (!model)
		return;
	for (size_t i = 0; i < model->all.count; i++)
		if (model->all.each[i].flags & MODEL_OWN_PATH)
			free((char *)(uintptr_t)model->all.each[i].path);
	free(model->all.each);
	free(model->entries.each);
	free(model->templates.each);
	free(model->text);
	free(model);
}
