#include "protocols/smpp/print.h"

#include <stdarg.h>
#include <stdio.h>

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

__attribute__((format(printf, 2, 3))) static void
add(struct line *l, const char *format, ...)
{
	char text[96];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (size >= (int)sizeof(text))
		size = sizeof(text) - 1;
	if (size > 0)
		add_octets(l, text, (size_t)size);
}

static void
add_key(struct line *l, const char *key)
{
	if (l->at != l->start)
		add_octets(l, " ", 1);
	add_octets(l, key, strlen(key));
	add_octets(l, "=", 1);
}

static void
add_character(struct line *l, uint8_t octet)
{
	static const char hex[] = "0123456789abcdef";
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

	add_octets(l, "\"", 1);
	for (size_t i = 0; i < text.size && !l->is_cut; i++)
		add_character(l, i < shown ? text.data[i] : '*');
	add_octets(l, "\"", 1);
}

static void
add_address(struct line *l, struct sb_bytes text)
{
	add_text(l, text, l->mask ? MASKED_DIGITS : 0);
}

static void
add_hex(struct line *l, struct sb_bytes octets)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < octets.size && !l->is_cut; i++) {
		char pair[2] = {hex[octets.data[i] >> 4], hex[octets.data[i] & 0x0F]};

		add_octets(l, pair, sizeof(pair));
	}
}

/* Octets whose number alone is shown in a masked line. */
static void
add_secret(struct line *l, struct sb_bytes octets)
{
	if (l->mask)
		add(l, "*%zu", octets.size);
	else
		add_hex(l, octets);
}

static void
add_string(struct line *l, struct sb_bytes text, uint8_t privacy)
{
	if (l->mask && privacy == SMPP_PRIVACY_SECRET)
		add_octets(l, "*", 1);
	else if (privacy == SMPP_PRIVACY_ADDRESS)
		add_address(l, text);
	else
		add_text(l, text, 0);
}

static void
add_status(struct line *l, uint32_t status)
{
	if (smpp_status_is_known(status))
		add(l, "%s", smpp_status_name(status));
	else
		add(l, "0x%08x", (unsigned)status);
}

static void
add_destinations(struct line *l, const struct smpp_list *list, const char *key)
{
	struct sb_reader r = sb_reader_of(list->octets);
	struct smpp_destination destination;

	while (!l->is_cut && smpp_next_destination(&r, &destination)) {
		add_key(l, key);
		if (destination.flag == SMPP_DESTINATION_ADDRESS)
			add(l, "%u/%u/", destination.ton, destination.npi);
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
		add(l, "%u/%u/", failure.ton, failure.npi);
		add_address(l, failure.address);
		add_octets(l, "/", 1);
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
	add_key(l, field->name);
	if (kind == SMPP_FIELD_U8)
		add(l, "%u", *(const uint8_t *)value);
	else if (kind == SMPP_FIELD_MESSAGE)
		add_secret(l, *(const struct sb_bytes *)value);
	else
		add_string(l, *(const struct sb_bytes *)value, field->privacy);
}

static struct sb_bytes
without_nul(struct sb_bytes text)
{
	if (text.size && text.data[text.size - 1] == 0)
		text.size--;
	return text;
}

static void
add_integer(struct line *l, struct sb_bytes octets)
{
	uint32_t value = 0;

	for (size_t i = 0; i < octets.size; i++)
		value = value << 8 | octets.data[i];
	if (octets.size)
		add(l, "%u", (unsigned)value);
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
			add(l, " 0x%04x=", tlv.tag);
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
	l.end = buf + size - 1;
	if (options) {
		l.mask = options->mask;
		l.dictionary = options->dictionary;
	}
	add_key(&l, "command");
	if (smpp_command_find(pdu->header.command))
		add(&l, "%s", smpp_command_name(pdu->header.command));
	else
		add(&l, "0x%08x", (unsigned)pdu->header.command);
	add_key(&l, "status");
	add_status(&l, pdu->header.status);
	add_key(&l, "sequence");
	add(&l, "%u", (unsigned)pdu->header.sequence);
	add_body(&l, pdu);
	return finish(&l);
}
