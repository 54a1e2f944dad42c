#include "daemons/acs/json_memory.h"

#include "core/error.h"

#include <pthread.h>
#include <stdlib.h>

static _Thread_local unsigned failures;

static void *
allocate(size_t size)
{
	void *memory = malloc(size);

	failures += !memory;
	return memory;
}

/* What was allocated before goes the same way: it is malloc's, too. */
static void
install(void)
{
	json_set_alloc_funcs(allocate, free);
}

unsigned
acs_json_failures(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
	return failures;
}

json_t *
acs_json_whole(json_t *value, unsigned before)
{
	if (acs_json_failures() == before)
		return value;
	json_decref(value);
	return NULL;
}

char *
acs_json_print(const json_t *value, size_t flags)
{
	unsigned before = acs_json_failures();
	char *text = json_dumps(value, flags | JSON_COMPACT | JSON_ENCODE_ANY);

	if (acs_json_failures() == before)
		return text;
	free(text);
	return NULL;
}

char *
acs_json_dump(json_t *value, unsigned before)
{
	json_t *whole = acs_json_whole(value, before);
	char *text = whole ? acs_json_print(whole, 0) : NULL;

	json_decref(whole);
	return text;
}

int
acs_json_load(json_t **value, struct sb_bytes text, size_t flags, json_error_t *error)
{
	unsigned before = acs_json_failures();

	*value = acs_json_whole(
		json_loadb((const char *)text.data, text.size, flags, error), before);
	if (*value)
		return 0;
	return acs_json_failures() == before ? SB_EINVAL : SB_ENOMEM;
}
