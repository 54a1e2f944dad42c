#include "daemons/acs/kinds.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KIND(text, list)                                                                     \
	{                                                                                    \
		.name = (text), .version = 1, .columns = (list), .column_count = COUNT(list) \
	}

static const struct sb_store_column device_columns[] = {
	{"created_ms", 8, "when the first Inform came"},
	{"inform_ms", 8, "when the last one came"},
	{"boot_ms", 8, "when one with 1 BOOT came; 0: never"},
	{"bootstrap_ms", 8, "when one with 0 BOOTSTRAP came; 0: never"},
	{"generation", 8, "of the presets that it has been brought to; 0: none"},
	{"informs", 4, "how many came"},
	{"failures", 4, "tasks that failed"},
	{"events", 4, "of the last Inform, a bit each: 1 is 0 BOOTSTRAP"},
	{"batch", 2, "names that it takes in one GetParameterValues; 0: not known"},
	{"flags", 2, "none yet"},
};

static const struct sb_store_column parameters_columns[] = {
	{"changed_ms", 8, "when it was written"},
	{"parameters", 4, "how many there are"},
	{"octets", 4, "of the body before it was compressed"},
};

static const struct sb_store_column task_columns[] = {
	{"device", 8, "id of the device"},
	{"created_ms", 8, "when it was asked for"},
	{"due_ms", 8, "not tried before"},
	{"expiry_ms", 8, "not tried, or waited for, after"},
	{"ended_ms", 8, "0: not yet"},
	{"preset", 8, "whose task it is, and which; 0: somebody asked for it"},
	{"attempts", 2, "that failed"},
	{"state", 1, "0 queued, 2 waits for its device, 3 done, 4 failed, 5 expired, 6 canceled"},
};

static const struct sb_store_column fault_columns[] = {
	{"device", 8, "id of the device"},
	{"at_ms", 8, "when it was last"},
	{"retry_ms", 8, "not tried again before; 0: not at all"},
	{"count", 4, "how often in a row"},
};

static const struct sb_store_column preset_columns[] = {
	{"changed_ms", 8, "when it was put"},
};

static const struct sb_store_column file_columns[] = {
	{"created_ms", 8, "when it was put"},
	{"octets", 8, "its size"},
	{"chunks", 4, "pieces of it, whose rows have ids of their own"},
	{"is_whole", 1, "0: it was being written; at the next start it is taken away"},
};

static const struct sb_store_column chunk_columns[] = {
	{"file", 8, "id of the file"},
	{"number", 4, "from 0"},
};

static const struct sb_store_column script_columns[] = {
	{"changed_ms", 8, "when it was put"},
};

static const struct sb_store_column login_columns[] = {
	{"changed_ms", 8, "when what the device shows was set"},
	{"is_used", 1, "1: the device has shown it, and has nothing else"},
};

const struct sb_store_kind acs_kinds[ACS_KIND_COUNT] = {
	[ACS_KIND_DEVICE] = KIND("device", device_columns),
	[ACS_KIND_INFORM] = {.name = "inform", .version = 1},
	[ACS_KIND_PARAMETERS] = KIND("parameters", parameters_columns),
	[ACS_KIND_TASK] = KIND("task", task_columns),
	[ACS_KIND_FAULT] = KIND("fault", fault_columns),
	[ACS_KIND_PRESET] = KIND("preset", preset_columns),
	[ACS_KIND_FILE] = KIND("file", file_columns),
	[ACS_KIND_CHUNK] = KIND("chunk", chunk_columns),
	[ACS_KIND_SCRIPT] = KIND("script", script_columns),
	[ACS_KIND_SECRET] = {.name = "secret", .version = 1},
	[ACS_KIND_LOGIN] = KIND("login", login_columns),
};
