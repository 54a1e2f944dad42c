#include "daemons/acs/json.h"

#include "core/error.h"
#include "daemons/acs/json_memory.h"

#include <inttypes.h>
#include <string.h>

/* ---- reading ---- */

/* How deep brackets go outside of texts. The parser would tell, too, but at a depth of its own
 * choice, and by recursion. */
static unsigned
depth_of(struct sb_bytes text)
{
	unsigned depth = 0, deepest = 0;
	bool is_text = false;

	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if (is_text && c == '\\')
			i++;
		else if (c == '"')
			is_text = !is_text;
		else if (!is_text && (c == '[' || c == '{') && ++depth > deepest)
			deepest = depth;
		else if (!is_text && (c == ']' || c == '}') && depth > 0)
			depth--;
	}
	return deepest;
}

json_t *
acs_json_read(struct sb_bytes text, struct acs_problem *problem)
{
	json_error_t error;
	json_t *value;
	int err;

	if (depth_of(text) > ACS_JSON_DEPTH) {
		acs_problem_set(
			problem, ACS_PROBLEM_BAD_JSON, "nested over %d deep", ACS_JSON_DEPTH);
		return NULL;
	}
	err = acs_json_load(&value, text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (err == SB_ENOMEM)
		acs_problem_set(problem, ACS_PROBLEM_BUSY, "no memory");
	else if (err)
		acs_problem_set(problem, ACS_PROBLEM_BAD_JSON, "line %d, column %d: %.100s",
			error.line, error.column, error.text);
	return value;
}

/* ---- checking ---- */

static int
wrong(struct acs_problem *problem, const char *name, const char *what)
{
	return acs_problem_set(problem, ACS_PROBLEM_BAD_BODY, "%.60s: %s", name, what);
}

static int
check_range(const struct acs_json_field *field, int64_t value, const char *of,
	struct acs_problem *problem)
{
	if (value >= field->min && (field->max == 0 || value <= field->max))
		return 0;
	if (field->max == 0)
		return acs_problem_set(problem, ACS_PROBLEM_BAD_BODY,
			"%.60s: must be at least %" PRId64 "%s", field->name, field->min, of);
	return acs_problem_set(problem, ACS_PROBLEM_BAD_BODY,
		"%.60s: must be %" PRId64 " to %" PRId64 "%s", field->name, field->min, field->max,
		of);
}

static int
check_word(const struct acs_json_field *field, const json_t *value, struct acs_problem *problem)
{
	const char *text = json_string_value(value);

	for (size_t i = 0; text && field->words[i]; i++)
		if (strcmp(text, field->words[i]) == 0)
			return 0;
	return wrong(problem, field->name, "is none of the words it may be");
}

static int
check_texts(const struct acs_json_field *field, const json_t *value, struct acs_problem *problem)
{
	for (size_t i = 0; i < json_array_size(value); i++)
		if (!json_is_string(json_array_get(value, i)))
			return wrong(problem, field->name, "must be an array of texts");
	return check_range(field, (int64_t)json_array_size(value), " texts", problem);
}

static int
check_field(const struct acs_json_field *field, const json_t *value, struct acs_problem *problem)
{
	switch (field->type) {
	case ACS_JSON_TEXT:
		if (!json_is_string(value))
			return wrong(problem, field->name, "must be a text");
		return check_range(field, (int64_t)json_string_length(value), " octets", problem);
	case ACS_JSON_INTEGER:
		if (!json_is_integer(value))
			return wrong(problem, field->name, "must be an integer");
		return check_range(field, json_integer_value(value), "", problem);
	case ACS_JSON_BOOLEAN:
		return json_is_boolean(value)
			       ? 0
			       : wrong(problem, field->name, "must be true or false");
	case ACS_JSON_OBJECT:
		if (!json_is_object(value))
			return wrong(problem, field->name, "must be an object");
		return check_range(field, (int64_t)json_object_size(value), " members", problem);
	case ACS_JSON_ARRAY:
		if (!json_is_array(value))
			return wrong(problem, field->name, "must be an array");
		return check_range(field, (int64_t)json_array_size(value), " members", problem);
	case ACS_JSON_TEXTS:
		if (!json_is_array(value))
			return wrong(problem, field->name, "must be an array of texts");
		return check_texts(field, value, problem);
	case ACS_JSON_WORD:
		return check_word(field, value, problem);
	case ACS_JSON_ANY:
		return 0;
	}
	return 0;
}

static bool
is_known(const char *name, const struct acs_json_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(fields[i].name, name) == 0)
			return true;
	return false;
}

static int
check_names(const json_t *object, const struct acs_json_field *fields, size_t count,
	struct acs_problem *problem)
{
	const char *name;
	json_t *member;

	/* jansson's iterators want it writable, and leave it as it is. */
	json_object_foreach((json_t *)(uintptr_t)object, name,
		member) if (!is_known(name, fields, count)) return wrong(problem, name,
		"is no field of this");
	return 0;
}

int
acs_json_check(const json_t *value, const struct acs_json_field *fields, size_t count,
	bool takes_others, struct acs_problem *problem)
{
	if (!json_is_object(value))
		return acs_problem_set(problem, ACS_PROBLEM_BAD_BODY, "must be an object");
	for (size_t i = 0; i < count; i++) {
		const json_t *member = json_object_get(value, fields[i].name);

		if (!member && fields[i].is_required)
			return wrong(problem, fields[i].name, "is missing");
		if (member && check_field(&fields[i], member, problem))
			return -1;
	}
	return takes_others ? 0 : check_names(value, fields, count, problem);
}

const char *
acs_json_text(const json_t *object, const char *name, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : otherwise;
}

int64_t
acs_json_integer(const json_t *object, const char *name, int64_t otherwise)
{
	const json_t *member = json_object_get(object, name);

	return json_is_integer(member) ? json_integer_value(member) : otherwise;
}

bool
acs_json_boolean(const json_t *object, const char *name, bool otherwise)
{
	const json_t *member = json_object_get(object, name);

	return json_is_boolean(member) ? json_is_true(member) : otherwise;
}
