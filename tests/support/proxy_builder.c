#include "tests/support/proxy_builder.h"

#include <arpa/inet.h>
#include <stdio.h>

static size_t
build_v1(const struct sb_proxy_header *header, char *buf, size_t capacity)
{
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
	const union sb_socket_address *a = &header->source, *b = &header->destination;
	bool is_v4 = a->any.sa_family == AF_INET;
	int size;

	if (!header->has_addresses) {
		size = snprintf(buf, capacity, "PROXY UNKNOWN\r\n");
	} else {
		inet_ntop(a->any.sa_family,
			is_v4 ? (const void *)&a->v4.sin_addr : &a->v6.sin6_addr, from,
			sizeof(from));
		inet_ntop(b->any.sa_family,
			is_v4 ? (const void *)&b->v4.sin_addr : &b->v6.sin6_addr, to, sizeof(to));
		size = snprintf(buf, capacity, "PROXY %s %s %s %u %u\r\n", is_v4 ? "TCP4" : "TCP6",
			from, to, ntohs(is_v4 ? a->v4.sin_port : a->v6.sin6_port),
			ntohs(is_v4 ? b->v4.sin_port : b->v6.sin6_port));
	}
	return (size_t)size < capacity ? (size_t)size : 0;
}

size_t
proxy_build_v2(uint8_t version_command, uint8_t family_protocol, struct sb_bytes content, void *buf,
	size_t capacity)
{
	struct sb_writer w = sb_writer_of(buf, capacity);

	sb_put_bytes(&w, "\r\n\r\n\0\r\nQUIT\n", 12);
	sb_put_u8(&w, version_command);
	sb_put_u8(&w, family_protocol);
	sb_put_u16(&w, (uint16_t)content.size);
	sb_put_bytes(&w, content.data, content.size);
	return sb_writer_failed(&w) ? 0 : sb_writer_size(&w);
}

static size_t
build_v2(const struct sb_proxy_header *header, void *buf, size_t capacity)
{
	const union sb_socket_address *a = &header->source, *b = &header->destination;
	bool is_v4 = a->any.sa_family == AF_INET;
	uint8_t addresses[36];
	struct sb_writer w = sb_writer_of(addresses, sizeof(addresses));

	if (!header->has_addresses)
		return proxy_build_v2(0x20, 0, (struct sb_bytes){0}, buf, capacity);
	if (is_v4) {
		sb_put_bytes(&w, &a->v4.sin_addr, 4);
		sb_put_bytes(&w, &b->v4.sin_addr, 4);
	} else {
		sb_put_bytes(&w, &a->v6.sin6_addr, 16);
		sb_put_bytes(&w, &b->v6.sin6_addr, 16);
	}
	sb_put_bytes(&w, is_v4 ? &a->v4.sin_port : &a->v6.sin6_port, 2);
	sb_put_bytes(&w, is_v4 ? &b->v4.sin_port : &b->v6.sin6_port, 2);
	return proxy_build_v2(
		0x21, is_v4 ? 0x11 : 0x21, sb_bytes(addresses, sb_writer_size(&w)), buf, capacity);
}

size_t
proxy_build(enum sb_proxy_mode version, const struct sb_proxy_header *header, void *buf,
	size_t capacity)
{
	if (version == SB_PROXY_V1)
		return build_v1(header, buf, capacity);
	return build_v2(header, buf, capacity);
}
