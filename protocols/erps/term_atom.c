#include "protocols/erps/atom_internal.h"

static bool
is_latin1_tag(uint8_t tag)
{
	return tag == ERPS_TAG_ATOM || tag == ERPS_TAG_SMALL_ATOM;
}

static struct sb_bytes
name_octets(const uint8_t *at)
{
	if (*at == ERPS_TAG_SMALL_ATOM_UTF8 || *at == ERPS_TAG_SMALL_ATOM)
		return sb_bytes(at + 2, at[1]);
	return sb_bytes(at + 3, erps_u16(at + 1));
}

bool
erps_is_ascii(struct sb_bytes octets)
{
	uint8_t all = 0;

	for (size_t i = 0; i < octets.size; i++)
		all |= octets.data[i];
	return all < 0x80;
}

struct erps_atom
erps_atom_at(const uint8_t *at)
{
	struct sb_bytes octets = name_octets(at);

	return (struct erps_atom){octets, is_latin1_tag(*at) && !erps_is_ascii(octets)};
}

static size_t
latin1_to_utf8(struct sb_bytes in, uint8_t *out)
{
	size_t size = 0;

	for (size_t i = 0; i < in.size; i++) {
		if (in.data[i] < 0x80) {
			out[size++] = in.data[i];
			continue;
		}
		out[size++] = (uint8_t)(0xc0 | in.data[i] >> 6);
		out[size++] = (uint8_t)(0x80 | (in.data[i] & 0x3f));
	}
	return size;
}

size_t
erps_atom_utf8(struct erps_atom atom, uint8_t *out)
{
	if (atom.is_latin1)
		return latin1_to_utf8(atom.octets, out);
	if (atom.octets.size)
		memcpy(out, atom.octets.data, atom.octets.size);
	return atom.octets.size;
}

bool
erps_atoms_equal(struct erps_atom a, struct erps_atom b)
{
	uint8_t name_a[ERPS_ATOM_OCTETS], name_b[ERPS_ATOM_OCTETS];

	if (a.is_latin1 == b.is_latin1)
		return sb_bytes_equal(a.octets, b.octets);
	return sb_bytes_equal(sb_bytes(name_a, erps_atom_utf8(a, name_a)),
		sb_bytes(name_b, erps_atom_utf8(b, name_b)));
}

bool
erps_is_name(struct sb_bytes octets, const char *name)
{
	return strnlen(name, octets.size + 1) == octets.size &&
	       (octets.size == 0 || memcmp(name, octets.data, octets.size) == 0);
}

bool
erps_is_atom(struct erps_term term, const char *name)
{
	uint8_t utf8[ERPS_ATOM_OCTETS];
	struct erps_atom atom;

	if (erps_kind(term) != ERPS_ATOM)
		return false;
	atom = erps_atom_at(term.data);
	if (!atom.is_latin1)
		return erps_is_name(atom.octets, name);
	return erps_is_name(sb_bytes(utf8, erps_atom_utf8(atom, utf8)), name);
}

bool
erps_get_atom(struct erps_term term, struct sb_bytes *name)
{
	struct erps_atom atom;

	if (erps_kind(term) != ERPS_ATOM)
		return false;
	atom = erps_atom_at(term.data);
	*name = atom.octets;
	return !atom.is_latin1;
}

bool
erps_copy_atom(struct erps_term term, char name[1021])
{
	size_t size;

	if (erps_kind(term) != ERPS_ATOM)
		return false;
	size = erps_atom_utf8(erps_atom_at(term.data), (uint8_t *)name);
	name[size] = '\0';
	return strlen(name) == size;
}

bool
erps_get_boolean(struct erps_term term, bool *value)
{
	*value = erps_is_atom(term, "true");
	return *value || erps_is_atom(term, "false");
}
