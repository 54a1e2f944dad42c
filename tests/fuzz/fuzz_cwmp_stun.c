/*
 * Any datagram as STUN and as a connection request: what is read lies inside, what is answered is
 * read as an answer with the same address, and nobody passes for who knows the password.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/network.h"
#include "protocols/cwmp/stun.h"
#include "protocols/cwmp/udp_request.h"

/* Octets of the attributes that an answer has in any case. */
#define ADDRESS 24
#define PROOF   24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static void
answer(const struct cwmp_stun_request *request, const union sb_socket_address *mapped)
{
	uint8_t out[CWMP_STUN_RESPONSE_MAX];
	union sb_socket_address read;
	size_t size = cwmp_stun_encode_response(request, mapped, mapped, "secret", out);

	expect(size > 0, "there is room for an answer");
	expect(size <= CWMP_STUN_HEADER + ADDRESS + PROOF || size <= request->size + PROOF,
		"it is no larger than the question");
	expect(cwmp_stun_decode_response(sb_bytes(out, size), request->transaction, &read) == 0,
		"it is read");
	expect(sb_sockaddr_equal(&mapped->any, &read.any), "its address is the same");
	expect(cwmp_stun_encode_error(request, 431, "Integrity Check Failure", out) > 0,
		"there is room for an error");
}

static void
try_request(struct sb_bytes in)
{
	struct cwmp_stun_request request;
	union sb_socket_address v4, v6;
	int err = cwmp_stun_decode(in, &request);

	expect(err == 0 || err == SB_EPROTO || err == SB_ENOTSUP, "a known error");
	if (err)
		return;
	sb_sockaddr_parse("192.0.2.1:1234", &v4);
	sb_sockaddr_parse("[2001:db8::1]:1234", &v6);
	expect(request.username.size <= in.size, "a name lies inside");
	expect(request.integrity_at == 0 || request.integrity_at + 24 <= in.size,
		"so does a proof");
	expect(!cwmp_stun_is_authentic(in, &request, "7c1668aaeda7260612c9cbd94a4fab9e"),
		"nobody passes");
	answer(&request, &v4);
	answer(&request, &v6);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t transaction[CWMP_STUN_TRANSACTION] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	struct sb_bytes in = sb_bytes(data, size);
	union sb_socket_address mapped;
	int64_t time_s;
	uint32_t id;

	try_request(in);
	(void)cwmp_stun_decode_response(in, transaction, &mapped);
	expect(!cwmp_udp_text_check(in, "cpe", "7c1668aaeda7260612c9cbd94a4fab9e", &time_s, &id),
		"nobody signs");
	return 0;
}
