/*
 * The PROXY protocol, versions 1 and 2: who the client of a balancer is. Pure
 * and incremental: it is given all octets so far each time. Any thread.
 */
#ifndef SB_CORE_PROXY_H
#define SB_CORE_PROXY_H

#include "bytes.h"
#include "listener.h"
#include "peer.h"

#include <stdbool.h>
#include <sys/types.h>

#define SB_PROXY_V1_MAX 107  /* octets of a line with its CR LF; the protocol's own bound */
#define SB_PROXY_V2_MAX 2064 /* octets of a header with addresses and extensions; ours */

struct sb_proxy_header {
	/* False: the balancer speaks for itself (LOCAL), does not know (UNKNOWN), or tells of what
	 * is no TCP connection over IP: the addresses of the socket hold. */
	bool has_addresses;
	union sb_socket_address source;      /* the client */
	union sb_socket_address destination; /* where it connected to */
};

/*
 * Reads the header at the beginning of `in`. Gives the octets it takes, with `header` filled; 0
 * when it is not complete (never at SB_PROXY_V2_MAX octets or more); SB_EPROTO as soon as it cannot
 * be a header of `mode` any more, which with SB_PROXY_OFF is at once.
 */
ssize_t sb_proxy_parse(struct sb_bytes in, enum sb_proxy_mode mode, struct sb_proxy_header *header);

#endif
