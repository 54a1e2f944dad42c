/* Numbers are written in groups of seven bits, the lowest first: most of them take one octet. */
#include "daemons/acs/document.h"

#include "core/error.h"

#include <stdlib.h>

#define VERSION      1
#define HEADER_SIZE  5
#define FIRST_OCTETS 4096
#define ENTRY_MOST   64 /* octets of an entry beside its texts */

#define SEEN_MOST UINT64_C(253402300799) /* seconds: the last of the year 9999 */

#define FLAG_TYPE       0x0fu
#define FLAG_VALUE      0x10u
#define FLAG_READ_ONLY  0x20u
#define FLAG_WRITABLE   0x40u
#define FLAG_ATTRIBUTES 0x80u

void
acs_octets_free(struct acs_octets *octets)
{
	free(octets->data);
	*octets = (struct acs_octets){0};
}

int
acs_octets_copy(struct acs_octets *octets, struct sb_bytes from)
{
	*octets = (struct acs_octets){0};
	if (!from.size)
		return 0;
	octets->data = malloc(from.size);
	if (!octets->data)
		return SB_ENOMEM;
	memcpy(octets->data, from.data, from.size);
	octets->size = from.size;
	return 0;
}

/* ---- reading ---- */

static uint64_t
get_number(struct sb_reader *r)
{
	uint64_t number = 0;

	for (unsigned shift = 0; shift < 63; shift += 7) {
		uint8_t octet = sb_get_u8(r);

		number |= (uint64_t)(octet & 0x7f) << shift;
		if (!(octet & 0x80))
			return number;
	}
	r->failed = true;
	return 0;
}

static struct sb_bytes
get_text(struct sb_reader *r)
{
	uint64_t size = get_number(r);

	if (size > sb_reader_left(r)) {
		r->failed = true;
		return sb_bytes(NULL, 0);
	}
	return sb_get_bytes(r, (size_t)size);
}

void
acs_cursor_init(struct acs_cursor *cursor, struct sb_bytes document)
{
	cursor->in = sb_reader_of(document);
	cursor->left = 0;
	cursor->seen = 0;
	cursor->failed = false;
	cursor->is_list = false;
	cursor->name_size = 0;
	cursor->name[0] = '\0';
	if (!document.size)
		return;
	if (sb_get_u8(&cursor->in) != VERSION)
		cursor->failed = true;
	cursor->left = sb_get_u32(&cursor->in);
	cursor->failed |= sb_reader_failed(&cursor->in);
}

static bool
is_behind(const struct acs_cursor *c, size_t shared, struct sb_bytes rest)
{
	return rest.size && (shared == c->name_size || rest.data[0] > (uint8_t)c->name[shared]);
}

/* In a document rising, so that no two have one name and questions may stop early. */
static bool
next_name(struct acs_cursor *c)
{
	uint64_t shared = get_number(&c->in);
	struct sb_bytes rest = get_text(&c->in);

	if (sb_reader_failed(&c->in) || shared > c->name_size ||
		rest.size > ACS_PARAMETER_NAME_MAX - shared || !(shared + rest.size) ||
		(rest.size && memchr(rest.data, 0, rest.size)))
		return false;
	if (!c->is_list && !is_behind(c, (size_t)shared, rest))
		return false;
	if (rest.size)
		memcpy(c->name + shared, rest.data, rest.size);
	c->name_size = (size_t)shared + rest.size;
	c->name[c->name_size] = '\0';
	return true;
}

static bool
next_rest(struct acs_cursor *c, struct acs_parameter *p)
{
	uint8_t flags = sb_get_u8(&c->in);
	uint64_t step = get_number(&c->in), notification;

	/* The lowest bit is the sign. */
	c->seen += step & 1 ? ~(step >> 1) + 1 : step >> 1;
	p->seen = c->seen;
	c->in.failed |= c->seen > SEEN_MOST;
	p->type = (enum cwmp_type)(flags & FLAG_TYPE);
	p->has_value = flags & FLAG_VALUE;
	p->has_attributes = flags & FLAG_ATTRIBUTES;
	p->writable = flags & FLAG_WRITABLE    ? ACS_WRITABLE
		      : flags & FLAG_READ_ONLY ? ACS_READ_ONLY
					       : ACS_WRITABLE_UNKNOWN;
	if (p->has_value)
		p->value = get_text(&c->in);
	if (p->has_attributes) {
		notification = get_number(&c->in);
		p->notification = (uint32_t)notification;
		p->access = get_text(&c->in);
		c->in.failed |= notification > UINT32_MAX;
	}
	return !sb_reader_failed(&c->in) && p->type <= CWMP_TYPE_OTHER;
}

