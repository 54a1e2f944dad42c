/* Rows of messages that upstreams have. Read like octets from a wire. */
#include "daemons/smpp-mc/sent.h"

#include "core/error.h"

#include <string.h>

#define HEAD_SIZE 17

void
mc_sent_fill(struct mc_sent *sent, struct sb_bytes upstream, struct sb_bytes carrier_id)
{
	struct sb_writer w = sb_writer_of(sent->body, sizeof(sent->body));

	sb_put_u8(&w, (uint8_t)upstream.size);
	sb_put_bytes(&w, upstream.data, upstream.size);
	sb_put_bytes(&w, carrier_id.data, carrier_id.size);
	sent->size = (uint8_t)sb_writer_size(&w);
}

void
mc_sent_split(const struct mc_sent *sent, struct sb_bytes *upstream, struct sb_bytes *carrier_id)
{
	struct sb_reader r = sb_reader_of(sb_bytes(sent->body, sent->size));

	*upstream = sb_get_bytes(&r, sb_get_u8(&r));
	*carrier_id = sb_get_bytes(&r, sb_reader_left(&r));
}

int
mc_sent_put(struct sb_txn *txn, unsigned kind, const struct mc_sent *sent)
{
	uint8_t head[HEAD_SIZE];
	struct sb_writer w = sb_writer_of(head, sizeof(head));

	sb_put_u32(&w, sent->source);
	sb_put_u32(&w, sent->destination);
	sb_put_u8(&w, sent->part);
	sb_put_u64(&w, (uint64_t)sent->until_ms);
	return sb_txn_put(txn, kind, sent->id, head, sizeof(head), sent->body, sent->size);
}

int
mc_sent_read(const struct sb_store_row *row, struct mc_sent *sent)
{
	struct sb_reader r = sb_reader_of(sb_bytes(row->head, row->head_size));
	struct sb_reader body = sb_reader_of(sb_bytes(row->body, row->body_size));
	uint8_t name_size = sb_get_u8(&body);

	*sent = (struct mc_sent){.id = row->id, .size = (uint8_t)row->body_size};
	sent->source = sb_get_u32(&r);
	sent->destination = sb_get_u32(&r);
	sent->part = sb_get_u8(&r);
	sent->until_ms = (int64_t)sb_get_u64(&r);
	sb_get_bytes(&body, name_size);
	if (sb_reader_failed(&r) || sb_reader_failed(&body) || !sb_reader_left(&body) ||
		row->body_size > sizeof(sent->body) || name_size > MC_UPSTREAM_NAME_MAX ||
		sent->until_ms < 0 || sent->part > row->id)
		return SB_ECORRUPT;
	memcpy(sent->body, row->body, row->body_size);
	return 0;
}
