#include "protocols/smpp/pdu.h"
#include "protocols/smpp/scan_internal.h"

/*
 * Two passes, both made from pdu_map.h: measure checks every field and adds up
 * the octets, so that put can write without looking at the end.
 */
struct measure {
	size_t size;
	const char *bad; /* the first field out of bounds */
};

/* The first fault is the one that smpp_invalid_field names. */
static inline void
measure_octets(struct measure *m, size_t size, bool fits, const char *field)
{
	m->size += size;
	if (!fits && !m->bad)
		m->bad = field;
}

/* One function for each kind of pdu_map.h, named by it. */
static inline void
measure_U8(struct measure *m, uint8_t value, size_t bound, const char *field)
{
	/* Every value can be written: what an integer means is not the codec's to judge. */
	(void)value, (void)bound, (void)field;
	m->size += 1;
}

static inline void
measure_STRING(struct measure *m, struct sb_bytes text, size_t bound, const char *field)
{
	measure_octets(m, text.size + 1, text.size < bound && !smpp_has_nul(text), field);
}

static inline void
measure_PASSWORD(struct measure *m, struct sb_bytes text, size_t bound, const char *field)
{
	/* The book's 8 characters are too few for many message centres. */
	(void)bound;
	measure_STRING(m, text, SMPP_PASSWORD_SIZE_MAX, field);
}

static inline void
measure_TIME(struct measure *m, struct sb_bytes text, size_t bound, const char *field)
{
	bool fits = text.size == 0 || (text.size == bound - 1 && !smpp_has_nul(text));

	measure_octets(m, text.size + 1, fits, field);
}

static inline void
measure_MESSAGE(struct measure *m, struct sb_bytes octets, size_t bound, const char *field)
{
	measure_octets(m, 1 + octets.size, octets.size <= bound, field);
}

/* Lists come as octets that anyone may have put together: they are walked once, so that none goes
 * out which the peer cannot walk. */
static void
measure_DESTINATIONS(struct measure *m, struct smpp_list list, size_t bound, const char *field)
{
	struct sb_reader r = sb_reader_of(list.octets);
	struct smpp_destination destination;
	bool fits = list.count > 0;
	size_t count = 0;

	(void)bound;
	for (; smpp_next_destination(&r, &destination); count++)
		fits = fits && destination.address.size <= 20;
	fits = fits && !sb_reader_failed(&r) && count == list.count;
	measure_octets(m, 1 + list.octets.size, fits, field);
}

static void
measure_FAILURES(struct measure *m, struct smpp_list list, size_t bound, const char *field)
{
	struct sb_reader r = sb_reader_of(list.octets);
	struct smpp_failure failure;
	bool fits = true;
	size_t count = 0;

	(void)bound;
	for (; smpp_next_failure(&r, &failure); count++)
		fits = fits && failure.address.size <= 20;
	fits = fits && !sb_reader_failed(&r) && count == list.count;
	measure_octets(m, 1 + list.octets.size, fits, field);
}

#define MEASURE(body, kind, field, size, status, privacy) \
	measure_##kind(m, in->field, size, #field);
#define X(body)                                                                     \
	static void measure_##body(struct measure *m, const struct smpp_##body *in) \
	{                                                                           \
		SMPP_FIELDS_##body(MEASURE, body)                                   \
	}
SMPP_BODY_MAP(X)
#undef X
#undef MEASURE

#define measure_none(m, in) ((void)0)

/* Empty views may have a NULL pointer, which memcpy must not see. */
static inline uint8_t *
put_octets(uint8_t *at, const void *data, size_t size)
{
	if (size)
		memcpy(at, data, size);
	return at + size;
}

static inline uint8_t *
put_u32(uint8_t *at, uint32_t value)
{
	value = __builtin_bswap32(value);
	return put_octets(at, &value, sizeof(value));
}

static inline uint8_t *
put_U8(uint8_t *at, uint8_t value)
{
	*at = value;
	return at + 1;
}

static inline uint8_t *
put_STRING(uint8_t *at, struct sb_bytes text)
{
	return put_U8(put_octets(at, text.data, text.size), 0);
}

