#include "daemons/common/sections.h"

#include "core/error.h"

#include <stdlib.h>

const char *const sb_daemon_durability_words[] = {"full", "normal", "memory", NULL};

struct sb_store_options
sb_daemon_store(const struct sb_config *file)
{
	cfg_t *store = cfg_getsec(sb_config_root(file), "store");

	return (struct sb_store_options){
		.path = cfg_getstr(store, "path"),
		.durability = cfg_getstr(store, "durability"),
		.queue_limit_bytes = sb_config_size(store, "queue_limit", SIZE_MAX),
	};
}

int
sb_daemon_listeners(const struct sb_config *file, struct sb_daemon_listeners *out)
{
	cfg_t *root = sb_config_root(file);
	size_t count = cfg_size(root, "listener");

	*out = (struct sb_daemon_listeners){.each = calloc(count + 1, sizeof(*out->each))};
	if (!out->each)
		return SB_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int err = sb_config_listener(
			file, cfg_getnsec(root, "listener", (unsigned)i), &out->each[i]);

		if (err)
			return err;
		out->count++;
	}
	return 0;
}

void
sb_daemon_listeners_fini(struct sb_daemon_listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++)
		sb_config_listener_fini(&listeners->each[i]);
	free(listeners->each);
}
