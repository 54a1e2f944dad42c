#include "tests/bench/smpp_load/pool.h"
#include "core/error.h"
#include "protocols/smpp/pdu.h"
#include "protocols/smpp/tlv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	POOL_BYTES = 256 * 1024,
	POOL_MESSAGES = 4096,
	SHORT_MESSAGE_MAX = 254,
	TEXT_MAX = 65535,
	ADDRESS_MAX = 20,
	SEQUENCE_OFFSET = 12,
	TLV_HEADER = 4,
	NUMBER_DIGITS = 16,
};

/* A number of letters needs telling from letters: who sends from "Shop" is alphanumeric. */
static void
set_source(struct smpp_submit_sm *message, const char *source)
{
	bool digits = strspn(source, "+0123456789") == strlen(source);

	message->source_addr = sb_bytes_text(source);
	message->source_addr_ton = digits ? SMPP_TON_INTERNATIONAL : SMPP_TON_ALPHANUMERIC;
	message->source_addr_npi = digits ? SMPP_NPI_E164 : SMPP_NPI_UNKNOWN;
}

static int
encode(const struct pool_options *options, struct sb_bytes text, struct sb_bytes destination,
	struct sb_writer *out)
{
	static uint8_t tlv[TLV_HEADER + TEXT_MAX];
	struct sb_writer tlvs = sb_writer_of(tlv, sizeof(tlv));
	struct smpp_pdu pdu = {.header = {.command = SMPP_SUBMIT_SM, .sequence = 1}};
	struct smpp_submit_sm *message = &pdu.submit_sm;
	int err = 0;

	set_source(message, options->source);
	message->dest_addr_ton = SMPP_TON_INTERNATIONAL;
	message->dest_addr_npi = SMPP_NPI_E164;
	message->destination_addr = destination;
	message->registered_delivery = options->registered_delivery;
	message->data_coding = options->data_coding;
	if (text.size <= SHORT_MESSAGE_MAX) {
		message->short_message = text;
	} else {
		err = smpp_put_tlv(&tlvs, SMPP_TAG_MESSAGE_PAYLOAD, text);
		pdu.tlvs = sb_bytes(tlv, sb_writer_size(&tlvs));
	}
	if (!err)
		err = smpp_encode(&pdu, out);
	if (err)
		fprintf(stderr, "smpp-load: the message cannot be encoded: %s\n",
			smpp_invalid_field(&pdu) ? smpp_invalid_field(&pdu) : sb_error_text(err));
	return err;
}

/* Digits for the '#' by a generator of our own, the same in every run. */
static struct sb_bytes
destination_of(const char *pattern, char *out, uint64_t *seed)
{
	size_t size = strnlen(pattern, ADDRESS_MAX + 1);

	for (size_t i = 0; i < size; i++) {
		*seed = *seed * 6364136223846793005U + 1442695040888963407U;
		out[i] = pattern[i] == '#' ? (char)('0' + (*seed >> 33) % 10) : pattern[i];
	}
	return sb_bytes(out, size);
}

static struct sb_bytes
text_of(const struct pool_options *options, uint8_t *letters)
{
	if (options->text)
		return sb_bytes_text(options->text);
	for (uint32_t i = 0; i < options->text_size && i < TEXT_MAX; i++)
		letters[i] = (uint8_t)('a' + i % 26);
	return sb_bytes(letters, options->text_size);
}

static int
fill(struct pool *pool, const struct pool_options *options, struct sb_bytes text)
{
	struct sb_writer out = sb_writer_of(pool->octets, POOL_BYTES);
	char destination[ADDRESS_MAX + 1];
	uint64_t seed = 1;

	do {
		int err = encode(options, text,
			destination_of(options->destination, destination, &seed), &out);

		if (err)
			return err;
		pool->count++;
		pool->pdu_size = sb_writer_size(&out) / pool->count;
	} while (
		pool->count < POOL_MESSAGES && sb_writer_size(&out) + pool->pdu_size <= POOL_BYTES);
	return 0;
}

/* All PDUs are of one size, and what differs stands in the same place. */
static int
find_places(struct pool *pool)
{
	struct smpp_pdu pdu;
	int err = smpp_decode(sb_bytes(pool->octets, pool->pdu_size), NULL, &pdu, NULL);

	if (err)
		return err;
	pool->destination_offset = (size_t)(pdu.submit_sm.destination_addr.data - pool->octets);
	pool->destination_size = pdu.submit_sm.destination_addr.size;
	pool->text_offset = (size_t)(pdu.submit_sm.short_message.data - pool->octets);
	return 0;
}

static bool
text_is_good(const struct pool_options *options, size_t size)
{
	if (size > TEXT_MAX)
		fputs("smpp-load: the text is over 65535 octets\n", stderr);
	else if (options->numbered && (size < NUMBER_DIGITS || size > SHORT_MESSAGE_MAX))
		fputs("smpp-load: a journal wants texts of 16 to 254 octets\n", stderr);
	else
		return true;
	return false;
}

int
pool_init(struct pool *pool, const struct pool_options *options)
{
	static uint8_t letters[TEXT_MAX];
	struct sb_bytes text = text_of(options, letters);
	int err;

	*pool = (struct pool){.octets = malloc(POOL_BYTES)};
	if (!pool->octets)
		return SB_ENOMEM;
	err = text_is_good(options, text.size) ? fill(pool, options, text) : SB_EINVAL;
	if (!err)
		err = find_places(pool);
	if (err)
		pool_fini(pool);
	return err;
}

void
pool_fini(struct pool *pool)
{
	free(pool->octets);
	*pool = (struct pool){0};
}

uint8_t *
pool_take(struct pool *pool, uint32_t wanted, uint32_t *count)
{
	uint8_t *run = pool->octets + pool->next * pool->pdu_size;
	uint32_t left = pool->count - pool->next;

	*count = wanted < left ? wanted : left;
	pool->next = *count == left ? 0 : pool->next + *count;
	return run;
}

void
pool_set_sequence(const struct pool *pool, uint8_t *run, uint32_t index, uint32_t sequence)
{
	uint32_t wire = __builtin_bswap32(sequence);

	memcpy(run + index * pool->pdu_size + SEQUENCE_OFFSET, &wire, sizeof(wire));
}

struct sb_bytes
pool_destination(const struct pool *pool, const uint8_t *run, uint32_t index)
{
	return sb_bytes(
		run + index * pool->pdu_size + pool->destination_offset, pool->destination_size);
}

void
pool_set_number(const struct pool *pool, uint8_t *run, uint32_t index, uint64_t number)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *text = run + index * pool->pdu_size + pool->text_offset;

	for (int i = 0; i < NUMBER_DIGITS; i++)
		text[i] = (uint8_t)digits[number >> (4 * (NUMBER_DIGITS - 1 - i)) & 15];
}
