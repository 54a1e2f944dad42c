/* The parts of the session that owns the socket of Annex G. */
#ifndef SB_CWMP_UDP_INTERNAL_H
#define SB_CWMP_UDP_INTERNAL_H

#include "core/datagram.h"
#include "core/metrics.h"
#include "core/rate.h"
#include "core/session.h"
#include "protocols/cwmp/requester_internal.h"
#include "protocols/cwmp/udp_request.h"

#define CWMP_UDP_NAME      "cwmp.udp" /* in the registry, too */
#define CWMP_UDP_ASK       1          /* a call: struct cwmp_udp_asked, given */
#define CWMP_UDP_FIELD_MAX 256

/* What is asked; its texts lie behind it. */
struct cwmp_udp_asked {
	struct cwmp_udp_request request;
	char texts[];
};

struct cwmp_udp_copies; /* a request of which not all copies have been sent */

struct cwmp_udp {
	struct cwmp_udp_options options;
	struct sb_datagram *socket;
	struct cwmp_limiter *limiter;
	struct sb_rate answers;
	bool has_source;
	union sb_socket_address source;
	struct cwmp_udp_copies *copies;
	size_t copy_count;
	struct sb_counter *bindings, *passed_over, *outcomes[CWMP_REQUEST_OUTCOMES];
};

/* Its args are struct cwmp_udp_options without zeros. */
extern const struct sb_module cwmp_udp_module;

/* Answers a binding request: what the socket calls. */
void cwmp_udp_received(struct sb_session *s, struct sb_datagram *socket,
	const union sb_socket_address *from, struct sb_bytes in);

#endif
