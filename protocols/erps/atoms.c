/* The table of atoms that may come: a hash table with open addressing, at most half full. */
#include "core/env.h"
#include "core/error.h"
#include "protocols/erps/atom_internal.h"
#include "protocols/erps/decode.h"

/* The names are ours and how many places are looked at is bounded by how they fell: a simple hash
 * will do. */
static size_t
hash_of(struct sb_bytes name)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < name.size; i++)
		hash = (hash ^ name.data[i]) * UINT64_C(0x9E3779B97F4A7C15);
	return (size_t)(hash ^ hash >> 32);
}

static void
put_name(struct erps_atoms *atoms, uint32_t index)
{
	size_t slot = hash_of(sb_bytes_text(atoms->names[index]));

	while (atoms->slots[slot & (atoms->slot_count - 1)])
		slot++;
	atoms->slots[slot & (atoms->slot_count - 1)] = index + 1;
}

int
erps_atoms_index(struct erps_atoms *atoms, const struct sb_env *env)
{
	size_t slots = 16;

	if (atoms->count >= UINT32_MAX / 2)
		return SB_ENOMEM;
	while (slots < 2 * atoms->count)
		slots *= 2;
	erps_atoms_fini(atoms, env);
	atoms->slots = env->allocate(env->context, slots * sizeof(atoms->slots[0]));
	if (!atoms->slots)
		return SB_ENOMEM;
	memset(atoms->slots, 0, slots * sizeof(atoms->slots[0]));
	atoms->slot_count = slots;
	for (uint32_t i = 0; i < atoms->count; i++)
		put_name(atoms, i);
	return 0;
}

void
erps_atoms_fini(struct erps_atoms *atoms, const struct sb_env *env)
{
	if (atoms->slots)
		env->release(env->context, atoms->slots);
	atoms->slots = NULL;
	atoms->slot_count = 0;
}

static bool
is_value(struct sb_bytes name)
{
	return erps_is_name(name, "nil") || erps_is_name(name, "true") ||
	       erps_is_name(name, "false");
}

static bool
find_slot(const struct erps_atoms *atoms, struct sb_bytes name)
{
	for (size_t slot = hash_of(name);; slot++) {
		uint32_t index = atoms->slots[slot & (atoms->slot_count - 1)];

		if (index == 0)
			return false;
		if (erps_is_name(name, atoms->names[index - 1]))
			return true;
	}
}

bool
erps_atoms_have(const struct erps_atoms *atoms, struct sb_bytes name)
{
	if (is_value(name))
		return true;
	if (atoms->slots)
		return find_slot(atoms, name);
	for (size_t i = 0; i < atoms->count; i++)
		if (erps_is_name(name, atoms->names[i]))
			return true;
	return false;
}
