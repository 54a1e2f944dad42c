/*
 * GSM 7-bit tables and the look-ups both ways. National tables are written as
 * what they change: each differs from the default one in a few places. Looking a
 * character up walks a table; that of ASCII, which is nearly all there is, does
 * not.
 */
#include "protocols/smpp/text_gsm7.h"

#include "core/error.h"
#include "protocols/smpp/udh.h"

#define SEPTETS     128
#define REPLACEMENT 0xFFFD
/* Where the escape stands no character does; U+FFFF is none. */
#define NOTHING 0xFFFF

static const uint16_t alphabet[SEPTETS] = {
	/* clang-format off: sixteen septets a row, as in the specification. */
	0x0040, 0x00A3, 0x0024, 0x00A5, 0x00E8, 0x00E9, 0x00F9, 0x00EC, 0x00F2, 0x00C7, 0x000A,
	0x00D8, 0x00F8, 0x000D, 0x00C5, 0x00E5, 0x0394, 0x005F, 0x03A6, 0x0393, 0x039B, 0x03A9,
	0x03A0, 0x03A8, 0x03A3, 0x0398, 0x039E, NOTHING, 0x00C6, 0x00E6, 0x00DF, 0x00C9, 0x0020,
	0x0021, 0x0022, 0x0023, 0x00A4, 0x0025, 0x0026, 0x0027, 0x0028, 0x0029, 0x002A, 0x002B,
	0x002C, 0x002D, 0x002E, 0x002F, 0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x0035, 0x0036,
	0x0037, 0x0038, 0x0039, 0x003A, 0x003B, 0x003C, 0x003D, 0x003E, 0x003F, 0x00A1, 0x0041,
	0x0042, 0x0043, 0x0044, 0x0045, 0x0046, 0x0047, 0x0048, 0x0049, 0x004A, 0x004B, 0x004C,
	0x004D, 0x004E, 0x004F, 0x0050, 0x0051, 0x0052, 0x0053, 0x0054, 0x0055, 0x0056, 0x0057,
	0x0058, 0x0059, 0x005A, 0x00C4, 0x00D6, 0x00D1, 0x00DC, 0x00A7, 0x00BF, 0x0061, 0x0062,
	0x0063, 0x0064, 0x0065, 0x0066, 0x0067, 0x0068, 0x0069, 0x006A, 0x006B, 0x006C, 0x006D,
	0x006E, 0x006F, 0x0070, 0x0071, 0x0072, 0x0073, 0x0074, 0x0075, 0x0076, 0x0077, 0x0078,
	0x0079, 0x007A, 0x00E4, 0x00F6, 0x00F1, 0x00FC, 0x00E0,
	/* clang-format on */
};

struct place {
	uint8_t septet;
	uint16_t code;
};

struct changes {
	const struct place *places;
	size_t count;
};

/* Every single-shift table has these, national or not. */
static const struct place extension[] = {
	{0x0A, 0x000C},
	{0x14, '^'},
	{0x28, '{'},
	{0x29, '}'},
	{0x2F, '\\'},
	{0x3C, '['},
	{0x3D, '~'},
	{0x3E, ']'},
	{0x40, '|'},
	{0x65, 0x20AC},
};

static const struct place turkish_single[] = {
	{0x47, 0x011E},
	{0x49, 0x0130},
	{0x53, 0x015E},
	{0x63, 0x00E7},
	{0x67, 0x011F},
	{0x69, 0x0131},
	{0x73, 0x015F},
};

static const struct place spanish_single[] = {
	{0x09, 0x00E7},
	{0x41, 0x00C1},
	{0x49, 0x00CD},
	{0x4F, 0x00D3},
	{0x55, 0x00DA},
	{0x61, 0x00E1},
	{0x69, 0x00ED},
	{0x6F, 0x00F3},
	{0x75, 0x00FA},
};

