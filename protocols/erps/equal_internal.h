/* Equality whose work can be bounded, for terms whose sender chose them to be slow. */
#ifndef SB_ERPS_EQUAL_INTERNAL_H
#define SB_ERPS_EQUAL_INTERNAL_H

#include "protocols/erps/term.h"

enum erps_equality {
	ERPS_DIFFERENT,
	ERPS_EQUAL,
	ERPS_UNDECIDED, /* not with so much work */
};

/* `work` is about the octets that are read: once for each level on which they lie, and again each
 * time that a map is searched. */
enum erps_equality erps_equal_within(struct erps_term a, struct erps_term b, uint64_t work);

/* Terms without elements. */
bool erps_leaves_equal(struct erps_term a, struct erps_term b);

#endif
