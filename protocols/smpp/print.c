/*
 * One line for a PDU, driven by the rows of command.c: a new field of pdu_map.h
 * is printed without a line here. Nothing is allocated and nothing fails; a line
 * that is too long is cut, and each loop stops then, so that a peer's 64 KiB cost
 * no more than the buffer.
 */
#include "protocols/smpp/print.h"

/* Enough that a subscriber cannot be told, few enough that the network and area still can. */
#define MASKED_DIGITS 4

/* A line that grows in the caller's buffer until it is cut. */
struct line {
	char *start;
	char *at;
	char *end; /* keeps room for the NUL */
	bool is_cut;
	bool mask;
	const struct smpp_tlv_dictionary *dictionary;
};

static void
add_octets(struct line *l, const char *text, size_t size)
{
	size_t room = (size_t)(l->end - l->at);

	if (size > room) {
		l->is_cut = true;
		size = room;
	}
	memcpy(l->at, text, size);
	l->at += size;
}

static void
add_words(struct line *l, const char *words)
{
	add_octets(l, words, strlen(words));
}

/* By hand, since this is on the path of a trace of everything. */
static void
add_number(struct line *l, size_t value)
{
	char digits[20]; /* of 2^64 */
	char *first = digits + sizeof(digits);

	do
		*--first = (char)('0' + value % 10);
	while (value /= 10);
	add_octets(l, first, (size_t)(digits + sizeof(digits) - first));
}

static const char hex[] = "0123456789abcdef";

/* "0x0424": a number that has no name. */
static void
add_code(struct line *l, uint32_t value, size_t digits)
{
	char text[2 + 8] = "0x";

	for (size_t i = digits; i > 0; i--, value >>= 4)
		text[1 + i] = hex[value & 0x0F];
	add_octets(l, text, 2 + digits);
}

static void
add_type(struct line *l, uint8_t ton, uint8_t npi)
{
	add_number(l, ton);
	add_words(l, "/");
	add_number(l, npi);
	add_words(l, "/");
}

static void
add_key(struct line *l, const char *key)
{
	if (l->at != l->start)
		add_words(l, " ");
	add_words(l, key);
	add_words(l, "=");
}

/* Printable ASCII only: a text of the peer's cannot break the line or end the quotes. */
static void
add_character(struct line *l, uint8_t octet)
{
	char escaped[4] = {'\\', 'x', hex[octet >> 4], hex[octet & 0x0F]};
	char quoted[2] = {'\\', (char)octet};

	if (octet == '"' || octet == '\\')
		add_octets(l, quoted, sizeof(quoted));
	else if (octet < ' ' || octet > '~')
		add_octets(l, escaped, sizeof(escaped));
	else
		add_octets(l, &quoted[1], 1);
}

/* A quoted text, of which the last `hidden` characters are masked. */
static void
add_text(struct line *l, struct sb_bytes text, size_t hidden)
{
	size_t shown = text.size > hidden ? text.size - hidden : 0;

	add_words(l, "\"");
	for (size_t i = 0; i < text.size && !l->is_cut; i++)
		add_character(l, i < shown ? text.data[i] : '*');
	add_words(l, "\"");
}

static void
add_address(struct line *l, struct sb_bytes text)
{
	add_text(l, text, l->mask ? MASKED_DIGITS : 0);
}

static void
add_hex(struct line *l, struct sb_bytes octets)
{
	for (size_t i = 0; i < octets.size && !l->is_cut; i++) {
		char pair[2] = {hex[octets.data[i] >> 4], hex[octets.data[i] & 0x0F]};

		add_octets(l, pair, sizeof(pair));
	}
}

/* Octets whose number alone is shown in a masked line. */
static void
add_secret(struct line *l, struct sb_bytes octets)
{
	if (l->mask) {
		add_words(l, "*");
		add_number(l, octets.size);
	} else {
		add_hex(l, octets);
	}
}

static void
add_string(struct line *l, struct sb_bytes text, uint8_t privacy)
{
	if (l->mask && privacy == SMPP_PRIVACY_SECRET)
		add_words(l, "*");
	else if (privacy == SMPP_PRIVACY_ADDRESS)
		add_address(l, text);
	else
		add_text(l, text, 0);
}

static void
add_status(struct line *l, uint32_t status)
{
	if (smpp_status_is_known(status))
		add_words(l, smpp_status_name(status));
	else
		add_code(l, status, 8);
}

static void
add_destinations(struct line *l, const struct smpp_list *list, const char *key)
{
	struct sb_reader r = sb_reader_of(list->octets);
	struct smpp_destination destination;

	while (!l->is_cut && smpp_next_destination(&r, &destination)) {
		add_key(l, key);
		if (destination.flag == SMPP_DESTINATION_ADDRESS)
			add_type(l, destination.ton, destination.npi);
		add_address(l, destination.address);
	}
}