static const struct place portuguese_single[] = {
	/* clang-format off: a row of the specification's table a line. */
	{0x05, 0x00EA}, {0x09, 0x00E7}, {0x0B, 0x00D4}, {0x0C, 0x00F4}, {0x0E, 0x00C1},
	{0x0F, 0x00E1}, {0x12, 0x03A6}, {0x13, 0x0393}, {0x15, 0x03A9}, {0x16, 0x03A0},
	{0x17, 0x03A8}, {0x18, 0x03A3}, {0x19, 0x0398}, {0x1F, 0x00CA}, {0x41, 0x00C0},
	{0x49, 0x00CD}, {0x4F, 0x00D3}, {0x55, 0x00DA}, {0x5B, 0x00C3}, {0x5C, 0x00D5},
	{0x61, 0x00C2}, {0x69, 0x00ED}, {0x6F, 0x00F3}, {0x75, 0x00FA}, {0x7B, 0x00E3},
	{0x7C, 0x00F5}, {0x7F, 0x00E2},
	/* clang-format on */
};

static const struct place turkish_locking[] = {
	{0x04, 0x20AC},
	{0x07, 0x0131},
	{0x0B, 0x011E},
	{0x0C, 0x011F},
	{0x1C, 0x015E},
	{0x1D, 0x015F},
	{0x40, 0x0130},
	{0x60, 0x00E7},
};

static const struct place portuguese_locking[] = {
	/* clang-format off: a row of the specification's table a line. */
	{0x04, 0x00EA}, {0x06, 0x00FA}, {0x07, 0x00ED}, {0x08, 0x00F3}, {0x09, 0x00E7},
	{0x0B, 0x00D4}, {0x0C, 0x00F4}, {0x0E, 0x00C1}, {0x0F, 0x00E1}, {0x12, 0x00AA},
	{0x13, 0x00C7}, {0x14, 0x00C0}, {0x15, 0x221E}, {0x16, '^'}, {0x17, '\\'}, {0x18, 0x20AC},
	{0x19, 0x00D3}, {0x1A, '|'}, {0x1C, 0x00C2}, {0x1D, 0x00E2}, {0x1E, 0x00CA}, {0x1F, 0x00C9},
	{0x24, 0x00BA}, {0x40, 0x00CD}, {0x5B, 0x00C3}, {0x5C, 0x00D5}, {0x5D, 0x00DA},
	{0x5E, 0x00DC}, {0x5F, 0x00A7}, {0x60, '~'}, {0x7B, 0x00E3}, {0x7C, 0x00F5}, {0x7D, '`'},
	{0x7E, 0x00FC}, {0x7F, 0x00E0},
	/* clang-format on */
};

#define CHANGES(table)                                    \
	{                                                 \
		table, sizeof(table) / sizeof((table)[0]) \
	}
static const struct changes single[] = {
	[SMPP_GSM7_TURKISH] = CHANGES(turkish_single),
	[SMPP_GSM7_SPANISH] = CHANGES(spanish_single),
	[SMPP_GSM7_PORTUGUESE] = CHANGES(portuguese_single),
};

static const struct changes locking[] = {
	[SMPP_GSM7_TURKISH] = CHANGES(turkish_locking),
	[SMPP_GSM7_PORTUGUESE] = CHANGES(portuguese_locking),
};

static const struct changes common = CHANGES(extension);
#undef CHANGES

#define LANGUAGES(tables) (sizeof(tables) / sizeof((tables)[0]))

static struct changes
single_of(struct smpp_gsm7_shift shift)
{
	return single[shift.single < LANGUAGES(single) ? shift.single : SMPP_GSM7_DEFAULT];
}

static struct changes
locking_of(struct smpp_gsm7_shift shift)
{
	return locking[shift.locking < LANGUAGES(locking) ? shift.locking : SMPP_GSM7_DEFAULT];
}

bool
smpp_gsm7_is_known(struct smpp_gsm7_shift shift)
{
	return (shift.single == SMPP_GSM7_DEFAULT || single_of(shift).count) &&
	       (shift.locking == SMPP_GSM7_DEFAULT || locking_of(shift).count);
}

static const struct place *
place_of_code(struct changes changes, uint32_t code)
{
	for (size_t i = 0; i < changes.count; i++)
		if (changes.places[i].code == code)
			return changes.places + i;
	return NULL;
}

