/* Open addressing: one place is looked at for nearly every request. */
#include "daemons/erpsd/methods.h"

#include "core/error.h"

#include <stdlib.h>

/* FNV-1a: names are short. */
static uint64_t
hash(struct sb_bytes name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < name.size; i++)
		h = (h ^ name.data[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* Where the name stands, or would. */
static struct erpsd_method *
place_of(const struct erpsd_methods *methods, struct sb_bytes name)
{
	size_t mask = ((size_t)1 << methods->bits) - 1;
	size_t at = hash(name) & mask;

	while (methods->places[at].name &&
		!sb_bytes_equal(sb_bytes_text(methods->places[at].name), name))
		at = (at + 1) & mask;
	return &methods->places[at];
}

static int
grow(struct erpsd_methods *methods)
{
	struct erpsd_methods larger = {.bits = methods->bits ? methods->bits + 1 : 4};

	larger.count = methods->count;
	larger.places = calloc((size_t)1 << larger.bits, sizeof(*larger.places));
	if (!larger.places)
		return SB_ENOMEM;
	for (size_t i = 0; methods->places && i < (size_t)1 << methods->bits; i++)
		if (methods->places[i].name)
			*place_of(&larger, sb_bytes_text(methods->places[i].name)) =
				methods->places[i];
	free(methods->places);
	*methods = larger;
	return 0;
}

int
erpsd_methods_add(
	struct erpsd_methods *methods, const char *name, uint16_t service, uint16_t *other)
{
	struct erpsd_method *place;

	if (methods->count >= ERPSD_METHODS_MAX)
		return SB_ELIMIT;
	if (methods->count * 2 >= (methods->places ? (size_t)1 << methods->bits : 0) &&
		grow(methods))
		return SB_ENOMEM;
	place = place_of(methods, sb_bytes_text(name));
	if (place->name) {
		*other = place->service;
		return SB_EEXIST;
	}
	*place = (struct erpsd_method){name, service};
	methods->count++;
	return 0;
}

void
erpsd_methods_fini(struct erpsd_methods *methods)
{
	free(methods->places);
	*methods = (struct erpsd_methods){0};
}

uint16_t
erpsd_methods_find(const struct erpsd_methods *methods, struct sb_bytes name)
{
	const struct erpsd_method *place;

	if (!methods->places)
		return ERPSD_NO_SERVICE;
	place = place_of(methods, name);
	return place->name ? place->service : ERPSD_NO_SERVICE;
}

bool
erpsd_method_of(struct erps_term request, struct sb_bytes *name)
{
	struct erps_term first;

	if (erps_get_atom(request, name))
		return true;
	return erps_kind(request) == ERPS_TUPLE && erps_element(request, 0, &first) &&
	       erps_get_atom(first, name);
}
