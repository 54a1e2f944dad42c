/*
 * The store is read in pages, in order of id. A page is sorted by partition and
 * given in so many calls, whose answers are the credit for the next one: so there
 * is never more in memory than a page or two beside what partitions keep.
 * Partitions begin to work when everything is there, and not before: ids of new
 * receipts must lie above all that was found, and the scan must not meet them.
 */
#include "daemons/smpp-mc/recovery.h"

#include "core/store.h"
#include "daemons/smpp-mc/entry.h"
#include "daemons/smpp-mc/final.h"
#include "daemons/smpp-mc/messages.h"
#include "daemons/smpp-mc/row.h"
#include "daemons/smpp-mc/sent.h"

#include <stdlib.h>

#define PAGE_ROWS 4096
#define PAGE_REF  1

/* A partition that is silent for so long has other trouble than much to do. */
#define LOAD_MS 600000

#define TOLD_NS UINT64_C(5000000000)

static void page_ask(struct sb_session *s, struct mc_recovery *r);
static void go_on(struct sb_session *s, struct mc_recovery *r);

static uint64_t
elapsed_ms(const struct sb_session *s, const struct mc_recovery *r)
{
	return (sb_now(s) - r->began_ns) / 1000000;
}

static void
fail(struct sb_session *s, struct mc_recovery *r, int error)
{
	r->stage = MC_RECOVERY_FAILED;
	SB_LOG(s, ERROR, "mc.recovery_failed", "error", SB_ERR(error), "id", SB_UINT(r->from),
		"messages", SB_UINT(r->messages));
}

/* What a stage reads, and gives to partitions as. */
static const struct {
	const char *name;
	unsigned kind;
	uint32_t message;
} kinds[] = {
	[MC_RECOVERING_MESSAGES] = {"message", MC_KIND_MESSAGE, MC_LOAD},
	[MC_RECOVERING_SENT] = {"sent", MC_KIND_SENT, MC_LOAD_SENT},
	[MC_RECOVERING_FINALS] = {"final", MC_KIND_FINAL, MC_LOAD_FINALS},
};

/* ---- pages ---- */

/* Room for `size` octets more in a share; NULL: no memory. */
static uint8_t *
share_room(struct mc_share *share, size_t size)
{
	size_t capacity = share->capacity ? share->capacity : 4096;
	uint8_t *grown;

	while (capacity < share->size + size)
		capacity *= 2;
	if (capacity != share->capacity) {
		grown = realloc(share->octets, capacity);
		if (!grown)
			return NULL;
		share->octets = grown;
		share->capacity = capacity;
	}
	share->size += size;
	return share->octets + share->size - size;
}

/* Not guessed at and not deleted: who looks into it finds it by its id. */
static void
damaged(struct sb_session *s, struct mc_recovery *r, const struct sb_store_row *row)
{
	r->damaged++;
	SB_LOG_LIMITED(s, ERROR, "mc.row_damaged", "id", SB_UINT(row->id), "kind",
		SB_STR(kinds[r->stage].name));
}

static int
take_message(struct sb_session *s, struct mc_recovery *r, const struct sb_store_row *row)
{
	struct mc_parcel parcel;
	uint32_t partition;
	uint8_t *room;

	if (mc_row_read(mc_config_of(s), row, &parcel)) {
		damaged(s, r, row);
		return 0;
	}
	/* Left alone: it is found again when its account is there again. */
	if (parcel.flags & MC_ENTRY_RECEIPT && parcel.owner == MC_NO_ACCOUNT) {
		r->orphans++;
		return 0;
	}
	partition = mc_partition_of(parcel.source, parcel.destination, r->service->partition_count);
	room = share_room(&r->shares[partition], mc_load_size(&parcel));
	if (!room)
		return SB_ENOMEM;
	memcpy(room, &parcel, sizeof(parcel));
	memcpy(((struct mc_parcel *)room)->row, row->body, row->body_size);
	if (parcel.flags & MC_ENTRY_RECEIPT)
		r->receipts++;
	else
		r->messages++;
	return 0;
}

