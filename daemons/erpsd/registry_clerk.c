/*
 * A clerk on each shard knows the peers of that shard. A question that concerns all
 * goes to the first, and from each to the next with what was found so far; the last
 * one answers the caller. So nobody waits, and nothing is kept meanwhile.
 */
#include "core/error.h"
#include "core/message.h"
#include "core/node.h"
#include "core/registry.h"
#include "core/session.h"
#include "daemons/erpsd/registry_internal.h"

#include <stdio.h>

struct state {
	const struct erpsd_registry *registry;
};

static void
name_of(char name[32], unsigned shard)
{
	snprintf(name, 32, "erpsd.registry.%u", shard);
}

int
erpsd_clerk_find(struct sb_session *s, unsigned shard, struct sb_address *clerk)
{
	char name[32];

	name_of(name, shard);
	return sb_lookup(s, name, clerk);
}

static int
clerk_begin(struct sb_session *s, const void *args)
{
	struct state *state = sb_state(s);
	char name[32];

	state->registry = args;
	name_of(name, sb_session_shard(s));
	return sb_register(s, name);
}

static const struct erpsd_registry_peer *
peers_here(const struct sb_session *s)
{
	const struct state *state = sb_state(s);

	return state->registry->shards[sb_session_shard(s)].peers;
}

/* The payload moves on; on an error it is still ours. */
static int
pass_on(struct sb_session *s, uint32_t type, void *data, size_t size)
{
	struct sb_address next;
	int err = erpsd_clerk_find(s, sb_session_shard(s) + 1, &next);

	return err ? err : sb_post(s, next, type, 0, SB_GIVE(data, size, sb_payload_free));
}

static bool
is_last_shard(const struct sb_session *s)
{
	return sb_session_shard(s) + 1 == sb_node_shards(sb_session_node(s));
}

/* ---- who ---- */

/* A subject has at most 2 KiB, names 16 times 200 octets; one that is larger is left out. */
#define PEER_OCTETS 8192

/* What is told of a peer, each behind its size, as far as there is room: appended to *w; or only
 * measured when that is NULL. Both give the same. */
static size_t
peers_put(
	struct sb_session *s, const struct erpsd_who *before, struct sb_writer *w, uint32_t *count)
{
	uint8_t octets[PEER_OCTETS];
	size_t size = before->size;

	*count = before->count;
	for (const struct erpsd_registry_peer *peer = peers_here(s); peer; peer = peer->next) {
		struct erps_builder b;
		struct erps_term told;

		if (*count == before->limit)
			break;
		erps_builder_init(&b, octets, sizeof(octets));
		erpsd_peer_put(&b, peer);
		told = erps_built(&b);
		if (!told.data)
			continue;
		if (size + 4 + told.size > ERPSD_WHO_OCTETS)
			break;
		size += 4 + told.size;
		(*count)++;
		if (!w)
			continue;
		sb_put_u32(w, (uint32_t)told.size);
		sb_put_bytes(w, told.data, told.size);
	}
	return size;
}

/* Those of this shard behind those that were found before. NULL: no memory. */
static struct erpsd_who *
who_extend(struct sb_session *s, const struct erpsd_who *before)
{
	uint32_t count;
	size_t size = peers_put(s, before, NULL, &count);
	struct erpsd_who *who = sb_payload_new(s, sizeof(*who) + size);
	struct sb_writer w;

	if (!who)
		return NULL;
	*who = *before;
	w = sb_writer_of(who->terms, size);
	sb_put_bytes(&w, before->terms, before->size);
	peers_put(s, before, &w, &count);
	who->count = count;
	who->size = (uint32_t)size;
	return who;
}

static int
who_answer(struct sb_session *s, const struct erpsd_who *who)
{
	struct sb_reader r = sb_reader_of(sb_bytes(who->terms, who->size));
	struct erps_builder b;
	int err;

	erps_builder_init_env(&b, sb_node_env(sb_session_node(s)), (size_t)ERPSD_WHO_OCTETS + 1024);
	if (who->count)
		erps_put_list(&b, who->count);
	for (uint32_t i = 0; i < who->count; i++) {
		size_t size = sb_get_u32(&r);
		struct sb_bytes octets = sb_get_bytes(&r, size);

		erps_put_term(&b, (struct erps_term){octets.data, octets.size});
	}
	erps_put_nil(&b);
	err = b.error ? b.error : erps_reply(s, who->from, erps_built(&b));
	erps_builder_fini(&b);
	return err;
}

static void
who(struct sb_session *s, const struct erpsd_who *before)
{
	struct erpsd_who *here = who_extend(s, before);
	int err = SB_ENOMEM;

	if (here && is_last_shard(s))
		err = who_answer(s, here);
	else if (here)
		err = pass_on(s, ERPSD_REGISTRY_WHO, here, sizeof(*here) + here->size);
	if (err)
		(void)erps_reply_with(s, before->from, "{:error, :busy}");
	if (err || is_last_shard(s))
		sb_payload_free(here);
}

/* ---- broadcast ---- */

static void
push(struct sb_session *s, struct sb_address to, struct erps_term term)
{
	int err = erps_push_to(s, to, term);

	if (err && err != SB_GONE)
		SB_LOG_LIMITED(s, WARNING, "erpsd.broadcast_missed", "session", SB_ADDRESS(to),
			"error", SB_ERR(err));
}

static void
broadcast(struct sb_session *s, struct sb_message *m)
{
	const struct erpsd_broadcast *b = m->data;
	struct erps_term term = {b->term, b->size};
	size_t size = m->size;
	void *data;
	int err;

	/* A peer that has no room misses it: everybody else does not wait for one. */
	for (const struct erpsd_registry_peer *peer = peers_here(s); peer; peer = peer->next)
		if (!sb_address_equal(sb_self(peer->session), b->sender))
			push(s, sb_self(peer->session), term);
	if (is_last_shard(s))
		return;
	data = sb_message_take(m);
	err = data ? pass_on(s, ERPSD_REGISTRY_BROADCAST, data, size) : SB_ENOMEM;
	if (!err)
		return;
	SB_LOG_LIMITED(s, WARNING, "erpsd.broadcast_cut", "shard",
		SB_UINT(sb_session_shard(s) + 1u), "error", SB_ERR(err));
	sb_payload_free(data);
}

static void
clerk_message(struct sb_session *s, struct sb_message *m)
{
	if (m->type == ERPSD_REGISTRY_WHO)
		who(s, m->data);
	else if (m->type == ERPSD_REGISTRY_BROADCAST)
		broadcast(s, m);
}

const struct sb_module erpsd_clerk_module = {
	.abi = SB_MODULE_ABI,
	.name = "erpsd.registry",
	.state_size = sizeof(struct state),
	.start = clerk_begin,
	.message = clerk_message,
};
