#include "core/utf8.h"
#include "protocols/erps/atom_internal.h"
#include "protocols/erps/decode_internal.h"

/* Characters of `name`, of which each has one octet that begins it. */
static size_t
count_characters(struct sb_bytes name)
{
	size_t count = 0;

	for (size_t i = 0; i < name.size; i++)
		count += (name.data[i] & 0xc0) != 0x80;
	return count;
}

static enum erps_fault_code
check_utf8(const struct erps_check *c, struct sb_bytes name)
{
	if (erps_is_ascii(name))
		return name.size > c->limits.atom ? ERPS_FAULT_ATOM_SIZE : ERPS_FAULT_NONE;
	if (name.size > ERPS_ATOM_OCTETS || count_characters(name) > c->limits.atom)
		return ERPS_FAULT_ATOM_SIZE;
	return sb_utf8_valid(name) ? ERPS_FAULT_NONE : ERPS_FAULT_ATOM_TEXT;
}

static bool
is_known(const struct erps_atoms *atoms, const uint8_t *at)
{
	struct erps_atom atom = erps_atom_at(at);
	uint8_t utf8[ERPS_ATOM_OCTETS];

	if (!atom.is_latin1)
		return erps_atoms_have(atoms, atom.octets);
	return erps_atoms_have(atoms, sb_bytes(utf8, erps_atom_utf8(atom, utf8)));
}

enum erps_fault_code
erps_check_atom(struct erps_check *c, bool is_node)
{
	const uint8_t *at = c->at;
	bool is_small = *at == ERPS_TAG_SMALL_ATOM_UTF8 || *at == ERPS_TAG_SMALL_ATOM;
	bool is_latin1 = *at == ERPS_TAG_ATOM || *at == ERPS_TAG_SMALL_ATOM;
	size_t head = is_small ? 2 : 3;
	size_t size, left = (size_t)(c->end - at);
	enum erps_fault_code fault = ERPS_FAULT_NONE;

	if (left < head)
		return ERPS_FAULT_CUT;
	size = is_small ? at[1] : erps_u16(at + 1);
	if (left - head < size)
		return ERPS_FAULT_CUT;
	if (!is_latin1)
		fault = check_utf8(c, sb_bytes(at + head, size));
	else if (size > c->limits.atom)
		fault = ERPS_FAULT_ATOM_SIZE;
	if (fault)
		return fault;
	if (c->decoder->atoms && !is_node && !is_known(c->decoder->atoms, at))
		return ERPS_FAULT_ATOM_UNKNOWN;
	c->at += head + size;
	return ERPS_FAULT_NONE;
}
