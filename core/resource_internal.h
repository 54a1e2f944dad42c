/* What ends with its session beside its connection and timers: watches, datagram sockets. */
#ifndef SB_CORE_RESOURCE_INTERNAL_H
#define SB_CORE_RESOURCE_INTERNAL_H

#include "session_internal.h"

/* Embedded in the thing owned. */
struct sb_resource {
	struct sb_resource *next, **link;
	void (*release)(struct sb_session *s, struct sb_resource *resource);
};

static inline void
sb_resource_add(struct sb_session *s, struct sb_resource *resource,
	void (*release)(struct sb_session *s, struct sb_resource *resource))
{
	resource->release = release;
	resource->next = s->resources;
	resource->link = &s->resources;
	if (s->resources)
		s->resources->link = &resource->next;
	s->resources = resource;
}

static inline void
sb_resource_remove(struct sb_resource *resource)
{
	*resource->link = resource->next;
	if (resource->next)
		resource->next->link = resource->link;
}

/* Called when the session begins to close. */
static inline void
sb_resources_release(struct sb_session *s)
{
	while (s->resources) {
		struct sb_resource *resource = s->resources;

		sb_resource_remove(resource);
		resource->release(s, resource);
	}
}

#endif
