/*
 * Socket addresses and networks as text, and whether an address lies in a
 * network. IPv4 addresses that come as IPv6 (::ffff:192.0.2.1, what a dual-stack
 * socket says of its IPv4 peers) are IPv4 here, everywhere. Names are never
 * resolved. Pure, any thread.
 */
#ifndef SB_CORE_NETWORK_H
#define SB_CORE_NETWORK_H

#include "peer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Room for any address as text, with its NUL: "unix:" and a path is the longest. */
#define SB_SOCKADDR_TEXT_MAX 128

/* Room for any network as text, with its NUL. */
#define SB_NETWORK_TEXT_MAX 64

/* "192.0.2.1:2775", "[2001:db8::1]:2775" or "[fe80::1%eth0]:2775"; *out is set on success only.
 * SB_EINVAL for anything else; the port is there and in 0..65535. */
int sb_sockaddr_parse(const char *text, union sb_socket_address *out);

/* An IP address without a port, brackets or not: "192.0.2.1", "2001:db8::1". SB_EINVAL. */
int sb_sockaddr_parse_host(const char *text, uint16_t port, union sb_socket_address *out);

/* The text of an address, cut to `capacity` (> 0) and NUL-terminated: as sb_sockaddr_parse takes
 * it; "unix:/path", "unix:@abstract" or "unix:" for local sockets; "?" for others. Returns its
 * length. */
size_t sb_sockaddr_format(const struct sockaddr *address, char *buf, size_t capacity);

/* The length to give to bind() and connect(); 0 for a family that is neither IPv4 nor IPv6. */
socklen_t sb_sockaddr_length(const struct sockaddr *address);

/* Host order; 0 for a family without ports. */
uint16_t sb_sockaddr_port(const struct sockaddr *address);

/* The 16 octets that say whose address it is, without port and scope: IPv4 as ::ffff:a.b.c.d, zeros
 * for other families. The key to count by source. */
void sb_sockaddr_host(const struct sockaddr *address, uint8_t host[16]);

/* Whether two IP addresses are the same host and port; IPv4 and its mapped form are. Scopes are not
 * looked at. */
bool sb_sockaddr_equal(const struct sockaddr *a, const struct sockaddr *b);

/* A network: an address and how many of its first bits count. */
struct sb_network {
	uint8_t octets[16]; /* the first 4 for IPv4 */
	uint8_t bits;       /* 0..32 or 0..128 */
	bool is_v6;
};

/* "10.0.0.0/8", "2001:db8::/32", or an address alone, which is a network of one. SB_EINVAL for
 * anything else, and when bits after the prefix are set (10.0.0.1/8): that is a slip of the pen. */
int sb_network_parse(const char *text, struct sb_network *out);

/* "10.0.0.0/8", NUL-terminated, cut to `capacity` (> 0). Returns its length. */
size_t sb_network_format(const struct sb_network *network, char *buf, size_t capacity);

/* IPv4 lies in IPv4 networks only (so ::/0 is all of IPv6), other families in none. */
bool sb_network_contains(const struct sb_network *network, const struct sockaddr *address);

/* Whether one of `count` networks has it. */
bool sb_networks_contain(
	const struct sb_network *networks, size_t count, const struct sockaddr *address);

#endif
