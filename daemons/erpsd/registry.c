/* A peer's side of the registry. Names stand in the core's, so that they go with their session. */
#include "daemons/erpsd/registry.h"

#include "core/error.h"
#include "core/message.h"
#include "core/network.h"
#include "core/node.h"
#include "core/registry.h"
#include "core/supervisor.h"
#include "daemons/erpsd/registry_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In front of peers' names: the core's registry has others, too. */
#define PREFIX      "erpsd:"
#define PREFIX_SIZE (sizeof(PREFIX) - 1)
#define TEXT_MAX    (PREFIX_SIZE + ERPSD_NAME_MAX + 1)

static int
peer_begin(struct sb_session *s, const void *args)
{
	struct erpsd_registry_peer *peer = erps_state(s);
	struct erpsd_registry_shard *shard;

	peer->registry = (struct erpsd_registry *)(uintptr_t)args;
	peer->session = s;
	peer->since_ms = sb_wall_ms(s);
	shard = &peer->registry->shards[sb_session_shard(s)];
	peer->next = shard->peers;
	peer->link = &shard->peers;
	if (peer->next)
		peer->next->link = &peer->next;
	shard->peers = peer;
	return 0;
}

static void
peer_end(struct sb_session *s, enum sb_end why)
{
	struct erpsd_registry_peer *peer = erps_state(s);
	struct erpsd_name *name;

	(void)why;
	*peer->link = peer->next;
	if (peer->next)
		peer->next->link = peer->link;
	while ((name = peer->names)) {
		peer->names = name->next;
		sb_release(s, name);
	}
}

/* ---- names ---- */

/* The name of a term as the core's registry has it. */
static bool
name_text(struct erps_term term, char text[TEXT_MAX])
{
	char atom[1021];
	struct sb_bytes octets;

	if (!erps_get_binary(term, &octets)) {
		if (!erps_copy_atom(term, atom))
			return false;
		octets = sb_bytes_text(atom);
	}
	if (octets.size == 0 || octets.size > ERPSD_NAME_MAX || memchr(octets.data, 0, octets.size))
		return false;
	memcpy(text, PREFIX, PREFIX_SIZE);
	memcpy(text + PREFIX_SIZE, octets.data, octets.size);
	text[PREFIX_SIZE + octets.size] = '\0';
	return true;
}

static size_t
name_count(const struct erpsd_registry_peer *peer)
{
	size_t count = 0;

	for (const struct erpsd_name *name = peer->names; name; name = name->next)
		count++;
	return count;
}

/* NULL, or why not. */
static const char *
name_take(struct sb_session *s, struct erpsd_registry_peer *peer, const char *text)
{
	size_t size = strlen(text) + 1;
	struct erpsd_name *name;
	int err;

	if (name_count(peer) == ERPSD_NAMES_MAX)
		return "too_many";
	name = sb_allocate(s, sizeof(*name) + size);
	if (!name)
		return "no_memory";
	err = sb_register(s, text);
	if (err) {
		sb_release(s, name);
		return err == SB_EEXIST ? "taken" : "no_memory";
	}
	memcpy(name->text, text, size);
	name->next = peer->names;
	peer->names = name;
	return NULL;
}

static const char *
name_give(struct sb_session *s, struct erpsd_registry_peer *peer, const char *text)
{
	struct erpsd_name **link = &peer->names, *name;

	while (*link && strcmp((*link)->text, text) != 0)
		link = &(*link)->next;
	if (!*link)
		return "not_found";
	name = *link;
	*link = name->next;
	sb_release(s, name);
	(void)sb_unregister(s, text);
	return NULL;
}

static const char *
push(struct sb_session *s, const char *text, struct erps_term term)
{
	struct sb_address to;

	if (sb_lookup(s, text, &to))
		return "not_found";
	switch (erps_push_to(s, to, term)) {
	case 0:
		return NULL;
	case SB_GONE:
		return "not_found";
	case SB_FULL:
		return "busy";
	default:
		return "no_memory";
	}
}

/* ---- what concerns all shards ---- */

static const char *
send_first(struct sb_session *s, uint32_t type, void *data, size_t size)
{
	struct sb_address clerk;

	if (erpsd_clerk_find(s, 0, &clerk) == 0 &&
		sb_post(s, clerk, type, 0, SB_GIVE(data, size, sb_payload_free)) == 0)
		return NULL;
	sb_payload_free(data);
	return "busy";
}

static const char *
broadcast(struct sb_session *s, struct erps_term term)
{
	struct erpsd_broadcast *b = sb_payload_new(s, sizeof(*b) + term.size);

	if (!b)
		return "no_memory";
	b->sender = sb_self(s);
	b->size = (uint32_t)term.size;
	memcpy(b->term, term.data, term.size);
	return send_first(s, ERPSD_REGISTRY_BROADCAST, b, sizeof(*b) + term.size);
}

static const char *
ask_who(struct sb_session *s, struct erps_from from, uint64_t limit)
{
	struct erpsd_who *who = sb_payload_new(s, sizeof(*who));

	if (!who)
		return "no_memory";
	*who = (struct erpsd_who){
		.from = from, .limit = (uint32_t)(limit < ERPSD_WHO_MOST ? limit : ERPSD_WHO_MOST)};
	return send_first(s, ERPSD_REGISTRY_WHO, who, sizeof(*who));
}

