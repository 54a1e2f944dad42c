/*
 * Addresses and networks, to and from text. One address has one text and one text
 * one address: no leading zeros, no missing octets, no names, because lists of
 * networks decide who is trusted. IPv4 addresses that arrive mapped into IPv6 are
 * compared as what they are.
 */
#include "core/network.h"

#include "core/error.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* Digits only, without sign, space or needless zeros: "007" is no port that anybody means. */
static int
parse_number(const char *text, unsigned max, unsigned *out)
{
	unsigned value = 0;

	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return SB_EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return SB_EINVAL;
		value = value * 10 + (unsigned)(*text - '0');
		if (value > max)
			return SB_EINVAL;
	}
	*out = value;
	return 0;
}

static int
parse_v4(const char *text, uint16_t port, union sb_socket_address *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (inet_pton(AF_INET, text, &v4.sin_addr) != 1)
		return SB_EINVAL;
	memset(out, 0, sizeof(*out));
	out->v4 = v4;
	return 0;
}

static int
parse_scope(const char *text, uint32_t *scope)
{
	unsigned number;

	/* By name first: an interface may be called "7". */
	*scope = if_nametoindex(text);
	if (*scope)
		return 0;
	if (parse_number(text, UINT16_MAX, &number) || number == 0)
		return SB_EINVAL;
	*scope = number;
	return 0;
}

/* The zone is cut off first: inet_pton knows none. */
static int
parse_v6(const char *text, uint16_t port, union sb_socket_address *out)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	char host[INET6_ADDRSTRLEN];
	size_t length = strcspn(text, "%");

	if (length >= sizeof(host))
		return SB_EINVAL;
	memcpy(host, text, length);
	host[length] = '\0';
	if (inet_pton(AF_INET6, host, &v6.sin6_addr) != 1)
		return SB_EINVAL;
	if (text[length] == '%' && parse_scope(text + length + 1, &v6.sin6_scope_id))
		return SB_EINVAL;
	memset(out, 0, sizeof(*out));
	out->v6 = v6;
	return 0;
}

/* `text[0..length)` as a string of its own; SB_EINVAL when it is longer than any address. */
static int
cut(const char *text, size_t length, char copy[SB_SOCKADDR_TEXT_MAX])
{
	if (length >= SB_SOCKADDR_TEXT_MAX)
		return SB_EINVAL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return 0;
}

int
sb_sockaddr_parse_host(const char *text, uint16_t port, union sb_socket_address *out)
{
	char host[SB_SOCKADDR_TEXT_MAX];
	size_t length = strlen(text);

	if (text[0] != '[')
		return strchr(text, ':') ? parse_v6(text, port, out) : parse_v4(text, port, out);
	if (text[length - 1] != ']' || cut(text + 1, length - 2, host))
		return SB_EINVAL;
	return parse_v6(host, port, out);
}

/* The last colon: an IPv6 address in brackets has others. */
int
sb_sockaddr_parse(const char *text, union sb_socket_address *out)
{
	const char *colon = strrchr(text, ':');
	char host[SB_SOCKADDR_TEXT_MAX];
	unsigned port;

	if (!colon || parse_number(colon + 1, UINT16_MAX, &port) ||
		cut(text, (size_t)(colon - text), host))
		return SB_EINVAL;
	/* Without brackets nobody can tell the last group of an IPv6 address from a port. */
	if (host[0] != '[' && strchr(host, ':'))
		return SB_EINVAL;
	return sb_sockaddr_parse_host(host, (uint16_t)port, out);
}

/* What snprintf would have written, cut to what it has. */
static size_t
clip(int wanted, size_t capacity)
{
	if (wanted < 0)
		return 0;
	return (size_t)wanted < capacity ? (size_t)wanted : capacity - 1;
}

static size_t
format_v4(const void *octets, uint16_t port, char *buf, size_t capacity)
{
	char host[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, octets, host, sizeof(host));
	return clip(snprintf(buf, capacity, "%s:%u", host, ntohs(port)), capacity);
}

/* A mapped address is shown as the IPv4 address that it is, so that one peer has one text in the
 * logs. */
static size_t
format_v6(const struct sockaddr_in6 *v6, char *buf, size_t capacity)
{
	char host[INET6_ADDRSTRLEN], scope[16] = "";

	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return format_v4(v6->sin6_addr.s6_addr + 12, v6->sin6_port, buf, capacity);
	inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
	if (v6->sin6_scope_id)
		snprintf(scope, sizeof(scope), "%%%u", v6->sin6_scope_id);
	return clip(
		snprintf(buf, capacity, "[%s%s]:%u", host, scope, ntohs(v6->sin6_port)), capacity);
}

