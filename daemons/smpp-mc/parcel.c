/*
 * A parcel's row in the store: a head of fixed size, which changes with each
 * attempt, and a body, which does not, so that an attempt writes 37 octets and
 * not the message. The head is the columns of its kind (service.c).
 */
#include "daemons/smpp-mc/parcel.h"

#include "core/error.h"
#include "daemons/smpp-mc/entry.h"
#include "daemons/smpp-mc/id.h"

#include <string.h>

/* What an entry's flags mean to a stored row. */
#define STORED_FLAGS (MC_ENTRY_RECEIPT | MC_ENTRY_NOTICED)

uint32_t
mc_tenths_of(int64_t unix_ms)
{
	int64_t tenths = (unix_ms - MC_EPOCH_MS) / 100;

	if (tenths < 0)
		return 0;
	return tenths > UINT32_MAX ? UINT32_MAX : (uint32_t)tenths;
}

int64_t
mc_tenths_ms(uint32_t tenths)
{
	return MC_EPOCH_MS + (int64_t)tenths * 100;
}

/* Eight octets at a time, since each message has two addresses. */
static uint64_t
stir(uint64_t hash, const uint8_t *octets, size_t size)
{
	uint64_t word = 0;

	memcpy(&word, octets, size);
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

/* Not seeded: rows keep it, and a message finds its partition by it in every run. */
uint32_t
mc_text_hash(struct sb_bytes text)
{
	const uint8_t *at = text.data;
	size_t left = text.size;
	uint64_t hash = left;

	for (; left >= sizeof(uint64_t); at += sizeof(uint64_t), left -= sizeof(uint64_t))
		hash = stir(hash, at, sizeof(uint64_t));
	if (left)
		hash = stir(hash, at, left);
	return (uint32_t)(hash * 0xd6e8feb86659fd93u >> 32);
}

void
mc_row_put_prefix(struct sb_writer *w, struct sb_bytes account)
{
	sb_put_u8(w, (uint8_t)account.size);
	sb_put_bytes(w, account.data, account.size);
}

/* From the store or from a message: checked like octets from a wire. */
int
mc_row_split(struct sb_bytes row, struct sb_bytes *account, struct sb_bytes *pdu)
{
	struct sb_reader r = sb_reader_of(row);

	*account = sb_get_bytes(&r, sb_get_u8(&r));
	*pdu = sb_get_bytes(&r, sb_reader_left(&r));
	return sb_reader_failed(&r) || !pdu->size ? SB_ECORRUPT : 0;
}

struct sb_bytes
mc_parcel_pdu(const struct mc_parcel *parcel)
{
	struct sb_bytes account, pdu;

	if (mc_row_split(mc_parcel_row(parcel), &account, &pdu))
		return sb_bytes(NULL, 0);
	return pdu;
}

void
mc_head_put(const struct mc_parcel *parcel, uint8_t head[MC_HEAD_SIZE])
{
	struct sb_writer w = sb_writer_of(head, MC_HEAD_SIZE);

	/* The others say where the message is in memory. */
	sb_put_u8(&w, parcel->flags & STORED_FLAGS);
	sb_put_u8(&w, parcel->priority);
	sb_put_u8(&w, parcel->registered);
	sb_put_u8(&w, parcel->part);
	sb_put_u8(&w, parcel->tries);
	sb_put_u64(&w, (uint64_t)parcel->submit_ms);
	sb_put_u64(&w, (uint64_t)parcel->start_ms);
	sb_put_u64(&w, (uint64_t)parcel->expiry_ms);
	sb_put_u64(&w, (uint64_t)parcel->next_ms);
}

int
mc_head_get(struct sb_bytes head, struct mc_parcel *parcel)
{
	struct sb_reader r = sb_reader_of(head);

	parcel->flags = sb_get_u8(&r) & STORED_FLAGS;
	parcel->priority = sb_get_u8(&r);
	parcel->registered = sb_get_u8(&r);
	parcel->part = sb_get_u8(&r);
	parcel->tries = sb_get_u8(&r);
	parcel->submit_ms = (int64_t)sb_get_u64(&r);
	parcel->start_ms = (int64_t)sb_get_u64(&r);
	parcel->expiry_ms = (int64_t)sb_get_u64(&r);
	parcel->next_ms = (int64_t)sb_get_u64(&r);
	return sb_reader_failed(&r) ? SB_ECORRUPT : 0;
}