static void
add_failures(struct line *l, const struct smpp_list *list, const char *key)
{
	struct sb_reader r = sb_reader_of(list->octets);
	struct smpp_failure failure;

	while (!l->is_cut && smpp_next_failure(&r, &failure)) {
		add_key(l, key);
		add_type(l, failure.ton, failure.npi);
		add_address(l, failure.address);
		add_words(l, "/");
		add_status(l, failure.status);
	}
}

/* The views of a body lie at the offsets that its rows say. */
static void
add_field(struct line *l, const struct smpp_field_info *field, const void *value)
{
	enum smpp_field_kind kind = (enum smpp_field_kind)field->kind;

	if (kind == SMPP_FIELD_DESTINATIONS) {
		add_destinations(l, value, field->name);
		return;
	}
	if (kind == SMPP_FIELD_FAILURES) {
		add_failures(l, value, field->name);
		return;
	}
	/* Lists have brought a key for each of their entries. */
	add_key(l, field->name);
	if (kind == SMPP_FIELD_U8)
		add_number(l, *(const uint8_t *)value);
	else if (kind == SMPP_FIELD_MESSAGE)
		add_secret(l, *(const struct sb_bytes *)value);
	else
		add_string(l, *(const struct sb_bytes *)value, field->privacy);
}

/* TLV strings come with their NUL and without; it is not part of the text. */
static struct sb_bytes
without_nul(struct sb_bytes text)
{
	if (text.size && text.data[text.size - 1] == 0)
		text.size--;
	return text;
}

/* Of any size that the row allows, also those where peers disagree. */
static void
add_integer(struct line *l, struct sb_bytes octets)
{
	uint32_t value = 0;

	for (size_t i = 0; i < octets.size; i++)
		value = value << 8 | octets.data[i];
	if (octets.size)
		add_number(l, value);
}

static void
add_known_tlv(struct line *l, const struct smpp_tlv_info *info, struct sb_bytes value)
{
	add_key(l, info->name);
	if (info->type == SMPP_TLV_INTEGER && smpp_tlv_size_fits(info, value.size))
		add_integer(l, value);
	else if (info->type == SMPP_TLV_STRING)
		add_string(l, without_nul(value), info->privacy);
	else if (info->privacy == SMPP_PRIVACY_OPEN)
		add_hex(l, value);
	else
		add_secret(l, value);
}

static void
add_tlvs(struct line *l, struct sb_bytes area)
{
	struct sb_reader r = sb_reader_of(area);
	struct smpp_tlv tlv;

	while (!l->is_cut && smpp_next_tlv(&r, &tlv)) {
		const struct smpp_tlv_info *info = smpp_tlv_info(l->dictionary, tlv.tag);

		if (info) {
			add_known_tlv(l, info, tlv.value);
		} else {
			add_words(l, " ");
			add_code(l, tlv.tag, 4);
			add_words(l, "=");
			add_secret(l, tlv.value);
		}
	}
}

static void
add_body(struct line *l, const struct smpp_pdu *pdu)
{
	const struct smpp_command_info *command = smpp_command_find(pdu->header.command);
	const char *base = (const char *)&pdu->bind;

	if (!command) {
		add_key(l, "body");
		add_secret(l, pdu->body);
		return;
	}
	if (pdu->header_only && smpp_is_response(command->id))
		return;
	for (size_t i = 0; i < command->field_count && !l->is_cut; i++)
		add_field(l, &command->fields[i], base + command->fields[i].offset);
	add_tlvs(l, pdu->tlvs);
}

/* The last characters of a line that was cut say so. */
static size_t
finish(struct line *l)
{
	size_t written = (size_t)(l->at - l->start);
	size_t dots = written < 3 ? written : 3;

	if (l->is_cut)
		memset(l->at - dots, '.', dots);
	*l->at = '\0';
	return written;
}

size_t
smpp_pdu_print(char *buf, size_t size, const struct smpp_pdu *pdu,
	const struct smpp_print_options *options)
{
	struct line l = {.start = buf, .at = buf};

	if (size == 0)
		return 0;
	/* So that the NUL has its place before anything is written. */
	l.end = buf + size - 1;
	if (options) {
		l.mask = options->mask;
		l.dictionary = options->dictionary;
	}
	add_key(&l, "command");
	if (smpp_command_find(pdu->header.command))
		add_words(&l, smpp_command_name(pdu->header.command));
	else
		add_code(&l, pdu->header.command, 8);
	add_key(&l, "status");
	add_status(&l, pdu->header.status);
	add_key(&l, "sequence");
	add_number(&l, pdu->header.sequence);
	add_body(&l, pdu);
	return finish(&l);
}