static size_t
format_unix(const struct sockaddr_un *local, char *buf, size_t capacity)
{
	bool is_abstract = local->sun_path[0] == '\0' && local->sun_path[1] != '\0';
	const char *path = local->sun_path + is_abstract;
	size_t room = sizeof(local->sun_path) - is_abstract;
	int length = (int)strnlen(path, room);

	return clip(snprintf(buf, capacity, "unix:%s%.*s", is_abstract ? "@" : "", length, path),
		capacity);
}

size_t
sb_sockaddr_format(const struct sockaddr *address, char *buf, size_t capacity)
{
	const struct sockaddr_in *v4 = (const void *)address;

	switch (address->sa_family) {
	case AF_INET:
		return format_v4(&v4->sin_addr, v4->sin_port, buf, capacity);
	case AF_INET6:
		return format_v6((const void *)address, buf, capacity);
	case AF_UNIX:
		return format_unix((const void *)address, buf, capacity);
	default:
		return clip(snprintf(buf, capacity, "?"), capacity);
	}
}

socklen_t
sb_sockaddr_length(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return sizeof(struct sockaddr_in);
	return address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : 0;
}

uint16_t
sb_sockaddr_port(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
	if (address->sa_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
	return 0;
}

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* IPv4 in its mapped form: one kind of key for tables of addresses. */
void
sb_sockaddr_host(const struct sockaddr *address, uint8_t host[16])
{
	memset(host, 0, 16);
	if (address->sa_family == AF_INET) {
		memcpy(host, mapped_prefix, sizeof(mapped_prefix));
		memcpy(host + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr,
			4);
	} else if (address->sa_family == AF_INET6) {
		memcpy(host, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
	}
}

bool
sb_sockaddr_equal(const struct sockaddr *a, const struct sockaddr *b)
{
	uint8_t x[16], y[16];

	sb_sockaddr_host(a, x);
	sb_sockaddr_host(b, y);
	return memcmp(x, y, sizeof(x)) == 0 && sb_sockaddr_port(a) == sb_sockaddr_port(b);
}

/* Whether the first `bits` bits of two addresses are the same. */
static bool
same_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff00u >> rest);

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ b[whole]) & mask) == 0;
}

/* An IPv6 text that means IPv4 addresses becomes the IPv4 network that it means. */
static void
unmap(struct sb_network *n)
{
	if (!n->is_v6 || n->bits < 96 || memcmp(n->octets, mapped_prefix, 12) != 0)
		return;
	memmove(n->octets, n->octets + 12, 4);
	memset(n->octets + 4, 0, 12);
	n->bits = (uint8_t)(n->bits - 96);
	n->is_v6 = false;
}

/* Bits behind the prefix must be zero. */
static bool
has_host_bits(const struct sb_network *n)
{
	uint8_t masked[16] = {0};
	unsigned whole = n->bits / 8;

	memcpy(masked, n->octets, whole);
	if (n->bits % 8)
		masked[whole] = n->octets[whole] & (uint8_t)(0xff00u >> n->bits % 8);
	return memcmp(masked, n->octets, sizeof(masked)) != 0;
}

int
sb_network_parse(const char *text, struct sb_network *out)
{
	size_t length = strcspn(text, "/");
	char host[SB_SOCKADDR_TEXT_MAX];
	struct sb_network n = {0};
	unsigned bits;

	if (cut(text, length, host))
		return SB_EINVAL;
	n.is_v6 = strchr(host, ':') != NULL;
	if (inet_pton(n.is_v6 ? AF_INET6 : AF_INET, host, n.octets) != 1)
		return SB_EINVAL;
	bits = n.is_v6 ? 128 : 32;
	if (text[length] == '/' && parse_number(text + length + 1, bits, &bits))
		return SB_EINVAL;
	n.bits = (uint8_t)bits;
	unmap(&n);
	/* 10.1.2.3/8 is more likely a mistake in the mask than a way to write 10.0.0.0/8. */
	if (has_host_bits(&n))
		return SB_EINVAL;
	*out = n;
	return 0;
}

size_t
sb_network_format(const struct sb_network *network, char *buf, size_t capacity)
{
	char host[INET6_ADDRSTRLEN];

	inet_ntop(network->is_v6 ? AF_INET6 : AF_INET, network->octets, host, sizeof(host));
	return clip(snprintf(buf, capacity, "%s/%u", host, network->bits), capacity);
}

bool
sb_network_contains(const struct sb_network *network, const struct sockaddr *address)
{
	uint8_t host[16];
	bool is_v4;

	if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
		return false;
	sb_sockaddr_host(address, host);
	is_v4 = memcmp(host, mapped_prefix, sizeof(mapped_prefix)) == 0;
	if (is_v4 == network->is_v6)
		return false;
	return same_prefix(network->octets, is_v4 ? host + 12 : host, network->bits);
}

bool
sb_networks_contain(const struct sb_network *networks, size_t count, const struct sockaddr *address)
{
	for (size_t i = 0; i < count; i++)
		if (sb_network_contains(&networks[i], address))
			return true;
	return false;
}
