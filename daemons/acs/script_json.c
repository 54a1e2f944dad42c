#include "daemons/acs/script_json.h"

#include "core/bytes.h"
#include "core/error.h"
#include "core/utf8.h"

#include <math.h>

/* Eats the array or object that could not be filled. */
static int
give_up(json_t *whole, int err)
{
	json_decref(whole);
	return err;
}

static int
list_json(const struct cwmp_script_value *value, json_t **json)
{
	json_t *array = json_array(), *each;

	for (size_t i = 0; i < value->as.list.count; i++) {
		int err = acs_script_json(&value->as.list.each[i], &each);

		if (err)
			return give_up(array, err);
		if (json_array_append_new(array, each))
			return give_up(array, SB_ENOMEM);
	}
	*json = array;
	return array ? 0 : SB_ENOMEM;
}

static int
map_json(const struct cwmp_script_value *value, json_t **json)
{
	json_t *object = json_object(), *each;

	for (size_t i = 0; i < value->as.map.count; i++) {
		const struct cwmp_script_pair *pair = &value->as.map.each[i];
		int err = sb_utf8_valid(sb_bytes_text(pair->key))
				  ? acs_script_json(&pair->value, &each)
				  : SB_EINVAL;

		if (err)
			return give_up(object, err);
		if (json_object_set_new(object, pair->key, each))
			return give_up(object, SB_ENOMEM);
	}
	*json = object;
	return object ? 0 : SB_ENOMEM;
}

static int
scalar_json(json_t *made, json_t **json)
{
	*json = made;
	return made ? 0 : SB_ENOMEM;
}

int
acs_script_json(const struct cwmp_script_value *value, json_t **json)
{
	*json = NULL;
	switch (value->kind) {
	case CWMP_SCRIPT_NIL:
		return scalar_json(json_null(), json);
	case CWMP_SCRIPT_BOOLEAN:
		return scalar_json(json_boolean(value->as.boolean), json);
	case CWMP_SCRIPT_INTEGER:
		return scalar_json(json_integer(value->as.integer), json);
	case CWMP_SCRIPT_NUMBER:
		if (!isfinite(value->as.number))
			return SB_EINVAL;
		return scalar_json(json_real(value->as.number), json);
	case CWMP_SCRIPT_TEXT:
		if (!sb_utf8_valid(sb_bytes_text(value->as.text)))
			return SB_EINVAL;
		return scalar_json(json_string(value->as.text), json);
	case CWMP_SCRIPT_LIST:
		return list_json(value, json);
	case CWMP_SCRIPT_MAP:
		return map_json(value, json);
	case CWMP_SCRIPT_VALUE:
		break; /* scripts give none */
	}
	return SB_EINVAL;
}
