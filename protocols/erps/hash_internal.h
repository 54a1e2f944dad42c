/* A hash of a term's value, whatever form it was written in: what erps_equal calls equal has one
 * hash. Keyed, so that nobody who does not know the secret can make two that collide. */
#ifndef SB_ERPS_HASH_INTERNAL_H
#define SB_ERPS_HASH_INTERNAL_H

#include "protocols/erps/term.h"

/* Of a checked term; or of one that was built, however deep. */
uint64_t erps_hash(struct erps_term term, const uint64_t secret[2]);

#endif