static const struct place *
place_of_septet(struct changes changes, uint8_t septet)
{
	for (size_t i = 0; i < changes.count; i++)
		if (changes.places[i].septet == septet)
			return changes.places + i;
	return NULL;
}

/* What the alphabet itself, changed by a locking shift, has at a septet. */
static uint16_t
code_at(struct changes changes, uint8_t septet)
{
	const struct place *place = place_of_septet(changes, septet);

	return place ? place->code : alphabet[septet];
}

/* Where the alphabet itself has a character; SEPTETS: nowhere. */
static uint8_t
septet_of(struct changes changes, uint32_t code)
{
	const struct place *place = place_of_code(changes, code);

	if (place)
		return place->septet;
	/* Letters, digits and most signs stand where ASCII has them, in every table. */
	if (code < SEPTETS && code_at(changes, (uint8_t)code) == code)
		return (uint8_t)code;
	for (uint8_t septet = 0; septet < SEPTETS; septet++)
		if (alphabet[septet] == code && code_at(changes, septet) == code)
			return septet;
	return SEPTETS;
}

size_t
smpp_gsm7_encode(struct smpp_gsm7_shift shift, uint32_t code, uint8_t septets[2])
{
	uint8_t septet = code == NOTHING ? SEPTETS : septet_of(locking_of(shift), code);
	const struct place *place;

	if (septet < SEPTETS) {
		septets[0] = septet;
		return 1;
	}
	place = place_of_code(single_of(shift), code);
	if (!place)
		place = place_of_code(common, code);
	if (!place)
		return 0;
	septets[0] = SMPP_GSM7_ESCAPE;
	septets[1] = place->septet;
	return 2;
}

static uint32_t
decode_escaped(struct smpp_gsm7_shift shift, uint8_t septet)
{
	const struct place *place = place_of_septet(single_of(shift), septet);

	if (!place)
		place = place_of_septet(common, septet);
	if (place)
		return place->code;
	if (septet >= SEPTETS)
		return REPLACEMENT;
	/* Reserved for another extension: a space, says the specification. */
	return septet == SMPP_GSM7_ESCAPE ? ' ' : code_at(locking_of(shift), septet);
}

uint32_t
smpp_gsm7_decode(struct smpp_gsm7_shift shift, struct sb_reader *r)
{
	uint8_t septet = sb_get_u8(r);

	if (septet >= SEPTETS)
		return REPLACEMENT;
	if (septet != SMPP_GSM7_ESCAPE)
		return code_at(locking_of(shift), septet);
	return sb_reader_left(r) ? decode_escaped(shift, sb_get_u8(r)) : ' ';
}

struct smpp_gsm7_shift
smpp_gsm7_shift_of(struct sb_bytes elements)
{
	struct smpp_gsm7_shift shift = {0, 0};
	struct sb_reader r = sb_reader_of(elements);
	struct smpp_udh_element element;

	while (smpp_next_udh_element(&r, &element)) {
		if (element.value.size != 1)
			continue;
		if (element.id == SMPP_UDH_SINGLE_SHIFT)
			shift.single = element.value.data[0];
		else if (element.id == SMPP_UDH_LOCKING_SHIFT)
			shift.locking = element.value.data[0];
	}
	return shift;
}

#define SHIFT_ELEMENT_SIZE 3

size_t
smpp_gsm7_shift_size(struct smpp_gsm7_shift shift)
{
	return SHIFT_ELEMENT_SIZE * (size_t)((shift.single != 0) + (shift.locking != 0));
}

static void
put_element(struct sb_writer *w, uint8_t id, uint8_t language)
{
	const uint8_t octets[SHIFT_ELEMENT_SIZE] = {id, 1, language};

	if (language != SMPP_GSM7_DEFAULT)
		sb_put_bytes(w, octets, sizeof(octets));
}

int
smpp_gsm7_put_shift(struct sb_writer *w, struct smpp_gsm7_shift shift)
{
	struct sb_writer before = *w;

	put_element(w, SMPP_UDH_SINGLE_SHIFT, shift.single);
	put_element(w, SMPP_UDH_LOCKING_SHIFT, shift.locking);
	if (!sb_writer_failed(w))
		return 0;
	*w = before;
	return SB_ENOSPC;
}
