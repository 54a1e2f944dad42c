/*
 * Octets, a reader that cannot run over them and a writer that cannot run out
 * of them. Every decoder and encoder of the house stands on these. Pure: no
 * allocation, no core state, any thread.
 */
#ifndef SB_CORE_BYTES_H
#define SB_CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A view of octets that somebody else owns. */
struct sb_bytes {
	const uint8_t *data;
	size_t size;
};

static inline struct sb_bytes
sb_bytes(const void *data, size_t size)
{
	return (struct sb_bytes){data, size};
}

/* A view of a NUL-terminated string, without its NUL. */
static inline struct sb_bytes
sb_bytes_text(const char *text)
{
	return (struct sb_bytes){(const uint8_t *)text, strlen(text)};
}

static inline bool
sb_bytes_equal(struct sb_bytes a, struct sb_bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Whether `a + b` fits; the sum goes to *sum. For lengths that came from the wire. */
static inline bool
sb_u32_add(uint32_t a, uint32_t b, uint32_t *sum)
{
	return !__builtin_add_overflow(a, b, sum);
}

static inline bool
sb_size_add(size_t a, size_t b, size_t *sum)
{
	return !__builtin_add_overflow(a, b, sum);
}

static inline bool
sb_size_mul(size_t a, size_t b, size_t *product)
{
	return !__builtin_mul_overflow(a, b, product);
}

/*
 * Reader: a cursor with a sticky failure. A read past the end gives zeros and
 * sets the failure, so that a decoder reads a whole body and asks once.
 * Integers are big-endian.
 */
struct sb_reader {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

static inline struct sb_reader
sb_reader_of(struct sb_bytes in)
{
	return (struct sb_reader){in.data, in.data ? in.data + in.size : in.data, false};
}

static inline size_t
sb_reader_left(const struct sb_reader *r)
{
	return (size_t)(r->end - r->at);
}

static inline bool
sb_reader_failed(const struct sb_reader *r)
{
	return r->failed;
}

/* `size` octets in place, or an empty view and failure when fewer are left. */
static inline struct sb_bytes
sb_get_bytes(struct sb_reader *r, size_t size)
{
	struct sb_bytes out = {r->at, size};

	if (r->failed || sb_reader_left(r) < size) {
		r->failed = true;
		return (struct sb_bytes){NULL, 0};
	}
	if (size) /* a reader of nothing is at NULL, which takes no offset, not even 0 */
		r->at += size;
	return out;
}

static inline uint8_t
sb_get_u8(struct sb_reader *r)
{
	struct sb_bytes b = sb_get_bytes(r, 1);

	return b.size ? b.data[0] : 0;
}

static inline uint16_t
sb_get_u16(struct sb_reader *r)
{
	struct sb_bytes b = sb_get_bytes(r, 2);

	return b.size ? (uint16_t)((unsigned)b.data[0] << 8 | b.data[1]) : 0;
}

static inline uint32_t
sb_get_u32(struct sb_reader *r)
{
	struct sb_bytes b = sb_get_bytes(r, 4);
	uint32_t value;

	if (!b.size)
		return 0;
	memcpy(&value, b.data, sizeof(value));
	return __builtin_bswap32(value);
}

static inline uint64_t
sb_get_u64(struct sb_reader *r)
{
	uint64_t high = sb_get_u32(r);

	return high << 32 | sb_get_u32(r);
}

/* Writer: the same, over a buffer of the caller's. */
struct sb_writer {
	uint8_t *start;
	uint8_t *at;
	uint8_t *end;
	bool failed;
};

static inline struct sb_writer
sb_writer_of(void *buf, size_t capacity)
{
	uint8_t *start = buf;

	return (struct sb_writer){start, start, start ? start + capacity : start, false};
}

static inline bool
sb_writer_failed(const struct sb_writer *w)
{
	return w->failed;
}

static inline size_t
sb_writer_size(const struct sb_writer *w)
{
	return (size_t)(w->at - w->start);
}

/* Room for `size` octets, to be filled by the caller at once; NULL and failure when there is
 * none. */
static inline uint8_t *
sb_put_room(struct sb_writer *w, size_t size)
{
	uint8_t *room = w->at;

	if (w->failed || (size_t)(w->end - w->at) < size) {
		w->failed = true;
		return NULL;
	}
	if (size)
		w->at += size;
	return room;
}

static inline void
sb_put_bytes(struct sb_writer *w, const void *data, size_t size)
{
	uint8_t *room = sb_put_room(w, size);

	if (room && size)
		memcpy(room, data, size);
}

static inline void
sb_put_u8(struct sb_writer *w, uint8_t value)
{
	sb_put_bytes(w, &value, 1);
}

static inline void
sb_put_u16(struct sb_writer *w, uint16_t value)
{
	value = __builtin_bswap16(value);
	sb_put_bytes(w, &value, sizeof(value));
}

static inline void
sb_put_u32(struct sb_writer *w, uint32_t value)
{
	value = __builtin_bswap32(value);
	sb_put_bytes(w, &value, sizeof(value));
}

static inline void
sb_put_u64(struct sb_writer *w, uint64_t value)
{
	value = __builtin_bswap64(value);
	sb_put_bytes(w, &value, sizeof(value));
}

#endif
