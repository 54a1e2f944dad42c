/*
 * Any octets as a stream of packets, cut where the first octet says: the same packets
 * come out as of the whole, what is wanted is never more than there is to be, and each
 * packet encodes to its own octets again. Payloads are tried as terms, too, and the
 * header's signature is checked.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/env.h"
#include "core/error.h"
#include "protocols/erps/decode.h"
#include "protocols/erps/pace.h"
#include "protocols/erps/packet.h"
#include "protocols/erps/sign.h"
#include "tests/support/octets.h"

#define MAX_PAYLOAD 4096

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
encode_and_compare(const struct erps_packet *packet)
{
	uint8_t room[ERPS_HEADER_SIZE + MAX_PAYLOAD];
	struct sb_writer w = sb_writer_of(room, packet->octets.size);

	expect(erps_packet_encode(&w, packet) == 0, "what decodes encodes");
	expect(sb_bytes_equal(sb_bytes(room, sb_writer_size(&w)), packet->octets),
		"to its own octets");
}

static void
sign_and_compare(struct erps_signer *signer, const struct erps_packet *packet)
{
	uint8_t room[ERPS_HEADER_SIZE + MAX_PAYLOAD];
	struct erps_packet again;

	(void)erps_signer_refusal(NULL, packet);
	(void)erps_signer_refusal(signer, packet);
	memcpy(room, packet->octets.data, packet->octets.size);
	if (erps_signer_sign(signer, room, packet->octets.size) != 0)
		return;
	expect(erps_packet_decode(sb_bytes(room, packet->octets.size), MAX_PAYLOAD, &again, NULL) >
			0,
		"signed it is a packet");
	expect(erps_signer_refusal(signer, &again) == NULL, "and signed rightly");
}

static void
pace_payload(struct erps_pace *pace, const struct erps_packet *packet)
{
	struct erps_decoder decoder = {.env = sb_env_system()};
	bool was_on = erps_pace_is_on(pace);
	struct erps_term ref;

	erps_pace_came(pace, packet);
	if (packet->type == ERPS_CALL && erps_decode_ref(&decoder, packet->payload, &ref, NULL)) {
		erps_pace_called(pace, 2, ref);
		(void)erps_pace_due(pace, 2);
		erps_pace_left(pace, 2, ERPS_REPLY);
	}
	expect(was_on || !erps_pace_is_on(pace), "what is not Erps stays so");
	erps_decoder_fini(&decoder);
}

/* One packet from the front of `in`, with all that is asked of one. */
static ssize_t
try_front(struct sb_bytes in, struct erps_signer *signer, struct erps_pace *pace)
{
	struct erps_packet packet;
	size_t need = 0;
	ssize_t size = erps_packet_decode(in, MAX_PAYLOAD, &packet, &need);

	if (size <= 0) {
		expect(size == 0 || size == SB_EPROTO || size == SB_ELIMIT, "a known error");
		expect(size != 0 || need == 0 || need > in.size, "more is needed than is there");
		expect(need <= ERPS_HEADER_SIZE + MAX_PAYLOAD, "and not more than may be");
		return size;
	}
	expect((size_t)size == packet.octets.size && (size_t)size <= in.size, "its size");
	encode_and_compare(&packet);
	sign_and_compare(signer, &packet);
	pace_payload(pace, &packet);
	return size;
}

static size_t
try_stream(struct sb_bytes in, struct erps_signer *signer, ssize_t *end)
{
	struct erps_pace pace;
	size_t at = 0;

	erps_pace_init(&pace, ERPS_PACING_AUTO);
	while ((*end = try_front(sb_bytes(in.data + at, in.size - at), signer, &pace)) > 0)
		at += (size_t)*end;
	return at;
}

/* What the first piece alone gives must be where the whole comes by. */
static void
try_cut(struct sb_bytes in, size_t cut, size_t whole, struct erps_signer *signer)
{
	struct sb_bytes piece = exact_copy(sb_bytes(in.data, cut));
	ssize_t end;
	size_t at = try_stream(piece, signer, &end);

	expect(at <= whole, "a piece gives no more than the whole");
	at += try_stream(sb_bytes(in.data + at, in.size - at), signer, &end);
	expect(at == whole, "and what follows gives the rest");
	free((void *)piece.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct erps_secret secret = {"the key", "the secret", 10};
	struct erps_signer signer;
	struct sb_bytes in;
	ssize_t end;
	size_t at;

	if (size == 0)
		return 0;
	expect(erps_signer_init(&signer, &secret, 1) == 0, "a signer");
	in = exact_copy(sb_bytes(data + 1, size - 1));
	at = try_stream(in, &signer, &end);
	try_cut(in, in.size * data[0] / 256, at, &signer);
	free((void *)in.data);
	erps_signer_fini(&signer);
	return 0;
}
