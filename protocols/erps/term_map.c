#include "protocols/erps/scan_internal.h"

bool
erps_map_get(struct erps_term map, const char *atom, struct erps_term *value)
{
	struct erps_walk walk = erps_walk(map);
	struct erps_term key;

	if (erps_kind(map) != ERPS_MAP)
		return false;
	while (erps_next(&walk, &key)) {
		erps_next(&walk, value);
		if (erps_is_atom(key, atom))
			return true;
	}
	return false;
}

bool
erps_map_find(struct erps_term map, struct erps_term key, struct erps_term *value)
{
	struct erps_walk walk = erps_walk(map);
	struct erps_term other;

	if (erps_kind(map) != ERPS_MAP)
		return false;
	while (erps_next(&walk, &other)) {
		erps_next(&walk, value);
		if (erps_equal(key, other))
			return true;
	}
	return false;
}
