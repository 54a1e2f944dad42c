/* The session that owns the socket of Annex G. */
#include "core/error.h"
#include "core/node.h"
#include "core/registry.h"
#include "protocols/cwmp/udp_internal.h"

#include <stdio.h>
#include <string.h>

#define COPIES     3
#define COPIES_MAX 1024 /* requests that have copies to be sent still */

/* A request of which not all copies have been sent. */
struct cwmp_udp_copies {
	struct sb_timer timer;
	struct cwmp_udp_copies *next, **link;
	union sb_socket_address to;
	unsigned left;
	size_t size;
	char text[CWMP_UDP_TEXT_MAX];
};

/* ---- requests ---- */

static void
copies_free(struct sb_session *s, struct cwmp_udp_copies *copies)
{
	struct cwmp_udp *udp = sb_state(s);

	*copies->link = copies->next;
	if (copies->next)
		copies->next->link = copies->link;
	udp->copy_count--;
	sb_timer_stop(s, &copies->timer);
	sb_release(s, copies);
}

static void
send_next(struct sb_session *s, struct sb_timer *timer)
{
	struct cwmp_udp *udp = sb_state(s);
	struct cwmp_udp_copies *copies =
		(struct cwmp_udp_copies *)((char *)timer - offsetof(struct cwmp_udp_copies, timer));

	(void)sb_datagram_send(udp->socket, &copies->to, copies->text, copies->size);
	if (--copies->left == 0)
		copies_free(s, copies);
	else
		sb_timer_start(s, timer, udp->options.copy_interval_ms, send_next);
}

/* Without memory the first has to do. */
static void
send_again(struct sb_session *s, const union sb_socket_address *to, const char *text, size_t size)
{
	struct cwmp_udp *udp = sb_state(s);
	struct cwmp_udp_copies *copies =
		udp->copy_count < COPIES_MAX ? sb_allocate(s, sizeof(*copies)) : NULL;

	if (!copies)
		return;
	memset(copies, 0, offsetof(struct cwmp_udp_copies, text));
	copies->to = *to;
	copies->left = COPIES - 1;
	copies->size = size;
	memcpy(copies->text, text, size);
	copies->next = udp->copies;
	copies->link = &udp->copies;
	if (udp->copies)
		udp->copies->link = &copies->next;
	udp->copies = copies;
	udp->copy_count++;
	sb_timer_start(s, &copies->timer, udp->options.copy_interval_ms, send_next);
}

static size_t
write_text(struct sb_session *s, const struct cwmp_udp_request *request, char *out, size_t size)
{
	uint8_t random[12];
	char nonce[17];
	struct cwmp_udp_text text = {.host = request->address,
		.time_s = sb_wall_ms(s) / 1000,
		.username = request->username,
		.nonce = nonce};

	sb_random(s, random, sizeof(random));
	for (size_t i = 0; i < 8; i++)
		snprintf(nonce + 2 * i, 3, "%02X", random[i]);
	memcpy(&text.id, random + 8, sizeof(text.id));
	text.id &= INT32_MAX; /* some devices read it with a sign */
	return cwmp_udp_text_encode(&text, request->password, out, size);
}

static bool
is_allowed(const struct cwmp_udp *udp, const struct cwmp_udp_request *request,
	union sb_socket_address *to)
{
	if (sb_sockaddr_parse(request->address, to) &&
		sb_sockaddr_parse_host(request->address, 80, to))
		return false;
	return cwmp_reach_has(&udp->options.reach, &to->any, request->from);
}

static enum cwmp_request_outcome
request_session(struct sb_session *s, const struct cwmp_udp_request *request)
{
	struct cwmp_udp *udp = sb_state(s);
	const struct cwmp_udp_options *options = &udp->options;
	union sb_socket_address to;
	char text[CWMP_UDP_TEXT_MAX];
	size_t size;

	if (!is_allowed(udp, request, &to))
		return CWMP_REQUEST_FORBIDDEN;
	if (options->device_interval_ms != SB_UNLIMITED &&
		!cwmp_limiter_take(udp->limiter, cwmp_device_hash(request->device), sb_now(s),
			options->device_burst, options->device_interval_ms))
		return CWMP_REQUEST_LIMITED;
	size = write_text(s, request, text, sizeof(text));
	if (size == 0)
		return CWMP_REQUEST_UNAVAILABLE;
	if (sb_datagram_send(udp->socket, &to, text, size))
		return CWMP_REQUEST_UNREACHABLE;
	send_again(s, &to, text, size);
	return CWMP_REQUEST_DONE;
}

