/*
 * Any octets as what smpp-mc's store may have for an upstream: a message, which is
 * refused or goes on as a PDU that can be written; and the row that says how the
 * upstream calls one, which is refused or reads as what it says.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "daemons/smpp-mc/outgoing.h"
#include "daemons/smpp-mc/sent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Octets of the row's head. */
#define HEAD 17

static void
expect(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static void
message(struct sb_bytes octets, enum smpp_version version)
{
	const struct mc_onward onward = {true, 1764201660000, 1764201600000};
	struct mc_outgoing outgoing;

	if (mc_outgoing_onward(&outgoing, octets, &onward, version) == 0) {
		expect(smpp_encoded_size(&outgoing.pdu) != 0, "what goes on can be written");
		expect(version != SMPP_VERSION_33 || !outgoing.pdu.tlvs.size, "3.3 has no TLVs");
	}
	mc_outgoing_fini(&outgoing);
}

static void
row(struct sb_bytes octets)
{
	size_t head = octets.size < HEAD ? octets.size : HEAD;
	struct sb_store_row stored = {
		.id = 1000,
		.head = octets.data,
		.head_size = head,
		.body = octets.data + head,
		.body_size = octets.size - head,
	};
	struct sb_bytes name, id;
	struct mc_sent sent;

	if (mc_sent_read(&stored, &sent))
		return;
	mc_sent_split(&sent, &name, &id);
	expect(name.size <= MC_UPSTREAM_NAME_MAX, "a name has its bound");
	expect(id.size > 0 && id.size <= MC_CARRIER_ID_MAX + MC_UPSTREAM_NAME_MAX,
		"and so has an id");
	expect(1 + name.size + id.size == octets.size - HEAD, "and nothing is left");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_bytes octets = sb_bytes(data, size);

	if (!size)
		return 0;
	message(octets, SMPP_VERSION_33);
	message(octets, SMPP_VERSION_34);
	row(octets);
	return 0;
}
