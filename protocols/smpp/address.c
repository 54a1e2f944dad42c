/*
 * Where each body has its addresses. The names are the same in all of them, the
 * places are not.
 */
#include "protocols/smpp/address.h"

#include "core/error.h"

/* The three fields of an address, wherever they lie. */
struct fields {
	uint8_t *ton;
	uint8_t *npi;
	struct sb_bytes *digits;
};

#define SOURCE(body)                                                                           \
	(struct fields)                                                                        \
	{                                                                                      \
		&pdu->body.source_addr_ton, &pdu->body.source_addr_npi, &pdu->body.source_addr \
	}
#define DESTINATION(body)                                                                       \
	(struct fields)                                                                         \
	{                                                                                       \
		&pdu->body.dest_addr_ton, &pdu->body.dest_addr_npi, &pdu->body.destination_addr \
	}

static struct fields
source_of(struct smpp_pdu *pdu)
{
	switch (pdu->header.command) {
	case SMPP_SUBMIT_SM:
	case SMPP_DELIVER_SM:
		return SOURCE(submit_sm);
	case SMPP_SUBMIT_MULTI:
		return SOURCE(submit_multi);
	case SMPP_DATA_SM:
		return SOURCE(data_sm);
	case SMPP_QUERY_SM:
	case SMPP_QUERY_BROADCAST_SM:
		return SOURCE(query_sm);
	case SMPP_CANCEL_SM:
		return SOURCE(cancel_sm);
	case SMPP_REPLACE_SM:
		return SOURCE(replace_sm);
	case SMPP_ALERT_NOTIFICATION:
		return SOURCE(alert_notification);
	case SMPP_BROADCAST_SM:
		return SOURCE(broadcast_sm);
	case SMPP_CANCEL_BROADCAST_SM:
		return SOURCE(cancel_broadcast_sm);
	}
	return (struct fields){NULL, NULL, NULL};
}

static struct fields
destination_of(struct smpp_pdu *pdu)
{
	switch (pdu->header.command) {
	case SMPP_SUBMIT_SM:
	case SMPP_DELIVER_SM:
		return DESTINATION(submit_sm);
	case SMPP_DATA_SM:
		return DESTINATION(data_sm);
	case SMPP_CANCEL_SM:
		return DESTINATION(cancel_sm);
	case SMPP_ALERT_NOTIFICATION:
		return (struct fields){&pdu->alert_notification.esme_addr_ton,
			&pdu->alert_notification.esme_addr_npi, &pdu->alert_notification.esme_addr};
	}
	return (struct fields){NULL, NULL, NULL};
}

static int
get(struct fields fields, struct smpp_address *address)
{
	if (!fields.digits)
		return SB_ENOENT;
	*address = (struct smpp_address){*fields.ton, *fields.npi, *fields.digits};
	return 0;
}

static int
set(struct fields fields, const struct smpp_address *address)
{
	if (!fields.digits)
		return SB_ENOENT;
	*fields.ton = address->ton;
	*fields.npi = address->npi;
	*fields.digits = address->digits;
	return 0;
}

/* The getters read through the pointers that the setters need. */
static struct smpp_pdu *
unlocked(const struct smpp_pdu *pdu)
{
	return (struct smpp_pdu *)(uintptr_t)pdu;
}

int
smpp_source(const struct smpp_pdu *pdu, struct smpp_address *address)
{
	return get(source_of(unlocked(pdu)), address);
}

int
smpp_destination(const struct smpp_pdu *pdu, struct smpp_address *address)
{
	return get(destination_of(unlocked(pdu)), address);
}

int
smpp_set_source(struct smpp_pdu *pdu, const struct smpp_address *address)
{
	return set(source_of(pdu), address);
}

int
smpp_set_destination(struct smpp_pdu *pdu, const struct smpp_address *address)
{
	return set(destination_of(pdu), address);
}