static void
udp_message(struct sb_session *s, struct sb_message *m)
{
	struct cwmp_udp *udp = sb_state(s);
	struct cwmp_connection_request_result result = {0};
	const struct cwmp_udp_asked *asked = m->data;

	if (m->type != CWMP_UDP_ASK) {
		(void)sb_reply(s, sb_message_from(m), SB_ENOTSUP, SB_NOTHING);
		return;
	}
	result.outcome = request_session(s, &asked->request);
	sb_counter_add(udp->outcomes[result.outcome], sb_session_shard(s), 1);
	SB_LOG_LIMITED(s, INFO, "cwmp.udp_request", "device", SB_STR(asked->request.device),
		"address", SB_STR(asked->request.address), "outcome",
		SB_STR(cwmp_request_outcome_name(result.outcome)));
	(void)sb_reply(s, sb_message_from(m), 0, SB_COPY(&result, sizeof(result)));
}

/* ---- the session ---- */

static void
metrics_init(struct cwmp_udp *udp, struct sb_metrics *table)
{
	udp->bindings = sb_metrics_counter(table, "cwmp_bindings_total",
		"Binding requests of STUN that were answered.", (const char *)NULL);
	udp->passed_over = sb_metrics_counter(table, "cwmp_bindings_passed_over_total",
		"Datagrams that were no such request, or too many.", (const char *)NULL);
	for (unsigned i = 0; i < CWMP_REQUEST_OUTCOMES; i++)
		udp->outcomes[i] = sb_metrics_counter(table, "cwmp_udp_requests_total",
			"Connection requests over UDP, by their outcome.", "outcome",
			cwmp_request_outcome_name(i), (const char *)NULL);
}

static int
open_socket(struct sb_session *s, struct cwmp_udp *udp)
{
	const struct sb_datagram_options options = {
		.address = udp->options.address, .max_size = 1500, .received = cwmp_udp_received};
	union sb_socket_address opened;
	int err = sb_datagram_open(s, &options, &udp->socket);

	if (err) {
		SB_LOG(s, ERROR, "cwmp.udp_failed", "address", SB_STR(udp->options.address),
			"error", SB_ERR(err));
		return err;
	}
	if (sb_sockaddr_parse(udp->options.address, &opened) == 0) {
		/* At the same place in both families. */
		opened.v4.sin_port = htons(sb_datagram_port(udp->socket));
		SB_LOG_TO(sb_node_log(sb_session_node(s)), INFO, "listening", "name",
			SB_STR(CWMP_UDP_NAME), "address", SB_PEER(&opened.any));
	}
	return 0;
}

static int
udp_start(struct sb_session *s, const void *args)
{
	struct cwmp_udp *udp = sb_state(s);
	int err;

	memcpy(&udp->options, args, sizeof(udp->options));
	metrics_init(udp, sb_node_metrics(sb_session_node(s)));
	sb_rate_init(&udp->answers, udp->options.answer_rate, udp->options.answer_rate);
	if (udp->options.public_address)
		udp->has_source = sb_sockaddr_parse(udp->options.public_address, &udp->source) == 0;
	udp->limiter = sb_allocate(s, sizeof(*udp->limiter));
	if (!udp->limiter)
		return SB_ENOMEM;
	memset(udp->limiter, 0, sizeof(*udp->limiter));
	err = sb_register(s, CWMP_UDP_NAME);
	if (!err)
		err = open_socket(s, udp);
	if (err)
		sb_release(s, udp->limiter);
	return err;
}

static void
udp_closed(struct sb_session *s, enum sb_end why)
{
	struct cwmp_udp *udp = sb_state(s);

	(void)why;
	while (udp->copies)
		copies_free(s, udp->copies);
	sb_release(s, udp->limiter);
}

const struct sb_module cwmp_udp_module = {
	.abi = SB_MODULE_ABI,
	.name = CWMP_UDP_NAME,
	.state_size = sizeof(struct cwmp_udp),
	.start = udp_start,
	.message = udp_message,
	.closed = udp_closed,
};