bool
acs_cursor_next(struct acs_cursor *cursor, struct acs_parameter *parameter)
{
	if (cursor->failed)
		return false;
	if (!cursor->left) {
		cursor->failed = sb_reader_left(&cursor->in) != 0;
		return false;
	}
	*parameter = (struct acs_parameter){0};
	if (!next_name(cursor) || !next_rest(cursor, parameter)) {
		cursor->failed = true;
		return false;
	}
	parameter->name = sb_bytes(cursor->name, cursor->name_size);
	cursor->left--;
	return true;
}

/* ---- writing ---- */

static uint8_t *
room(struct acs_document_writer *w, size_t size)
{
	size_t capacity = w->capacity ? w->capacity : FIRST_OCTETS;
	uint8_t *grown;

	if (w->out.size + size > w->limit) {
		w->error = SB_ELIMIT;
		return NULL;
	}
	while (capacity < w->out.size + size)
		capacity *= 2;
	if (capacity != w->capacity) {
		grown = realloc(w->out.data, capacity);
		if (!grown) {
			w->error = SB_ENOMEM;
			return NULL;
		}
		w->out.data = grown;
		w->capacity = capacity;
	}
	return w->out.data + w->out.size;
}

void
acs_document_begin(struct acs_document_writer *w, size_t limit_bytes)
{
	uint8_t *header;

	w->out = (struct acs_octets){0};
	w->capacity = 0;
	w->limit = limit_bytes;
	w->count = 0;
	w->seen = 0;
	w->name_size = 0;
	w->error = 0;
	header = room(w, HEADER_SIZE);
	if (header)
		w->out.size = HEADER_SIZE;
}

static void
put_number(struct sb_writer *w, uint64_t number)
{
	for (; number > 0x7f; number >>= 7)
		sb_put_u8(w, (uint8_t)(number | 0x80));
	sb_put_u8(w, (uint8_t)number);
}

static void
put_text(struct sb_writer *w, struct sb_bytes text)
{
	put_number(w, text.size);
	sb_put_bytes(w, text.data, text.size);
}

static size_t
shared_size(const struct acs_document_writer *w, struct sb_bytes name)
{
	size_t most = name.size < w->name_size ? name.size : w->name_size, size = 0;

	while (size < most && name.data[size] == (uint8_t)w->name[size])
		size++;
	return size;
}

static uint8_t
flags_of(const struct acs_parameter *p)
{
	unsigned flags = (unsigned)p->type & FLAG_TYPE;

	if (p->has_value)
		flags |= FLAG_VALUE;
	if (p->writable == ACS_WRITABLE)
		flags |= FLAG_WRITABLE;
	if (p->writable == ACS_READ_ONLY)
		flags |= FLAG_READ_ONLY;
	if (p->has_attributes)
		flags |= FLAG_ATTRIBUTES;
	return (uint8_t)flags;
}

static void
put_seen(struct acs_document_writer *w, struct sb_writer *out, uint64_t seen)
{
	/* Times are of one century: no sum here is too large. */
	uint64_t step = seen >= w->seen ? (seen - w->seen) << 1 : (w->seen - seen) << 1 | 1;

	put_number(out, step);
	w->seen = seen;
}

void
acs_document_add(struct acs_document_writer *w, const struct acs_parameter *p)
{
	size_t most = p->name.size + p->value.size + p->access.size + ENTRY_MOST, shared;
	uint8_t *at = w->error ? NULL : room(w, most);
	struct sb_writer out;

	if (!at)
		return;
	out = sb_writer_of(at, most);
	shared = shared_size(w, p->name);
	put_number(&out, shared);
	put_text(&out, sb_bytes(p->name.data + shared, p->name.size - shared));
	sb_put_u8(&out, flags_of(p));
	put_seen(w, &out, p->seen);
	if (p->has_value)
		put_text(&out, p->value);
	if (p->has_attributes) {
		put_number(&out, p->notification);
		put_text(&out, p->access);
	}
	memcpy(w->name + shared, p->name.data + shared, p->name.size - shared);
	w->name_size = p->name.size;
	w->out.size += sb_writer_size(&out);
	w->count++;
}

int
acs_document_end(struct acs_document_writer *w, struct acs_octets *document)
{
	struct sb_writer header;

	if (w->error) {
		acs_octets_free(&w->out);
		return w->error;
	}
	header = sb_writer_of(w->out.data, HEADER_SIZE);
	sb_put_u8(&header, VERSION);
	sb_put_u32(&header, w->count);
	*document = w->out;
	w->out = (struct acs_octets){0};
	return 0;
}