static void
put_pair(struct erps_builder *b, const char *key, const char *text)
{
	erps_put_atom(b, key);
	if (text)
		erps_put_text(b, text);
	else
		erps_put_atom(b, "nil");
}

static void
put_names(struct erps_builder *b, const struct erpsd_registry_peer *peer)
{
	erps_put_atom(b, "names");
	if (peer->names)
		erps_put_list(b, name_count(peer));
	for (const struct erpsd_name *name = peer->names; name; name = name->next)
		erps_put_text(b, name->text + PREFIX_SIZE);
	erps_put_nil(b);
}

void
erpsd_peer_put(struct erps_builder *b, const struct erpsd_registry_peer *peer)
{
	const struct sb_peer *at = sb_session_peer(peer->session);
	const struct sb_tls_identity *tls = at ? at->tls : NULL;
	char text[SB_SOCKADDR_TEXT_MAX] = "";

	if (at)
		sb_sockaddr_format(&at->address.any, text, sizeof(text));
	erps_put_map(b, 5);
	put_pair(b, "address", text);
	put_pair(b, "listener", at ? at->listener : NULL);
	put_names(b, peer);
	erps_put_atom(b, "since");
	erps_put_integer(b, peer->since_ms);
	put_pair(b, "subject", tls && tls->verified ? tls->subject : NULL);
}

static void
whoami(struct sb_session *s, struct erps_from from)
{
	struct erps_builder b;

	erps_builder_init_env(&b, sb_node_env(sb_session_node(s)), ERPSD_WHO_OCTETS);
	erpsd_peer_put(&b, erps_state(s));
	if (!b.error)
		(void)erps_reply(s, from, erps_built(&b));
	else
		(void)erps_reject(s, from, "no_memory");
	erps_builder_fini(&b);
}

/* ---- requests ---- */

/* What a request has changed or sent: NULL when it was done, else why not; "badarg" for one that
 * is none of these. */
static const char *
carry_out(struct sb_session *s, struct erps_term request)
{
	struct erpsd_registry_peer *peer = erps_state(s);
	struct erps_term name, term;
	char text[TEXT_MAX];

	if (erps_match(request, "{:broadcast, term}", &term))
		return broadcast(s, term);
	if (erps_match(request, "{:push, name, term}", &name, &term))
		return name_text(name, text) ? push(s, text, term) : "badarg";
	if (erps_match(request, "{:register, name}", &name))
		return name_text(name, text) ? name_take(s, peer, text) : "badarg";
	if (erps_match(request, "{:unregister, name}", &name))
		return name_text(name, text) ? name_give(s, peer, text) : "badarg";
	return "badarg";
}

static void
peer_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	uint64_t limit = ERPSD_WHO_DEFAULT;
	const char *reason;

	if (erps_is_atom(request, "whoami")) {
		whoami(s, from);
		return;
	}
	if (erps_is_atom(request, "who") || erps_match(request, "{:who, limit::uint}", &limit)) {
		reason = ask_who(s, from, limit);
		if (!reason)
			return;
	} else {
		reason = carry_out(s, request);
	}
	if (!reason)
		(void)erps_reply_with(s, from, ":ok");
	else if (strcmp(reason, "badarg") == 0)
		(void)erps_reject(s, from, reason);
	else
		(void)erps_reply_with(s, from, "{:error, reason::atom}", reason);
}

static void
peer_cast(struct sb_session *s, struct erps_term request)
{
	(void)carry_out(s, request);
}

/* ---- the service ---- */

static int
start_clerk(struct sb_node *node, unsigned shard, const void *args)
{
	char id[32];

	snprintf(id, sizeof(id), "registry-%u", shard);
	return sb_node_start_child(node, &(struct sb_child_spec){
						 .id = id,
						 .module = &erpsd_clerk_module,
						 .args = args,
						 .restart = SB_PERMANENT,
						 .shard = (int)shard,
					 });
}

static int
registry_start(struct sb_node *node, const void *args)
{
	struct erpsd_registry *registry = (struct erpsd_registry *)(uintptr_t)args;
	unsigned count = sb_node_shards(node);
	size_t size = count * sizeof(*registry->shards);
	int err = 0;

	registry->shards = aligned_alloc(_Alignof(struct erpsd_registry_shard), size);
	if (!registry->shards)
		return SB_ENOMEM;
	memset(registry->shards, 0, size);
	registry->shard_count = count;
	for (unsigned i = 0; i < count && !err; i++)
		err = start_clerk(node, i, args);
	return err;
}

static void
registry_unload(const void *args)
{
	struct erpsd_registry *registry = (struct erpsd_registry *)(uintptr_t)args;

	free(registry->shards);
	registry->shards = NULL;
}

static const struct erps_service service = {
	.name = "registry",
	.state_size = sizeof(struct erpsd_registry_peer),
	.init = peer_begin,
	.handle_call = peer_call,
	.handle_cast = peer_cast,
	.terminate = peer_end,
};

static const char *const methods[] = {
	"register", "unregister", "push", "broadcast", "who", "whoami", NULL};

const struct erps_plugin erpsd_registry_plugin = {
	.abi = ERPS_PLUGIN_ABI,
	.name = "registry",
	.service = &service,
	.methods = methods,
	.start = registry_start,
	.unload = registry_unload,
};
