/*
 * The PROXY protocol, versions 1 and 2: a pure parser, which is given all that
 * has arrived and says how long the header is, 0 for more, or that it is none. It
 * must be as strict as can be, for it decides which address a peer is taken for.
 */
#include "core/proxy.h"
#include "core/error.h"

#include <arpa/inet.h>
#include <string.h>

static const char v1_start[] = "PROXY ";
static const uint8_t v2_start[12] = {
	0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

enum { V2_VERSION = 2, V2_FIXED = 16 };
enum { V2_LOCAL = 0, V2_PROXY = 1 };
enum { V2_UNSPEC = 0, V2_INET = 1, V2_INET6 = 2, V2_UNIX = 3 };
enum { V2_STREAM = 1, V2_DATAGRAM = 2 };

/* Whether `in` begins like `start`, as far as it goes. */
static bool
begins_with(struct sb_bytes in, const void *start, size_t size)
{
	return memcmp(in.data, start, in.size < size ? in.size : size) == 0;
}

/* The text before `end`, which is passed over, as a string; false when it is empty, not ended, or
 * does not fit into the `max` octets of `out`. */
static bool
word(struct sb_reader *r, char end, char *out, size_t max)
{
	const uint8_t *found = memchr(r->at, end, sb_reader_left(r));
	size_t size = found ? (size_t)(found - r->at) : max;

	if (size == 0 || size >= max)
		return false;
	/* inet_pton would stop at a NUL and take what stands before it. */
	if (memchr(r->at, '\0', size))
		return false;
	memcpy(out, r->at, size);
	out[size] = '\0';
	r->at = found + 1;
	return true;
}

/* 0 .. 65535 in decimal, without leading zeros. */
static bool
port(struct sb_reader *r, char end, in_port_t *out)
{
	char digits[6];
	unsigned value = 0;

	if (!word(r, end, digits, sizeof(digits)) || (digits[0] == '0' && digits[1]))
		return false;
	for (const char *c = digits; *c; c++) {
		if (*c < '0' || *c > '9')
			return false;
		value = value * 10 + (unsigned)(*c - '0');
	}
	*out = htons((uint16_t)value);
	return value <= UINT16_MAX;
}

/* No leading zeros in IPv4 fields, which some read as octal: glibc's inet_pton refuses them, but
 * not every library's does. */
static bool
is_strict_v4(const char *text)
{
	for (const char *field = text; field; field = strchr(field, '.')) {
		field += *field == '.';
		if (field[0] == '0' && field[1] >= '0' && field[1] <= '9')
			return false;
	}
	return true;
}

/* A cursor that fails has moved nothing that counts: the whole line is refused then. */
static bool
address(struct sb_reader *r, sa_family_t family, union sb_socket_address *out)
{
	char text[INET6_ADDRSTRLEN];

	*out = (union sb_socket_address){0};
	if (!word(r, ' ', text, sizeof(text)))
		return false;
	out->any.sa_family = family;
	if (family == AF_INET)
		return is_strict_v4(text) && inet_pton(AF_INET, text, &out->v4.sin_addr) == 1;
	return inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1;
}

static in_port_t *
port_of(union sb_socket_address *a)
{
	return a->any.sa_family == AF_INET ? &a->v4.sin_port : &a->v6.sin6_port;
}

/* "ADDRESS ADDRESS PORT PORT\r", and nothing more. */
static int
v1_addresses(struct sb_reader *r, sa_family_t family, struct sb_proxy_header *header)
{
	union sb_socket_address *from = &header->source, *to = &header->destination;

	if (!address(r, family, from) || !address(r, family, to))
		return SB_EPROTO;
	if (!port(r, ' ', port_of(from)) || !port(r, '\r', port_of(to)) || sb_reader_left(r))
		return SB_EPROTO;
	header->has_addresses = true;
	return 0;
}

/* A whole line after "PROXY ", with its CR. */
static int
v1_line(struct sb_bytes line, struct sb_proxy_header *header)
{
	struct sb_reader r = sb_reader_of(line);
	char protocol[sizeof("UNKNOWN")];

	if (sb_bytes_equal(line, sb_bytes_text("UNKNOWN\r")))
		return 0;
	if (!word(&r, ' ', protocol, sizeof(protocol)))
		return SB_EPROTO;
	if (strcmp(protocol, "UNKNOWN") == 0)
		return 0; /* whatever follows is to be ignored */
	if (strcmp(protocol, "TCP4") == 0)
		return v1_addresses(&r, AF_INET, header);
	if (strcmp(protocol, "TCP6") == 0)
		return v1_addresses(&r, AF_INET6, header);
	return SB_EPROTO;
}

static ssize_t
parse_v1(struct sb_bytes in, struct sb_proxy_header *header)
{
	size_t bound = in.size < SB_PROXY_V1_MAX ? in.size : SB_PROXY_V1_MAX;
	const uint8_t *newline = memmem(in.data, bound, "\r\n", 2);
	const uint8_t *line;
	int err;

	/* The longest line there is has 107 octets: beyond that no end can come. */
	if (!newline)
		return bound < SB_PROXY_V1_MAX ? 0 : SB_EPROTO;
	line = in.data + strlen(v1_start); /* which has no CR, so that the CR found is after it */
	err = v1_line(sb_bytes(line, (size_t)(newline + 1 - line)), header);
	return err ? err : newline + 2 - in.data;
}

static void
v2_inet(struct sb_reader *r, struct sb_proxy_header *header)
{
	struct sockaddr_in *from = &header->source.v4, *to = &header->destination.v4;

	from->sin_family = to->sin_family = AF_INET;
	from->sin_addr.s_addr = htonl(sb_get_u32(r));
	to->sin_addr.s_addr = htonl(sb_get_u32(r));
	from->sin_port = htons(sb_get_u16(r));
	to->sin_port = htons(sb_get_u16(r));
}

static void
v2_address6(struct sb_reader *r, struct sockaddr_in6 *out)
{
	struct sb_bytes octets = sb_get_bytes(r, sizeof(out->sin6_addr));

	out->sin6_family = AF_INET6;
	if (octets.size)
		memcpy(&out->sin6_addr, octets.data, octets.size);
}

static void
v2_inet6(struct sb_reader *r, struct sb_proxy_header *header)
{
	v2_address6(r, &header->source.v6);
	v2_address6(r, &header->destination.v6);
	header->source.v6.sin6_port = htons(sb_get_u16(r));
	header->destination.v6.sin6_port = htons(sb_get_u16(r));
}

/* Octets of addresses that a family carries. TLVs may follow them, so a header is at least so
 * long. */
static size_t
v2_address_size(unsigned family)
{
	static const uint8_t sizes[] = {
		[V2_UNSPEC] = 0, [V2_INET] = 12, [V2_INET6] = 36, [V2_UNIX] = 216};

	return sizes[family];
}

/* Only what is in the table of the protocol; `size` octets follow the fixed part. */
static bool
v2_is_valid(unsigned version_command, unsigned family_protocol, size_t size)
{
	unsigned command = version_command & 0xf;
	unsigned family = family_protocol >> 4, protocol = family_protocol & 0xf;

	if (version_command >> 4 != V2_VERSION || command > V2_PROXY)
		return false;
	if (family > V2_UNIX || protocol > V2_DATAGRAM || size > SB_PROXY_V2_MAX - V2_FIXED)
		return false;
	return command == V2_LOCAL || size >= v2_address_size(family);
}

static ssize_t
parse_v2(struct sb_bytes in, struct sb_proxy_header *header)
{
	struct sb_reader r = sb_reader_of(in);
	unsigned version_command, family_protocol;
	size_t size;

	sb_get_bytes(&r, sizeof(v2_start));
	version_command = sb_get_u8(&r);
	family_protocol = sb_get_u8(&r);
	size = sb_get_u16(&r);
	if (sb_reader_failed(&r))
		return 0;
	if (!v2_is_valid(version_command, family_protocol, size))
		return SB_EPROTO;
	if (sb_reader_left(&r) < size)
		return 0;
	/* The balancer's own (a health check), or no stream: the header is passed over, and the
	 * connection is its sender's. */
	if ((version_command & 0xf) == V2_LOCAL || (family_protocol & 0xf) != V2_STREAM)
		return (ssize_t)(V2_FIXED + size);
	if (family_protocol >> 4 == V2_INET)
		v2_inet(&r, header);
	else if (family_protocol >> 4 == V2_INET6)
		v2_inet6(&r, header);
	header->has_addresses = header->source.any.sa_family != AF_UNSPEC;
	return (ssize_t)(V2_FIXED + size);
}

ssize_t
sb_proxy_parse(struct sb_bytes in, enum sb_proxy_mode mode, struct sb_proxy_header *header)
{
	bool takes_v1 = mode == SB_PROXY_V1 || mode == SB_PROXY_ANY;
	bool takes_v2 = mode == SB_PROXY_V2 || mode == SB_PROXY_ANY;

	*header = (struct sb_proxy_header){0};
	if (mode == SB_PROXY_OFF)
		return SB_EPROTO;
	if (in.size == 0)
		return 0;
	if (takes_v1 && begins_with(in, v1_start, strlen(v1_start)))
		return parse_v1(in, header);
	if (takes_v2 && begins_with(in, v2_start, sizeof(v2_start)))
		return parse_v2(in, header);
	return SB_EPROTO;
}
