/* Writes PROXY protocol headers: what a balancer in front of us sends. Pure. */
#ifndef SB_TESTS_SUPPORT_PROXY_BUILDER_H
#define SB_TESTS_SUPPORT_PROXY_BUILDER_H

#include "core/proxy.h"

#include <stddef.h>

/* The header that tells of `header`'s addresses, both of one family, or that nothing is known of
 * them (UNKNOWN, LOCAL). `version` is SB_PROXY_V1 or SB_PROXY_V2. Gives its octets; 0 when they do
 * not fit. */
size_t proxy_build(enum sb_proxy_mode version, const struct sb_proxy_header *header, void *buf,
	size_t capacity);

/* A v2 header piece by piece, valid or not. */
size_t proxy_build_v2(uint8_t version_command, uint8_t family_protocol, struct sb_bytes content,
	void *buf, size_t capacity);

#endif