static int
take_sent(struct sb_session *s, struct mc_recovery *r, const struct sb_store_row *row)
{
	uint32_t partition;
	struct mc_sent sent;
	uint8_t *room;

	if (mc_sent_read(row, &sent)) {
		damaged(s, r, row);
		return 0;
	}
	partition = mc_partition_of(sent.source, sent.destination, r->service->partition_count);
	room = share_room(&r->shares[partition], sizeof(sent));
	if (!room)
		return SB_ENOMEM;
	memcpy(room, &sent, sizeof(sent));
	r->sent++;
	return 0;
}

/* To one partition after the other: who is asked for a final state are all of them. */
static int
take_finals(struct sb_session *s, struct mc_recovery *r, const struct sb_store_row *row)
{
	uint32_t partition = (uint32_t)(r->finals / MC_FINAL_CHUNK % r->service->partition_count);
	size_t size = sizeof(uint64_t) + sizeof(uint32_t) + row->body_size;
	struct sb_writer w;
	uint8_t *room;

	if (!mc_row_has_finals(row)) {
		damaged(s, r, row);
		return 0;
	}
	room = share_room(&r->shares[partition], size);
	if (!room)
		return SB_ENOMEM;
	w = sb_writer_of(room, size);
	sb_put_u64(&w, row->id);
	sb_put_u32(&w, (uint32_t)(row->body_size / MC_FINAL_SIZE));
	sb_put_bytes(&w, row->body, row->body_size);
	r->finals += row->body_size / MC_FINAL_SIZE;
	return 0;
}

static int
take(struct sb_session *s, struct mc_recovery *r, const struct sb_store_row *row)
{
	switch (r->stage) {
	case MC_RECOVERING_MESSAGES:
		return take_message(s, r, row);
	case MC_RECOVERING_SENT:
		return take_sent(s, r, row);
	case MC_RECOVERING_FINALS:
		return take_finals(s, r, row);
	case MC_RECOVERY_OPENS:
	case MC_RECOVERED:
	case MC_RECOVERY_FAILED:
		break;
	}
	return 0;
}

static int
page_sort(struct sb_session *s, struct mc_recovery *r, const struct sb_store_rows *rows)
{
	int err = 0;

	for (size_t i = 0; i < rows->count && !err; i++) {
		const struct sb_store_row *row = &rows->rows[i];

		/* Damaged ones too: their ids are taken. */
		if (row->id > r->greatest)
			r->greatest = row->id;
		r->from = row->id;
		err = take(s, r, row);
	}
	r->is_last = rows->is_last || r->from == UINT64_MAX;
	r->from++;
	return err;
}

static int
call(struct sb_session *s, struct mc_recovery *r, uint32_t partition, uint32_t type,
	struct sb_payload payload)
{
	uint64_t ref;
	int err = sb_call(
		s, mc_service_partition(r->service, partition), type, payload, LOAD_MS, &ref);

	if (!err)
		r->unanswered++;
	return err;
}

/* Given, not copied: the share begins anew with the next page. */
static int
shares_send(struct sb_session *s, struct mc_recovery *r)
{
	for (uint32_t i = 0; i < r->service->partition_count; i++) {
		struct mc_share *share = &r->shares[i];
		int err;

		if (!share->size)
			continue;
		err = call(s, r, i, kinds[r->stage].message,
			SB_GIVE(share->octets, share->size, free));
		if (err)
			return err;
		*share = (struct mc_share){0};
	}
	return 0;
}

/* Those of a million rows are told on the way. */
static void
tell(struct sb_session *s, struct mc_recovery *r)
{
	if (sb_now(s) - r->told_ns < TOLD_NS)
		return;
	r->told_ns = sb_now(s);
	SB_LOG(s, INFO, "mc.recovering", "messages", SB_UINT(r->messages), "receipts",
		SB_UINT(r->receipts), "finals", SB_UINT(r->finals), "ms",
		SB_UINT(elapsed_ms(s, r)));
}

