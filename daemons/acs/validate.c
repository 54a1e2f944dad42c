#include "daemons/acs/validate.h"

#include "protocols/cwmp/script.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define POSITION_MOST   1000000
#define CREDENTIAL_MOST 256 /* octets: TR-069's own bound */

static const struct acs_json_field script_fields[] = {
	{"name", ACS_JSON_TEXT, false, 1, CWMP_SCRIPT_NAME_MAX, NULL}, /* as in the path */
	{"source", ACS_JSON_TEXT, true, 1, 0, NULL},
	{"position", ACS_JSON_INTEGER, false, -POSITION_MOST, POSITION_MOST, NULL},
	{"filter", ACS_JSON_OBJECT, false, 0, 0, NULL},
};

static const struct acs_json_field filter_fields[] = {
	{"manufacturer", ACS_JSON_TEXT, false, 1, 64, NULL},
	{"oui", ACS_JSON_TEXT, false, 1, 64, NULL},
	{"productClass", ACS_JSON_TEXT, false, 1, 64, NULL},
	{"softwareVersion", ACS_JSON_TEXT, false, 1, 64, NULL},
	{"events", ACS_JSON_TEXTS, false, 0, 64, NULL},
};

static const struct acs_json_field login_fields[] = {
	{"username", ACS_JSON_TEXT, false, 1, CREDENTIAL_MOST, NULL},
	{"password", ACS_JSON_TEXT, true, 1, CREDENTIAL_MOST, NULL},
	{"immediately", ACS_JSON_BOOLEAN, false, 0, 0, NULL},
};

static const struct acs_json_field request_login_fields[] = {
	{"username", ACS_JSON_TEXT, true, 1, CREDENTIAL_MOST, NULL},
	{"password", ACS_JSON_TEXT, true, 1, CREDENTIAL_MOST, NULL},
};

static const struct acs_json_field task_fields[] = {
	{"method", ACS_JSON_TEXT, true, 1, 64, NULL},
};

static bool
is_script_name(const char *name)
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "_.-";
	size_t size = strlen(name);

	return size > 0 && size <= CWMP_SCRIPT_NAME_MAX && strspn(name, fine) == size;
}

int
acs_validate_script(const char *name, const json_t *script, struct acs_problem *problem)
{
	const json_t *filter;

	if (!is_script_name(name))
		return acs_problem_set(problem, ACS_PROBLEM_BAD_BODY,
			"the name must have 1 to %d letters, digits and _.-", CWMP_SCRIPT_NAME_MAX);
	if (acs_json_check(script, script_fields, COUNT(script_fields), false, problem))
		return -1;
	if (strcmp(acs_json_text(script, "name", name), name) != 0)
		return acs_problem_set(
			problem, ACS_PROBLEM_BAD_BODY, "name: is not the one in the path");
	filter = json_object_get(script, "filter");
	return filter ? acs_json_check(filter, filter_fields, COUNT(filter_fields), false, problem)
		      : 0;
}

int
acs_validate_task(const json_t *task, struct acs_problem *problem)
{
	return acs_json_check(task, task_fields, COUNT(task_fields), true, problem);
}

/* What cannot stand in a field of HTTP: Basic ends a name with a colon. */
static bool
can_be_shown(const char *text, bool is_name)
{
	for (; *text; text++)
		if ((uint8_t)*text < ' ' || *text == 0x7f || (is_name && *text == ':'))
			return false;
	return true;
}

static int
check_texts(const json_t *login, struct acs_problem *problem)
{
	if (!can_be_shown(acs_json_text(login, "username", ""), true))
		return acs_problem_set(problem, ACS_PROBLEM_BAD_BODY,
			"username: has a control character, or a colon");
	if (!can_be_shown(acs_json_text(login, "password", ""), false))
		return acs_problem_set(
			problem, ACS_PROBLEM_BAD_BODY, "password: has a control character");
	return 0;
}

int
acs_validate_login(const char *device, const json_t *login, struct acs_problem *problem)
{
	if (acs_json_check(login, login_fields, COUNT(login_fields), false, problem))
		return -1;
	if (!json_object_get(login, "username") && !can_be_shown(device, true))
		return acs_problem_set(problem, ACS_PROBLEM_BAD_BODY,
			"username: must be given, for the device's name has a control character, "
			"or a colon");
	return check_texts(login, problem);
}

int
acs_validate_request_login(const char *device, const json_t *login, struct acs_problem *problem)
{
	(void)device;
	if (acs_json_check(
		    login, request_login_fields, COUNT(request_login_fields), false, problem))
		return -1;
	return check_texts(login, problem);
}
