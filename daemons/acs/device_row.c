/*
 * The body of a device's row: its six texts, its tags, and what it had, each after its size. Read
 * like octets from a wire, for whoever has the file can write into it.
 */
#include "core/error.h"
#include "daemons/acs/device.h"

#include <stdlib.h>

#define TEXTS 6

void
acs_device_head(const struct acs_device *d, uint8_t head[ACS_DEVICE_HEAD_SIZE])
{
	struct sb_writer w = sb_writer_of(head, ACS_DEVICE_HEAD_SIZE);

	sb_put_u64(&w, (uint64_t)d->created_ms);
	sb_put_u64(&w, (uint64_t)d->inform_ms);
	sb_put_u64(&w, (uint64_t)d->boot_ms);
	sb_put_u64(&w, (uint64_t)d->bootstrap_ms);
	sb_put_u64(&w, d->generation);
	sb_put_u32(&w, d->informs);
	sb_put_u32(&w, d->failures);
	sb_put_u32(&w, d->events);
	sb_put_u16(&w, d->batch);
	sb_put_u16(&w, d->flags);
}

static bool
head_read(struct acs_device *d, const struct sb_store_row *row)
{
	struct sb_reader r = sb_reader_of(sb_bytes(row->head, row->head_size));

	d->created_ms = (int64_t)sb_get_u64(&r);
	d->inform_ms = (int64_t)sb_get_u64(&r);
	d->boot_ms = (int64_t)sb_get_u64(&r);
	d->bootstrap_ms = (int64_t)sb_get_u64(&r);
	d->generation = sb_get_u64(&r);
	d->informs = sb_get_u32(&r);
	d->failures = sb_get_u32(&r);
	d->events = sb_get_u32(&r);
	d->batch = sb_get_u16(&r);
	d->flags = sb_get_u16(&r);
	return !sb_reader_failed(&r);
}

static void
put_text(struct sb_writer *w, const char *text)
{
	size_t size = strlen(text);

	sb_put_u16(w, (uint16_t)size);
	sb_put_bytes(w, text, size + 1);
}

int
acs_device_body(const struct acs_device *d, struct sb_bytes *body)
{
	const char *const texts[TEXTS] = {d->profile.name, d->profile.manufacturer, d->profile.oui,
		d->profile.product_class, d->profile.serial_number, d->profile.version};
	size_t size = 4 + d->tags_size + 4 + d->once_count * sizeof(uint64_t);
	struct sb_writer w;
	uint8_t *octets;

	for (size_t i = 0; i < TEXTS; i++)
		size += 2 + strlen(texts[i]) + 1;
	octets = malloc(size);
	if (!octets)
		return SB_ENOMEM;
	w = sb_writer_of(octets, size);
	for (size_t i = 0; i < TEXTS; i++)
		put_text(&w, texts[i]);
	sb_put_u32(&w, d->tags_size);
	sb_put_bytes(&w, d->tags, d->tags_size);
	sb_put_u32(&w, d->once_count);
	for (uint32_t i = 0; i < d->once_count; i++)
		sb_put_u64(&w, d->once[i]);
	*body = sb_bytes(octets, size);
	return 0;
}

/* In place: the NUL that stands behind it in the row is what ends it. */
static const char *
get_text(struct sb_reader *r)
{
	size_t size = sb_get_u16(r);
	struct sb_bytes text = sb_get_bytes(r, size + 1);

	if (!text.size || memchr(text.data, 0, text.size) != text.data + size) {
		r->failed = true;
		return "";
	}
	return (const char *)text.data;
}

static bool
profile_read(struct sb_reader *r, struct acs_profile *p)
{
	p->name = get_text(r);
	p->manufacturer = get_text(r);
	p->oui = get_text(r);
	p->product_class = get_text(r);
	p->serial_number = get_text(r);
	p->version = get_text(r);
	return !sb_reader_failed(r) && *p->name && strlen(p->name) <= ACS_NAME_MAX;
}

static int
tags_read(struct sb_reader *r, struct acs_device *d)
{
	struct sb_bytes tags = sb_get_bytes(r, sb_get_u32(r));
	int err = 0;

	if (tags.size && tags.data[tags.size - 1])
		return SB_ECORRUPT;
	for (size_t at = 0; at < tags.size && !err; at += strlen((const char *)tags.data + at) + 1)
		err = acs_device_add_tag(d, (const char *)tags.data + at);
	return err == SB_ELIMIT ? SB_ECORRUPT : err;
}

static int
once_read(struct sb_reader *r, struct acs_device *d)
{
	uint32_t count = sb_get_u32(r);
	int err = 0;

	if (count > ACS_ONCE_MOST)
		return SB_ECORRUPT;
	for (uint32_t i = 0; i < count && !err; i++)
		err = acs_device_note_once(d, sb_get_u64(r));
	return err;
}

int
acs_device_read(const struct sb_store_row *row, struct acs_device **device)
{
	struct sb_reader r = sb_reader_of(sb_bytes(row->body, row->body_size));
	struct acs_profile profile;
	struct acs_device *d;
	int err;

	if (!profile_read(&r, &profile))
		return SB_ECORRUPT;
	d = acs_device_new(row->id, &profile);
	if (!d)
		return SB_ENOMEM;
	err = tags_read(&r, d);
	if (!err)
		err = once_read(&r, d);
	if (!err && (!head_read(d, row) || sb_reader_failed(&r) || sb_reader_left(&r)))
		err = SB_ECORRUPT;
	if (err) {
		acs_device_free(d);
		return err;
	}
	*device = d;
	return 0;
}