static void
page_came(struct sb_session *s, struct mc_recovery *r, const struct sb_message *m)
{
	int err = m->status;

	/* A scan was refused for want of room, and now there is some. */
	if (m->ref != PAGE_REF) {
		page_ask(s, r);
		return;
	}
	r->is_scanning = false;
	if (!err)
		err = page_sort(s, r, m->data);
	if (!err)
		err = shares_send(s, r);
	if (err) {
		fail(s, r, err);
		return;
	}
	tell(s, r);
	go_on(s, r);
}

static void
page_ask(struct sb_session *s, struct mc_recovery *r)
{
	unsigned kind = kinds[r->stage].kind;
	int err =
		sb_store_scan(s, r->service->store, kind, r->from, PAGE_ROWS, sb_self(s), PAGE_REF);

	r->is_scanning = true;
	if (err && err != SB_FULL)
		fail(s, r, err);
}

/* ---- stages ---- */

static void
open_all(struct sb_session *s, struct mc_recovery *r)
{
	int err = 0;

	/* Whatever the clock says now: no id is given twice. */
	if (r->greatest)
		mc_ids_raise(&r->service->ids, r->greatest);
	for (uint32_t i = 0; i < r->service->partition_count && !err; i++)
		err = call(s, r, i, MC_OPEN, SB_NOTHING);
	if (err)
		fail(s, r, err);
}

static void
recovered(struct sb_session *s, const struct mc_recovery *r)
{
	SB_LOG(s, INFO, "mc.recovered", "messages", SB_UINT(r->messages), "receipts",
		SB_UINT(r->receipts), "sent", SB_UINT(r->sent), "finals", SB_UINT(r->finals),
		"orphans", SB_UINT(r->orphans), "damaged", SB_UINT(r->damaged), "ms",
		SB_UINT(elapsed_ms(s, r)));
}

/* The next page is read while partitions take in the last one, but no further ahead; a stage ends
 * when all of it has been taken. */
static void
go_on(struct sb_session *s, struct mc_recovery *r)
{
	bool is_done = r->is_last && !r->unanswered;

	switch (r->stage) {
	case MC_RECOVERING_MESSAGES:
	case MC_RECOVERING_SENT:
	case MC_RECOVERING_FINALS:
		if (!r->is_last && !r->is_scanning && r->unanswered <= r->service->partition_count)
			page_ask(s, r);
		if (!is_done)
			return;
		r->is_last = r->stage == MC_RECOVERING_FINALS;
		r->from = 0;
		r->stage++;
		if (r->stage == MC_RECOVERY_OPENS)
			open_all(s, r);
		else
			page_ask(s, r);
		return;
	case MC_RECOVERY_OPENS:
		if (!is_done)
			return;
		r->stage = MC_RECOVERED;
		recovered(s, r);
		return;
	case MC_RECOVERED:
	case MC_RECOVERY_FAILED:
		return;
	}
}

void
mc_recovery_begin(struct sb_session *s, struct mc_recovery *r, struct mc_service *service)
{
	*r = (struct mc_recovery){.service = service, .began_ns = sb_now(s), .told_ns = sb_now(s)};
	r->shares = calloc(service->partition_count, sizeof(*r->shares));
	if (r->shares)
		page_ask(s, r);
	else
		fail(s, r, SB_ENOMEM);
}

static void
share_taken(struct sb_session *s, struct mc_recovery *r, const struct sb_message *m)
{
	const struct mc_loaded *loaded = m->data;
	int err = m->status;

	if (!err)
		err = m->size == sizeof(*loaded) ? loaded->error : SB_EINVAL;
	r->unanswered--;
	if (err)
		fail(s, r, err);
	else
		go_on(s, r);
}

void
mc_recovery_message(struct sb_session *s, struct mc_recovery *r, const struct sb_message *m)
{
	/* What comes after the end, or a failure, changes nothing. */
	if (r->stage == MC_RECOVERED || r->stage == MC_RECOVERY_FAILED)
		return;
	if (m->type == SB_MSG_STORE)
		page_came(s, r, m);
	else if (m->type == SB_MSG_REPLY)
		share_taken(s, r, m);
}

void
mc_recovery_fini(struct mc_recovery *r)
{
	for (uint32_t i = 0; r->shares && i < r->service->partition_count; i++)
		free(r->shares[i].octets);
	free(r->shares);
	r->shares = NULL;
}
