/*
 * Delivery receipts. The text of 3.4's Appendix B is no standard but everybody's
 * habit, so it is written in the one form that all read, and read in every form
 * that is seen. The TLVs say the same without guessing, and win where both are
 * there.
 */
#include "protocols/smpp/receipt.h"

#include <string.h>
#include <strings.h>

#include "protocols/smpp/payload.h"
#include "protocols/smpp/time.h"

#define MESSAGE_ID_MAX 64
#define TEXT_MAX       20 /* of the message, by habit */
#define ERROR_MAX      3
#define COUNT_MAX      999
#define DATE_DIGITS    10 /* YYMMDDhhmm; with seconds 12 */
#define MINUTE_MS      60000

struct smpp_receipt
smpp_receipt_empty(void)
{
	return (struct smpp_receipt){
		.submitted = SMPP_RECEIPT_NO_COUNT,
		.delivered = SMPP_RECEIPT_NO_COUNT,
		.state = SMPP_STATE_UNKNOWN,
	};
}

/* Three digits are all the room there is. */
static unsigned
count_to_write(int count)
{
	return count < 0 ? 0 : count > COUNT_MAX ? COUNT_MAX : (unsigned)count;
}

/* Three digits, by hand: printf would cost more than the rest of a receipt. */
static void
put_count(struct sb_writer *w, int count)
{
	unsigned number = count_to_write(count);
	char digits[3] = {(char)('0' + number / 100), (char)('0' + number / 10 % 10),
		(char)('0' + number % 10)};

	sb_put_bytes(w, digits, sizeof(digits));
}

static void
put_text(struct sb_writer *w, const char *text)
{
	sb_put_bytes(w, text, strlen(text));
}

/* An SMPP time in UTC begins with the digits that a receipt wants. */
static int
format_date(int64_t at_ms, char text[SMPP_TIME_LENGTH + 1])
{
	if (at_ms == 0) {
		memset(text, '0', SMPP_TIME_LENGTH);
		return 0;
	}
	return smpp_time_format(at_ms, 0, text);
}

/* Most messages are done in the minute of their submit, and a receipt says no more than that. */
static int
format_done(const struct smpp_receipt *receipt, const char submit[SMPP_TIME_LENGTH + 1],
	char done[SMPP_TIME_LENGTH + 1])
{
	bool is_same = receipt->submit_ms > 0 && receipt->done_ms > 0 &&
		       receipt->submit_ms / MINUTE_MS == receipt->done_ms / MINUTE_MS;

	if (!is_same)
		return format_date(receipt->done_ms, done);
	memcpy(done, submit, DATE_DIGITS);
	return 0;
}

/* Cut by octets: a receipt's text is a hint, and may end within a character. */
static struct sb_bytes
at_most(struct sb_bytes octets, size_t size)
{
	return sb_bytes(octets.data, octets.size < size ? octets.size : size);
}

int
smpp_receipt_write(const struct smpp_receipt *receipt, struct sb_writer *w)
{
	struct sb_writer before = *w;
	struct sb_bytes error = receipt->error.size ? receipt->error : sb_bytes_text("000");
	struct sb_bytes text = at_most(receipt->text, TEXT_MAX);
	char submit[SMPP_TIME_LENGTH + 1], done[SMPP_TIME_LENGTH + 1];

	if (receipt->message_id.size > MESSAGE_ID_MAX || format_date(receipt->submit_ms, submit) ||
		format_done(receipt, submit, done))
		return SB_EINVAL;
	put_text(w, "id:");
	sb_put_bytes(w, receipt->message_id.data, receipt->message_id.size);
	put_text(w, " sub:");
	put_count(w, receipt->submitted);
	put_text(w, " dlvrd:");
	put_count(w, receipt->delivered);
	put_text(w, " submit date:");
	sb_put_bytes(w, submit, DATE_DIGITS);
	put_text(w, " done date:");
	sb_put_bytes(w, done, DATE_DIGITS);
	put_text(w, " stat:");
	put_text(w,
		smpp_message_state_text(receipt->has_state ? receipt->state : SMPP_STATE_UNKNOWN));
	put_text(w, " err:");
	error = at_most(error, ERROR_MAX);
	sb_put_bytes(w, error.data, error.size);
	put_text(w, " text:");
	sb_put_bytes(w, text.data, text.size);
	if (!sb_writer_failed(w))
		return 0;
	*w = before;
	return SB_ENOSPC;
}

static int
put_network_error(const struct smpp_receipt *receipt, struct sb_writer *w)
{
	uint8_t octets[3] = {receipt->network_type, (uint8_t)(receipt->network_error >> 8),
		(uint8_t)receipt->network_error};

	if (receipt->network_type == 0)
		return 0;
	return smpp_put_tlv(w, SMPP_TAG_NETWORK_ERROR_CODE, sb_bytes(octets, sizeof(octets)));
}

int
smpp_receipt_put_tlvs(const struct smpp_receipt *receipt, struct sb_writer *w)
{
	struct sb_writer before = *w;
	int err = smpp_put_tlv_string(w, SMPP_TAG_RECEIPTED_MESSAGE_ID, receipt->message_id);

	if (!err && receipt->has_state)
		err = smpp_put_tlv_u8(w, SMPP_TAG_MESSAGE_STATE, receipt->state);
	if (!err)
		err = put_network_error(receipt, w);
	if (err)
		*w = before;
	return err;
}

enum key {
	KEY_ID,
	KEY_SUBMITTED,
	KEY_DELIVERED,
	KEY_SUBMIT_DATE,
	KEY_DONE_DATE,
	KEY_STATE,
	KEY_ERROR,
	KEY_TEXT,
	KEYS,
};

