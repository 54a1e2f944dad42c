/* What the values of a device's parameters are at this moment. */
#include "core/error.h"
#include "daemons/cwmp-sim/device.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAME_ROOM = 320, NUMBER_ROOM = 24 };

void
device_time(int64_t wall_ms, char out[32])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm parts;

	gmtime_r(&seconds, &parts);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* ---- variables ---- */

/* What is being put together. */
struct filling {
	struct device *device;
	struct sb_session *session;
	struct sb_arena *arena;
};

static void
put_text(struct filling *f, const char *text)
{
	if (text)
		sb_arena_append(f->arena, text, strlen(text));
}

static void
put_number(struct filling *f, uint64_t number)
{
	char text[NUMBER_ROOM];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	put_text(f, text);
}

static void
put_serial(struct filling *f)
{
	const struct sim_options *o = &f->device->sim->options;
	const char *mark = strchr(o->serial, '#');
	size_t width = mark ? strspn(mark, "#") : 0;
	char digits[NUMBER_ROOM];

	if (!mark) {
		put_text(f, o->serial);
		return;
	}
	snprintf(digits, sizeof(digits), "%0*u", (int)(width < 12 ? width : 12), f->device->number);
	sb_arena_append(f->arena, o->serial, (size_t)(mark - o->serial));
	put_text(f, digits);
	put_text(f, mark + width);
}

static void
put_door_url(struct filling *f)
{
	const struct sim *sim = f->device->sim;
	char url[128];

	if (!sim->door_port)
		return;
	snprintf(url, sizeof(url), "http://%.*s:%u/%u",
		(int)strcspn(sim->options.door_address, ":"), sim->options.door_address,
		sim->door_port, f->device->number);
	put_text(f, url);
}

static void
put_stun_address(struct filling *f)
{
	const char *address = f->device->sim->options.stun;

	if (address)
		sb_arena_append(f->arena, address, (size_t)(strrchr(address, ':') - address));
}

static void
put_now(struct filling *f)
{
	char text[32];

	device_time(sb_wall_ms(f->session), text);
	put_text(f, text);
}

static void
put_variable(struct filling *f, const char *name)
{
	const struct device *d = f->device;
	const struct sim_options *o = &d->sim->options;
	const struct {
		const char *name, *text;
	} texts[] = {{"acs", o->acs}, {"manufacturer", o->manufacturer}, {"oui", o->oui},
		{"class", o->product_class}, {"username", o->username}, {"password", o->password},
		{"connection-request-username", o->door_username},
		{"connection-request-password", o->door_password},
		{"stun-username", o->stun_username}, {"stun-password", o->stun_password},
		{"stun-enable", o->stun ? "1" : "0"},
		{"stun-port", o->stun ? strrchr(o->stun, ':') + 1 : "3478"}};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(texts[i].name, name) == 0) {
			put_text(f, texts[i].text);
			return;
		}
	}
	if (strcmp(name, "serial") == 0)
		put_serial(f);
	else if (strcmp(name, "number") == 0)
		put_number(f, d->number);
	else if (strcmp(name, "interval") == 0)
		put_number(f, o->interval_ms / 1000);
	else if (strcmp(name, "uptime") == 0)
		put_number(f, (sb_now(f->session) - d->booted_ns) / 1000000000U);
	else if (strcmp(name, "now") == 0)
		put_now(f);
	else if (strcmp(name, "connection-request-url") == 0)
		put_door_url(f);
	else if (strcmp(name, "stun-address") == 0)
		put_stun_address(f);
	else if (strncmp(name, "rows ", 5) == 0)
		put_number(f, model_rows(&d->model, name + 5));
}

/* Copies `text` with its ${variables}. */
static const char *
fill(struct filling *f, const char *text)
{
	size_t length;

	for (;;) {
		const char *mark = strstr(text, "${"), *end = mark ? strchr(mark, '}') : NULL;
		char name[NAME_ROOM];

		if (!end || (size_t)(end - mark) > sizeof(name))
			break;
		sb_arena_append(f->arena, text, (size_t)(mark - text));
		snprintf(name, sizeof(name), "%.*s", (int)(end - mark - 2), mark + 2);
		put_variable(f, name);
		text = end + 1;
	}
	put_text(f, text);
	return sb_arena_text(f->arena, &length);
}

static const char *
value_of(struct device *d, struct sb_session *s, const struct model_entry *entry,
	struct sb_arena *arena)
{
	struct filling f = {d, s, arena};

	/* What an ACS has written stands as it was written. */
	if ((entry->flags & MODEL_OWN_VALUE) || !strstr(entry->value, "${"))
		return entry->value;
	return fill(&f, entry->value);
}

const char *
device_value(struct device *d, struct sb_session *s, const struct model_entry *entry,
	struct sb_arena *arena)
{
	return entry->flags & MODEL_SECRET ? "" : value_of(d, s, entry, arena);
}

const char *
device_setting(struct device *d, struct sb_session *s, const char *name, struct sb_arena *arena)
{
	const char *root = d->sim->model->root;
	const struct model_entry *entry;
	char path[NAME_ROOM];

	snprintf(path, sizeof(path), "%.*s.ManagementServer.%s", (int)strcspn(root, "."), root,
		name);
	entry = model_find(&d->model, path);
	return entry ? value_of(d, s, entry, arena) : NULL;
}

/* ---- types ---- */

static bool
is_signed_number(const char *text, long long least, long long most)
{
	char *end;
	long long value;

	if (!isdigit((unsigned char)text[*text == '-']))
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	return !*end && !errno && value >= least && value <= most;
}

static bool
is_number(const char *text, unsigned long long most)
{
	char *end;
	unsigned long long value;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	return !*end && !errno && value <= most;
}

static bool
is_one_of(const char *text, const char *const words[])
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

static bool
is_date_time(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";

	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	return true;
}

bool
device_value_fits(enum cwmp_type type, const char *text)
{
	static const char *const booleans[] = {"0", "1", "true", "false", NULL};

	switch (type) {
	case CWMP_TYPE_INT:
		return is_signed_number(text, INT32_MIN, INT32_MAX);
	case CWMP_TYPE_UNSIGNED_INT:
		return is_number(text, UINT32_MAX);
	case CWMP_TYPE_LONG:
		return is_signed_number(text, INT64_MIN, INT64_MAX);
	case CWMP_TYPE_UNSIGNED_LONG:
		return is_number(text, UINT64_MAX);
	case CWMP_TYPE_BOOLEAN:
		return is_one_of(text, booleans);
	case CWMP_TYPE_DATE_TIME:
		return is_date_time(text);
	case CWMP_TYPE_STRING:
	case CWMP_TYPE_BASE64:
	case CWMP_TYPE_HEX_BINARY:
	case CWMP_TYPE_DECIMAL:
	case CWMP_TYPE_OTHER:
		return true;
	}
	return false;
}
