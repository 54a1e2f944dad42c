/*
 * Names to addresses, one table a node. A unique name has one holder; a topic has
 * many. A name goes when its session begins to close, before `closed`. Names are
 * NUL-terminated, 1 to 255 octets; names and topics are separate spaces.
 */
#ifndef SB_CORE_REGISTRY_H
#define SB_CORE_REGISTRY_H

#include "address.h"
#include "message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_node;
struct sb_session;

/* Takes a unique name: 0, or SB_EEXIST at once; SB_EINVAL, SB_ENOMEM; SB_GONE after sb_close, here
 * as in all that takes a place in the registry. */
int sb_register(struct sb_session *s, const char *name);
/* Gives it back: 0 or SB_ENOENT (not ours). */
int sb_unregister(struct sb_session *s, const char *name);

/* The holder: 0 or SB_ENOENT. Without a lock. Keep the address on hot paths and look up again on
 * SB_GONE. From a session's callbacks. */
int sb_lookup(struct sb_session *s, const char *name, struct sb_address *holder);

/* The same from outside any session; any thread. */
int sb_node_lookup(struct sb_node *node, const char *name, struct sb_address *holder);

/* Joins and leaves a topic. 0; SB_EEXIST (joined already), SB_ENOENT, SB_EINVAL, SB_ENOMEM. */
int sb_join(struct sb_session *s, const char *topic);
int sb_leave(struct sb_session *s, const char *topic);

/*
 * Sends to every member but `s` itself (one message a shard that has members, fanned out there).
 * The payload is copied. It keeps its place among what `s` posts to a member. A shard that has more
 * than 16 MiB of publications waiting takes no further one: its members miss it, and that is
 * counted. 0, or SB_ENOENT when the topic has no members, SB_ENOMEM.
 */
int sb_publish(struct sb_session *s, const char *topic, uint32_t type, uint64_t ref,
	const void *data, size_t size);

/* Members of a topic, over all shards. */
size_t sb_topic_size(struct sb_session *s, const char *topic);

enum sb_name_kind { SB_NAME_UNIQUE, SB_NAME_TOPIC };

/* The payload of SB_MSG_NAME; the message's ref is the watcher's. */
struct sb_name_event {
	struct sb_address holder;
	enum sb_name_kind kind;
	bool is_held; /* true: `holder` took or joined it; false: it gave it back or ended */
};

/* Tells `s` of the present holders and of every change, until it ends or unwatches. 0, SB_EEXIST,
 * SB_EINVAL, SB_ENOMEM. */
int sb_registry_watch(struct sb_session *s, enum sb_name_kind kind, const char *name, uint64_t ref);
int sb_registry_unwatch(struct sb_session *s, enum sb_name_kind kind, const char *name);

#endif
