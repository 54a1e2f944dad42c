/*
 * What an earlier life left comes back to its partition: in order of id, which is
 * the order in which it was acknowledged, and stored already. It takes its place
 * in queue, lane or schedule, but nothing moves before the last of it is there.
 */
#include "daemons/smpp-mc/partition_internal.h"

#include <stdlib.h>

/* It ends as soon as the partition works: expired, or nowhere to go. */
static int
load_over(struct mc_partition *p, uint32_t number)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	entry->state = MC_ENTRY_OVER;
	mc_deadline_add(p, number, 0);
	/* Without its place among the deadlines it would never end. */
	return entry->place ? 0 : SB_ENOMEM;
}

/* Never longer than any back-off is: the clock may have gone back meanwhile. */
static uint64_t
backoff_left(const struct mc_partition *p, int64_t left_ms)
{
	const struct mc_retry *retries = mc_partition_config(p)->retries;
	uint64_t most = 0;

	for (size_t i = 0; i < MC_RETRY_CLASSES; i++)
		if (retries[i].most_ms > most)
			most = retries[i].most_ms;
	return (uint64_t)left_ms < most ? (uint64_t)left_ms : most;
}

/* As it was: for a time, behind a failed attempt, or ready. */
static int
load_entry(struct mc_partition *p, const struct mc_parcel *parcel)
{
	int64_t now = mc_partition_wall(p);
	uint32_t number = mc_entry_new(p, parcel);

	if (!number)
		return SB_ENOMEM;
	mc_index_entry(p, number);
	mc_body_keep(p, mc_partition_entry(p, number), parcel);
	if (parcel->target == MC_NO_TARGET || parcel->expiry_ms <= now)
		return load_over(p, number);
	if (parcel->start_ms > now)
		mc_schedule(p, number, parcel->start_ms);
	else if (parcel->next_ms > now)
		mc_back_off(p, number, backoff_left(p, parcel->next_ms - now));
	else
		mc_queue_add(&p->outlets[parcel->target].queue, number);
	mc_wait(p, number);
	return 0;
}

static void
answer(struct mc_partition *p, const struct sb_message *m, int error)
{
	struct mc_loaded loaded = {error};

	sb_reply(p->session, sb_message_from(m), 0, SB_COPY(&loaded, sizeof(loaded)));
}

static void
load_messages(struct mc_partition *p, const struct sb_message *m)
{
	const uint8_t *at = m->data, *end = at + m->size;
	int err = 0;

	while (at < end && !err) {
		const struct mc_parcel *parcel = (const void *)at;

		err = load_entry(p, parcel);
		at += mc_load_size(parcel);
	}
	answer(p, m, err);
}

static void
load_sent(struct mc_partition *p, const struct sb_message *m)
{
	const struct mc_sent *sent = m->data;
	int err = 0;

	for (size_t i = 0; i < m->size / sizeof(*sent) && !err; i++)
		err = mc_await_again(p, &sent[i]);
	answer(p, m, err);
}

/* In order of time, as they were written: the oldest of them are forgotten first. */
static int
load_final_row(struct mc_partition *p, struct sb_reader *r)
{
	struct mc_final_row *row = malloc(sizeof(*row));
	int64_t at_ms = 0;

	if (!row)
		return SB_ENOMEM;
	row->id = sb_get_u64(r);
	row->count = sb_get_u32(r);
	for (size_t i = 0; i < row->count; i++) {
		struct mc_final final = mc_final_get(r);

		if (i == 0)
			at_ms = final.at_ms;
		mc_finals_add(&p->finals, &final);
	}
	row->at_ms = at_ms;
	mc_final_row_keep(&p->batches, row);
	return 0;
}

static void
load_finals(struct mc_partition *p, const struct sb_message *m)
{
	struct sb_reader r = sb_reader_of(sb_bytes(m->data, m->size));
	int err = 0;

	while (sb_reader_left(&r) && !err)
		err = load_final_row(p, &r);
	/* What is too old, or too many, goes from memory now and from the store later. */
	mc_finals_forget(p);
	answer(p, m, err);
}

/* Also what was put off while nothing might move. */
static void
open_all(struct mc_partition *p, const struct sb_message *m)
{
	p->is_loading = false;
	mc_waiting_start(p);
	for (size_t i = 0; i < p->outlet_count; i++)
		if (p->outlets[i].queue.ready_count)
			mc_outlet_run(p, (uint16_t)i);
	answer(p, m, 0);
}

void
mc_load(struct mc_partition *p, const struct sb_message *m)
{
	switch (m->type) {
	case MC_LOAD:
		p->is_loading = true;
		load_messages(p, m);
		break;
	case MC_LOAD_SENT:
		p->is_loading = true;
		load_sent(p, m);
		break;
	case MC_LOAD_FINALS:
		p->is_loading = true;
		load_finals(p, m);
		break;
	case MC_OPEN:
		open_all(p, m);
		break;
	}
}
