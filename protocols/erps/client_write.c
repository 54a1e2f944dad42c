/*
 * Packets into the output: payloads are put together, compressed and signed where that
 * is configured, and encoded into room of the connection's output. Nothing here asks
 * whether a packet may be sent now: client_send.c has.
 */
#include "protocols/erps/client_internal.h"
#include "protocols/erps/deflate_internal.h"
#include "protocols/erps/extension_internal.h"
#include "protocols/erps/tag.h"

#include <string.h>

/* Payloads up to this are made on the stack. */
#define SMALL 1024

/* What a peer is told of a call besides, and other small payloads of ours. */
#define OPTIONS_ROOM 128

/* Smaller ones gain nothing by zlib. */
#define COMPRESSED_MIN 64

struct payload {
	uint8_t *octets;
	size_t size;
	uint8_t small[SMALL];
};

static int
payload_init(const struct sb_session *s, struct payload *payload, size_t size)
{
	payload->octets = size <= SMALL ? payload->small : sb_allocate(s, size);
	payload->size = size;
	return payload->octets ? 0 : SB_ENOMEM;
}

static void
payload_fini(const struct sb_session *s, struct payload *payload)
{
	if (payload->octets != payload->small)
		sb_release(s, payload->octets);
}

/* ---- packets ---- */

/* Without room the core ends the session, which ends its calls. */
static int
write_packet(
	struct sb_session *s, struct erps_client_session *p, uint8_t type, struct sb_bytes payload)
{
	const struct erps_client_options *o = erps_client_opts(p);
	const struct erps_packet packet = {
		.type = type,
		.version = o->version,
		.identifier = sb_bytes_text(o->identifier),
		.payload = payload,
	};
	size_t size =
		type == ERPS_KEEPALIVE ? ERPS_KEEPALIVE_SIZE : ERPS_HEADER_SIZE + payload.size;
	uint8_t *room = sb_write_room(s, size);
	struct sb_writer w = sb_writer_of(room, size);
	int err;

	if (!room)
		return SB_GONE;
	err = erps_packet_encode(&w, &packet);
	if (!err && o->secret && type != ERPS_KEEPALIVE)
		err = erps_signer_sign(&p->signer, room, size);
	if (err)
		return err;
	sb_write_commit(s, size);
	erps_turn_left(&p->turn, sb_now(s), type);
	return 0;
}

/* Compressed if that was asked for and makes it smaller. */
static int
write_payload(struct sb_session *s, struct erps_client_session *p, uint8_t type,
	const struct payload *payload)
{
	const struct sb_bytes plain = sb_bytes(payload->octets, payload->size);
	unsigned level = erps_client_opts(p)->compressed;
	struct payload smaller;
	int err;

	if (!level || plain.size < COMPRESSED_MIN ||
		payload_init(s, &smaller, erps_deflate_room(plain.size)))
		return write_packet(s, p, type, plain);
	smaller.size = erps_deflate(p->client->env, plain, level, smaller.octets, smaller.size);
	err = write_packet(
		s, p, type, smaller.size ? sb_bytes(smaller.octets, smaller.size) : plain);
	payload_fini(s, &smaller);
	return err;
}

int
erps_client_write_keepalive(struct sb_session *s, struct erps_client_session *p)
{
	return write_packet(s, p, ERPS_KEEPALIVE, sb_bytes(NULL, 0));
}

int
erps_client_write_cast(
	struct sb_session *s, struct erps_client_session *p, struct erps_term request)
{
	struct payload payload;
	int err = payload_init(s, &payload, 1 + request.size);

	if (err)
		return err;
	payload.octets[0] = ERPS_TERM_VERSION;
	memcpy(payload.octets + 1, request.data, request.size);
	err = write_payload(s, p, ERPS_CAST, &payload);
	payload_fini(s, &payload);
	return err;
}

/* ---- calls ---- */

/* What is left of a deadline that the caller named: at least a millisecond. */
static uint64_t
left_ms(const struct sb_session *s, const struct erps_call *call)
{
	uint64_t now = sb_now(s);

	return call->due > now + ERPS_NS_PER_MS ? (call->due - now) / ERPS_NS_PER_MS : 1;
}

/* Of a call: only to a server of ours, and only what was asked for. An empty term: nothing. */
static struct erps_term
build_options(const struct sb_session *s, const struct erps_client_session *p,
	const struct erps_call *call, uint8_t room[OPTIONS_ROOM])
{
	const struct erps_call_payload asked = {
		.deadline_ms = (uint32_t)left_ms(s, call),
		.has_deadline = call->deadline_ms && call->deadline_ms != SB_UNLIMITED,
		.credit = call->credit,
	};
	struct erps_builder b;

	if (!erps_client_uses_extensions(p) || !(asked.has_deadline || asked.credit))
		return (struct erps_term){NULL, 0};
	erps_builder_init(&b, room, OPTIONS_ROOM);
	erps_put_call_options(&b, &asked);
	return erps_built(&b);
}

static void
put_call(const struct payload *payload, uint32_t ref, struct erps_term request,
	struct erps_term options)
{
	struct sb_writer w = sb_writer_of(payload->octets, payload->size);

	sb_put_u8(&w, ERPS_TERM_VERSION);
	sb_put_u8(&w, ERPS_TAG_SMALL_TUPLE);
	sb_put_u8(&w, options.size ? 3 : 2);
	sb_put_u8(&w, ERPS_TAG_INTEGER);
	sb_put_u32(&w, ref);
	sb_put_bytes(&w, request.data, request.size);
	sb_put_bytes(&w, options.data, options.size);
}

int
erps_client_write_call(struct sb_session *s, struct erps_client_session *p,
	const struct erps_call *call, uint32_t ref, struct erps_term request)
{
	uint8_t room[OPTIONS_ROOM];
	struct erps_term options = build_options(s, p, call, room);
	struct payload payload;
	int err = payload_init(s, &payload, ERPS_CALL_PREFIX + request.size + options.size);

	if (err)
		return err;
	put_call(&payload, ref, request, options);
	err = write_payload(s, p, options.size ? ERPS_CALL_WITH : ERPS_CALL, &payload);
	payload_fini(s, &payload);
	return err;
}

/* ---- extensions ---- */

/* Lost for want of room, the session has ended anyway. */
void
erps_client_write_cancel(struct sb_session *s, struct erps_client_session *p, uint32_t ref)
{
	uint8_t room[OPTIONS_ROOM];
	struct erps_builder b;

	erps_builder_init(&b, room, sizeof(room));
	erps_put_version(&b);
	erps_put_unsigned(&b, ref);
	(void)write_packet(s, p, ERPS_CANCEL, erps_built_payload(&b));
}

int
erps_client_write_credit(
	struct sb_session *s, struct erps_client_session *p, uint32_t ref, uint32_t parts)
{
	uint8_t room[OPTIONS_ROOM];
	struct erps_builder b;

	erps_builder_init(&b, room, sizeof(room));
	erps_put_version(&b);
	erps_put_pattern(&b, "{ref::uint, parts::uint}", (uint64_t)ref, (uint64_t)parts);
	return write_packet(s, p, ERPS_CREDIT, erps_built_payload(&b));
}
