/*
 * A row is read when the centre starts, by a configuration that may not be the
 * one under which it was written: it knows names and addresses, and numbers are
 * found for them anew.
 */
#include "daemons/smpp-mc/row.h"

#include "core/error.h"
#include "daemons/smpp-mc/entry.h"
#include "daemons/smpp-mc/final.h"
#include "protocols/smpp/pdu.h"

/* The three PDUs that a row can have. */
static int
addresses_of(const struct smpp_pdu *pdu, struct sb_bytes *source, struct sb_bytes *destination)
{
	switch (pdu->header.command) {
	case SMPP_SUBMIT_SM:
		*source = pdu->submit_sm.source_addr;
		*destination = pdu->submit_sm.destination_addr;
		return 0;
	case SMPP_DATA_SM:
		*source = pdu->data_sm.source_addr;
		*destination = pdu->data_sm.destination_addr;
		return 0;
	case SMPP_DELIVER_SM:
		*source = pdu->deliver_sm.source_addr;
		*destination = pdu->deliver_sm.destination_addr;
		return 0;
	}
	return SB_ECORRUPT;
}

/* A receipt goes to whose message it was, whatever its addresses say. */
static void
target_fill(const struct mc_config *config, struct sb_bytes destination, struct mc_parcel *parcel)
{
	if (parcel->flags & MC_ENTRY_RECEIPT)
		parcel->target = parcel->owner == MC_NO_ACCOUNT ? MC_NO_TARGET : parcel->owner;
	else
		parcel->target =
			mc_config_target(config, mc_route_find(config->routes, destination));
}

int
mc_row_read(const struct mc_config *config, const struct sb_store_row *row, struct mc_parcel *out)
{
	struct sb_bytes name, octets, source, destination;
	const struct mc_account *account;
	struct smpp_pdu pdu;

	*out = (struct mc_parcel){.id = row->id, .size = (uint32_t)row->body_size};
	if (mc_head_get(sb_bytes(row->head, row->head_size), out) ||
		mc_row_split(sb_bytes(row->body, row->body_size), &name, &octets) ||
		smpp_decode(octets, NULL, &pdu, NULL) || addresses_of(&pdu, &source, &destination))
		return SB_ECORRUPT;
	/* Receipts are ours to say; what upstreams have sent us came as it is. */
	if (out->flags & MC_ENTRY_RECEIPT && pdu.header.command != SMPP_DELIVER_SM)
		return SB_ECORRUPT;
	account = mc_config_party_named(config, name);
	out->owner = account ? account->number : MC_NO_ACCOUNT;
	out->source = mc_text_hash(source);
	out->destination = mc_text_hash(destination);
	target_fill(config, destination, out);
	return 0;
}

bool
mc_row_has_finals(const struct sb_store_row *row)
{
	return row->body_size > 0 && row->body_size % MC_FINAL_SIZE == 0;
}
