/* Pids, ports and references: opaque to applications, but one written in an old form is the same as
 * in a new one. Of checked terms; pure. */
#ifndef SB_ERPS_NODE_INTERNAL_H
#define SB_ERPS_NODE_INTERNAL_H

#include "protocols/erps/atom_internal.h"

/* What all of them consist of. */
struct erps_node_term {
	struct erps_atom node;
	uint32_t creation;
	uint64_t id;           /* of a port; of a pid its id, then its serial; of a reference 0 */
	struct sb_bytes words; /* of a reference: u32 each, the most significant last */
};

struct erps_node_term erps_node_term_at(const uint8_t *at);
bool erps_node_terms_equal(const uint8_t *a, const uint8_t *b);

#endif
