/*
 * Access rules: which peer may use which method. Rules are compiled once; which of them
 * fit a peer is settled when it connects, so that a request is only compared with the
 * methods of those.
 */
#ifndef SB_ERPS_ACCESS_H
#define SB_ERPS_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "term.h"

struct sb_env;
struct sb_peer;
struct erps_access;

/* Who may use what. The first rule whose method and peer match decides; none: allowed when there
 * are no rules at all, otherwise refused (error "access denied", logged). */
struct erps_access_rule {
	const char *method; /* the atom that a request is, or begins with; NULL or "*": any */
	/* Of a certificate that was verified: its whole subject (RFC 2253), "CN=name", or a SAN as
	 * "DNS:name", "IP:address", "email:...", "URI:...". NULL or "*": any, also without one. */
	const char *subject;
	const char *network; /* of the address: "10.0.0.0/8"; NULL or "*": any */
	bool is_allowed;
};

/* 0, with a copy of the rules; SB_EINVAL: a network that is none, in rules[*wrong]; SB_ENOMEM. */
int erps_access_new(struct erps_access **access, const struct sb_env *env,
	const struct erps_access_rule *rules, size_t count, size_t *wrong);
void erps_access_free(struct erps_access *access, const struct sb_env *env); /* NULL is fine */

size_t erps_access_count(const struct erps_access *access);

/* Which rules fit this peer, one octet for each: 1 or 0. */
void erps_access_fit(const struct erps_access *access, const struct sb_peer *peer, uint8_t *fits);

/* What a request asks for: the atom that it is, or begins with; otherwise none. */
struct erps_term erps_access_method(struct erps_term request);

/* Whether a peer whom these fit may ask this. */
bool
erps_access_allows(const struct erps_access *access, const uint8_t *fits, struct erps_term request);

#endif
