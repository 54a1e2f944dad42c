/* Answers to binding requests. */
#include "protocols/cwmp/stun.h"
#include "protocols/cwmp/udp_internal.h"

#include <stdio.h>
#include <string.h>

/* A dual-stack socket says ::ffff:192.0.2.1 of a device of IPv4, which would not know it again. */
static union sb_socket_address
plain(const union sb_socket_address *from)
{
	union sb_socket_address v4 = {0};

	if (from->any.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&from->v6.sin6_addr))
		return *from;
	v4.v4.sin_family = AF_INET;
	v4.v4.sin_port = from->v6.sin6_port;
	memcpy(&v4.v4.sin_addr, from->v6.sin6_addr.s6_addr + 12, 4);
	return v4;
}

/* The device asks for the answer at another port of its own; at another host it would be somebody
 * else's. */
static const union sb_socket_address *
answer_address(const struct cwmp_stun_request *request, const union sb_socket_address *from)
{
	uint8_t asker[16], other[16];

	sb_sockaddr_host(&from->any, asker);
	sb_sockaddr_host(&request->response_address.any, other);
	return request->has_response_address && memcmp(asker, other, sizeof(asker)) == 0
		       ? &request->response_address
		       : from;
}

enum claim {
	CLAIM_NONE, /* none is made, or we cannot know */
	CLAIM_RIGHT,
	CLAIM_WRONG,
};

static enum claim
judge(const struct cwmp_udp *udp, struct sb_bytes in, const struct cwmp_stun_request *request,
	const char *username, char password[CWMP_UDP_FIELD_MAX + 1])
{
	if (!request->integrity_at || !udp->options.password ||
		udp->options.password(
			udp->options.context, username, password, CWMP_UDP_FIELD_MAX + 1))
		return CLAIM_NONE;
	return cwmp_stun_is_authentic(in, request, password) ? CLAIM_RIGHT : CLAIM_WRONG;
}

static void
tell(struct sb_session *s, const struct cwmp_stun_request *request,
	const union sb_socket_address *from, const char *username, bool is_authentic)
{
	const struct cwmp_udp *udp = sb_state(s);
	const struct cwmp_binding binding = {.username = username,
		.address = *from,
		.is_change = request->is_change,
		.is_authentic = is_authentic};

	/* An answer to another port is asked from a port where no requests are waited for. */
	if (request->is_for_requests && !request->has_response_address && udp->options.bound)
		udp->options.bound(udp->options.context, s, &binding);
}

static void
answer(struct sb_session *s, struct sb_bytes in, const struct cwmp_stun_request *request,
	const union sb_socket_address *sender)
{
	struct cwmp_udp *udp = sb_state(s);
	union sb_socket_address from = plain(sender);
	char username[CWMP_UDP_FIELD_MAX + 1], password[CWMP_UDP_FIELD_MAX + 1];
	uint8_t out[CWMP_STUN_RESPONSE_MAX];
	enum claim claim;
	size_t size;

	snprintf(username, sizeof(username), "%.*s", (int)request->username.size,
		request->username.size ? (const char *)request->username.data : "");
	claim = judge(udp, in, request, username, password);
	if (claim == CLAIM_WRONG)
		size = cwmp_stun_encode_error(request, 431, "Integrity Check Failure", out);
	else
		size = cwmp_stun_encode_response(request, &from,
			udp->has_source ? &udp->source : NULL,
			claim == CLAIM_RIGHT ? password : NULL, out);
	/* What is lost on the way is asked again. */
	if (size)
		(void)sb_datagram_send(udp->socket, answer_address(request, sender), out, size);
	if (claim != CLAIM_WRONG)
		tell(s, request, &from, username, claim == CLAIM_RIGHT);
}

void
cwmp_udp_received(struct sb_session *s, struct sb_datagram *socket,
	const union sb_socket_address *from, struct sb_bytes in)
{
	struct cwmp_udp *udp = sb_state(s);
	struct cwmp_stun_request request;
	unsigned shard = sb_session_shard(s);

	(void)socket;
	if (cwmp_stun_decode(in, &request) || request.wants_another_source ||
		request.username.size > CWMP_UDP_FIELD_MAX ||
		!sb_rate_take(&udp->answers, sb_now(s), 1)) {
		sb_counter_add(udp->passed_over, shard, 1);
		return;
	}
	sb_counter_add(udp->bindings, shard, 1);
	answer(s, in, &request, from);
}
