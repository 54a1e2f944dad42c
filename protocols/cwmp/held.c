/*
 * How much of devices' envelopes there is at once. Each has its limits, but anybody may send many
 * of them, slowly and compressed: without a limit over all, memory would be theirs.
 */
#include "protocols/cwmp/server_internal.h"

/* An Inform is shorter: what is bounded by the number of connections and sessions is not counted.
 */
#define FREE_OCTETS ((size_t)16 << 10)

static size_t
counted(size_t size)
{
	return size > FREE_OCTETS ? size - FREE_OCTETS : 0;
}

bool
cwmp_hold(struct cwmp_server *server, size_t *size, size_t *held, size_t more)
{
	size_t added = counted(*size + more) - *held;

	if (added && atomic_fetch_add_explicit(&server->held, added, memory_order_relaxed) + added >
			     server->options.held_bytes) {
		cwmp_let_go(server, added);
		return false;
	}
	*size += more;
	*held += added;
	return true;
}

void
cwmp_let_go(struct cwmp_server *server, size_t held)
{
	if (held)
		atomic_fetch_sub_explicit(&server->held, held, memory_order_relaxed);
}
