/*
 * Atoms as they travel: a name in UTF-8 or in Latin-1, in four forms. Two names are
 * one when their characters are. Pure.
 */
#ifndef SB_ERPS_ATOM_INTERNAL_H
#define SB_ERPS_ATOM_INTERNAL_H

#include "protocols/erps/scan_internal.h"

#define ERPS_ATOM_CHARACTERS 255
#define ERPS_ATOM_OCTETS     1020

struct erps_atom {
	struct sb_bytes octets;
	bool is_latin1; /* with characters over 127: otherwise the same octets are UTF-8 */
};

/* The name of a checked atom. */
struct erps_atom erps_atom_at(const uint8_t *at);

bool erps_is_ascii(struct sb_bytes octets);

/* Writes the name in UTF-8 (1020 octets at most): how many. */
size_t erps_atom_utf8(struct erps_atom atom, uint8_t *out);

bool erps_atoms_equal(struct erps_atom a, struct erps_atom b);

/* Whether `octets` are those of the string `name`. */
bool erps_is_name(struct sb_bytes octets, const char *name);

#endif