/* With their colons: "sub:" is no prefix of "submit date:" then. */
static const char *const keys[KEYS] = {
	[KEY_ID] = "id:",
	[KEY_SUBMITTED] = "sub:",
	[KEY_DELIVERED] = "dlvrd:",
	[KEY_SUBMIT_DATE] = "submit date:",
	[KEY_DONE_DATE] = "done date:",
	[KEY_STATE] = "stat:",
	[KEY_ERROR] = "err:",
	[KEY_TEXT] = "text:",
};

static bool
starts_with(struct sb_bytes text, const char *key)
{
	size_t size = strlen(key);

	return text.size >= size && strncasecmp((const char *)text.data, key, size) == 0;
}

static void
parse_count(struct sb_bytes digits, int *count)
{
	int value = 0;

	/* Nine digits fit an int whatever they are. */
	if (digits.size == 0 || digits.size > 9)
		return;
	for (size_t i = 0; i < digits.size; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return;
		value = value * 10 + (digits.data[i] - '0');
	}
	*count = value;
}

static void
parse_date(struct sb_bytes digits, int64_t *at_ms)
{
	/* The receipt's digits are the first of an SMPP time; the rest says: no tenths, UTC. */
	char text[SMPP_TIME_LENGTH + 1] = "YYMMDDhhmm00000+";

	if (digits.size != DATE_DIGITS && digits.size != DATE_DIGITS + 2)
		return;
	memcpy(text, digits.data, digits.size);
	/* What is no date leaves *at_ms as it is. */
	(void)smpp_time_parse(sb_bytes(text, SMPP_TIME_LENGTH), 0, at_ms);
}

static void
parse_state(struct sb_bytes word, struct smpp_receipt *receipt)
{
	/* Unknown words leave has_state as it was: no state is better than a wrong one. */
	if (smpp_message_state_from_name(word, &receipt->state) == 0)
		receipt->has_state = true;
}

static void
take(struct smpp_receipt *receipt, enum key key, struct sb_bytes value)
{
	switch (key) {
	case KEY_ID:
		receipt->message_id = value;
		break;
	case KEY_SUBMITTED:
		parse_count(value, &receipt->submitted);
		break;
	case KEY_DELIVERED:
		parse_count(value, &receipt->delivered);
		break;
	case KEY_SUBMIT_DATE:
		parse_date(value, &receipt->submit_ms);
		break;
	case KEY_DONE_DATE:
		parse_date(value, &receipt->done_ms);
		break;
	case KEY_STATE:
		parse_state(value, receipt);
		break;
	case KEY_ERROR:
		receipt->error = value;
		break;
	case KEY_TEXT:
		receipt->text = value;
		break;
	case KEYS:
		break;
	}
}

static enum key
key_at(struct sb_bytes rest)
{
	enum key key = KEY_ID;

	while (key < KEYS && !starts_with(rest, keys[key]))
		key++;
	return key;
}

static struct sb_bytes
skip(struct sb_bytes text, size_t size)
{
	return sb_bytes(text.data + size, text.size - size);
}

/* The octets before the next space. */
static struct sb_bytes
word_at(struct sb_bytes rest)
{
	const uint8_t *space = rest.size ? memchr(rest.data, ' ', rest.size) : NULL;

	return sb_bytes(rest.data, space ? (size_t)(space - rest.data) : rest.size);
}

int
smpp_receipt_parse(struct sb_bytes text, struct smpp_receipt *receipt)
{
	*receipt = smpp_receipt_empty();
	while (text.size) {
		enum key key = key_at(text);
		struct sb_bytes value;

		/* Only at the start of a word, so that "stat:" within an id is no key. Words that
		 * are none are stepped over. */
		if (key < KEYS)
			text = skip(text, strlen(keys[key]));
		/* Whatever follows text: is text, also what looks like a key. */
		value = key == KEY_TEXT ? text : word_at(text);
		take(receipt, key, value);
		text = skip(text, value.size);
		if (text.size)
			text = skip(text, 1);
	}
	return receipt->message_id.size || receipt->has_state ? 0 : SB_ENOENT;
}

static void
read_network_error(struct sb_bytes tlvs, struct smpp_receipt *receipt)
{
	struct sb_bytes value;

	if (!smpp_find_tlv(tlvs, SMPP_TAG_NETWORK_ERROR_CODE, &value) || value.size != 3)
		return;
	receipt->network_type = value.data[0];
	receipt->network_error = (uint16_t)(value.data[1] << 8 | value.data[2]);
}

static uint8_t
esm_class_of(const struct smpp_pdu *pdu)
{
	if (pdu->header.command == SMPP_DELIVER_SM)
		return pdu->deliver_sm.esm_class;
	return pdu->header.command == SMPP_DATA_SM ? pdu->data_sm.esm_class : 0;
}

int
smpp_receipt_read(const struct smpp_pdu *pdu, struct smpp_receipt *receipt)
{
	struct sb_bytes octets = {NULL, 0};
	struct sb_bytes id;
	uint32_t state;

	if (!smpp_is_receipt(esm_class_of(pdu)))
		return SB_ENOENT;
	/* With both forms of a message there, the payload counts. */
	(void)smpp_payload(pdu, &octets);
	/* A text that is no receipt is no fault yet: the TLVs may be all there is. */
	(void)smpp_receipt_parse(octets, receipt);
	if (smpp_find_tlv_string(pdu->tlvs, SMPP_TAG_RECEIPTED_MESSAGE_ID, &id))
		receipt->message_id = id;
	if (smpp_find_tlv_integer(pdu->tlvs, SMPP_TAG_MESSAGE_STATE, &state)) {
		receipt->state = (uint8_t)state;
		receipt->has_state = true;
	}
	read_network_error(pdu->tlvs, receipt);
	return receipt->message_id.size || receipt->has_state ? 0 : SB_ENOENT;
}