static inline uint8_t *
put_PASSWORD(uint8_t *at, struct sb_bytes text)
{
	return put_STRING(at, text);
}

static inline uint8_t *
put_TIME(uint8_t *at, struct sb_bytes text)
{
	return put_STRING(at, text);
}

static inline uint8_t *
put_MESSAGE(uint8_t *at, struct sb_bytes octets)
{
	return put_octets(put_U8(at, (uint8_t)octets.size), octets.data, octets.size);
}

static inline uint8_t *
put_DESTINATIONS(uint8_t *at, struct smpp_list list)
{
	return put_octets(put_U8(at, list.count), list.octets.data, list.octets.size);
}

static inline uint8_t *
put_FAILURES(uint8_t *at, struct smpp_list list)
{
	return put_DESTINATIONS(at, list);
}

#define PUT(body, kind, field, size, status, privacy) at = put_##kind(at, in->field);
#define X(body)                                                               \
	static uint8_t *put_##body(uint8_t *at, const struct smpp_##body *in) \
	{                                                                     \
		SMPP_FIELDS_##body(PUT, body) return at;                      \
	}
SMPP_BODY_MAP(X)
#undef X
#undef PUT

#define put_none(at, in) (at)

static bool
measure_body(struct measure *m, const struct smpp_pdu *pdu)
{
	switch (pdu->header.command) {
#define X(constant, name, id, body, version)   \
	case id:                               \
		measure_##body(m, &pdu->body); \
		return true;
		SMPP_COMMAND_MAP(X)
#undef X
	}
	return false;
}

static uint8_t *
put_body(uint8_t *at, const struct smpp_pdu *pdu)
{
	switch (pdu->header.command) {
#define X(constant, name, id, body, version) \
	case id:                             \
		return put_##body(at, &pdu->body);
		SMPP_COMMAND_MAP(X)
#undef X
	}
	return at;
}

/* A request always has its body: the flag means nothing there. */
static bool
is_header_only(const struct smpp_pdu *pdu)
{
	return pdu->header_only && smpp_is_response(pdu->header.command);
}

/* 0 and what smpp_encode() will write, or its error. */
static int
measure_pdu(const struct smpp_pdu *pdu, struct measure *m)
{
	*m = (struct measure){SMPP_HEADER_SIZE, NULL};
	if (is_header_only(pdu))
		return smpp_command_find(pdu->header.command) ? 0 : SB_ENOTSUP;
	if (!measure_body(m, pdu))
		return SB_ENOTSUP;
	if (pdu->tlvs.size)
		measure_octets(m, pdu->tlvs.size,
			smpp_tlv_walkable(pdu->tlvs) == pdu->tlvs.size &&
				pdu->tlvs.size <= INT32_MAX,
			"tlvs");
	return m->bad ? SB_EINVAL : 0;
}

size_t
smpp_encoded_size(const struct smpp_pdu *pdu)
{
	struct measure m;

	return measure_pdu(pdu, &m) ? 0 : m.size;
}

const char *
smpp_invalid_field(const struct smpp_pdu *pdu)
{
	struct measure m;

	measure_pdu(pdu, &m);
	return m.bad;
}

int
smpp_encode(const struct smpp_pdu *pdu, struct sb_writer *w)
{
	struct measure m;
	int err = measure_pdu(pdu, &m);
	uint8_t *at = w->at;

	if (err)
		return err;
	if (w->failed || (size_t)(w->end - w->at) < m.size)
		return SB_ENOSPC;
	/* All is known to fit: from here on plain stores through a pointer of our own. */
	w->at += m.size;
	at = put_u32(at, (uint32_t)m.size);
	at = put_u32(at, pdu->header.command);
	at = put_u32(at, pdu->header.status);
	at = put_u32(at, pdu->header.sequence);
	if (is_header_only(pdu))
		return 0;
	at = put_body(at, pdu);
	put_octets(at, pdu->tlvs.data, pdu->tlvs.size);
	return 0;
}
