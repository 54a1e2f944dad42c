#include "protocols/cwmp/stun.h"

#include "core/error.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define BINDING_REQUEST  0x0001
#define BINDING_RESPONSE 0x0101
#define BINDING_ERROR    0x0111
#define MAGIC_COOKIE     0x2112a442u

enum attribute {
	MAPPED_ADDRESS = 0x0001,
	RESPONSE_ADDRESS = 0x0002,
	CHANGE_REQUEST = 0x0003,
	SOURCE_ADDRESS = 0x0004,
	CHANGED_ADDRESS = 0x0005,
	USERNAME = 0x0006,
	MESSAGE_INTEGRITY = 0x0008,
	ERROR_CODE = 0x0009,
	XOR_MAPPED_ADDRESS = 0x0020,
	CONNECTION_REQUEST_BINDING = 0xc001,
	BINDING_CHANGE = 0xc002,
};

#define ATTRIBUTE_HEADER 4
#define CHANGE_ADDRESS   4 /* and port: flags of CHANGE-REQUEST */
#define CHANGE_PORT      2

/* The value of CONNECTION-REQUEST-BINDING. */
static const char binding_mark[] = "dslforum.org/TR-111 ";

/* ---- reading ---- */

struct header {
	uint16_t type, size;
	struct sb_bytes transaction;
};

static bool
read_header(struct sb_reader *r, struct header *header)
{
	header->type = sb_get_u16(r);
	header->size = sb_get_u16(r);
	header->transaction = sb_get_bytes(r, CWMP_STUN_TRANSACTION);
	/* What is behind it is not looked at; what does not follow is no STUN. */
	if (sb_reader_failed(r) || header->type & 0xc000 || header->size > sb_reader_left(r))
		return false;
	*r = sb_reader_of(sb_bytes(r->at, header->size));
	return true;
}

/* The next attribute: false: no more, or it is broken (then *r has failed). The last may do without
 * its padding. */
static bool
next_attribute(struct sb_reader *r, uint16_t *type, struct sb_bytes *value)
{
	size_t size, padding;

	if (sb_reader_left(r) == 0)
		return false;
	*type = sb_get_u16(r);
	size = sb_get_u16(r);
	*value = sb_get_bytes(r, size);
	padding = -size & 3;
	sb_get_bytes(r, padding < sb_reader_left(r) ? padding : sb_reader_left(r));
	return !sb_reader_failed(r);
}

static bool
read_address(struct sb_bytes value, union sb_socket_address *address)
{
	struct sb_reader r = sb_reader_of(value);
	unsigned family = sb_get_u16(&r) & 0xff;
	uint16_t port = sb_get_u16(&r);

	memset(address, 0, sizeof(*address));
	if (family == 1 && sb_reader_left(&r) == 4) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons(port);
		memcpy(&address->v4.sin_addr, r.at, 4);
		return true;
	}
	if (family != 2 || sb_reader_left(&r) != 16)
		return false;
	address->v6.sin6_family = AF_INET6;
	address->v6.sin6_port = htons(port);
	memcpy(&address->v6.sin6_addr, r.at, 16);
	return true;
}

/* RFC 3489 has names filled up to a multiple of four, some devices with blanks. */
static struct sb_bytes
without_padding(struct sb_bytes name)
{
	while (name.size && (name.data[name.size - 1] == '\0' || name.data[name.size - 1] == ' '))
		name.size--;
	return name;
}

static void
take(struct cwmp_stun_request *request, uint16_t type, struct sb_bytes value)
{
	switch (type) {
	case USERNAME:
		request->username = without_padding(value);
		break;
	case RESPONSE_ADDRESS:
		request->has_response_address = read_address(value, &request->response_address);
		break;
	case CHANGE_REQUEST:
		request->wants_another_source =
			value.size == 4 && value.data[3] & (CHANGE_ADDRESS | CHANGE_PORT);
		break;
	case CONNECTION_REQUEST_BINDING:
		request->is_for_requests = true;
		break;
	case BINDING_CHANGE:
		request->is_change = true;
		break;
	}
}

static uint32_t
cookie_of(const uint8_t *transaction)
{
	struct sb_reader r = sb_reader_of(sb_bytes(transaction, 4));

	return sb_get_u32(&r);
}

int
cwmp_stun_decode(struct sb_bytes in, struct cwmp_stun_request *request)
{
	struct sb_reader r = sb_reader_of(in);
	struct header header;
	struct sb_bytes value;
	uint16_t type;

	*request = (struct cwmp_stun_request){0};
	if (!read_header(&r, &header))
		return SB_EPROTO;
	if (header.type != BINDING_REQUEST)
		return SB_ENOTSUP;
	request->transaction = header.transaction.data;
	request->size = (size_t)CWMP_STUN_HEADER + header.size;
	request->is_classic = cookie_of(request->transaction) != MAGIC_COOKIE;
	/* MESSAGE-INTEGRITY is the last that counts. */
	while (!request->integrity_at && next_attribute(&r, &type, &value)) {
		if (type == MESSAGE_INTEGRITY && value.size == CWMP_STUN_INTEGRITY_SIZE)
			request->integrity_at = (size_t)(value.data - in.data) - ATTRIBUTE_HEADER;
		else
			take(request, type, value);
	}
	return sb_reader_failed(&r) ? SB_EPROTO : 0;
}

/* ---- MESSAGE-INTEGRITY ---- */

static bool
update(EVP_MAC_CTX *context, const uint8_t *message, size_t size, size_t padding)
{
	static const uint8_t zeros[64];
	/* Its length says that the integrity is there, and nothing behind. */
	uint16_t told =
		(uint16_t)(size - CWMP_STUN_HEADER + ATTRIBUTE_HEADER + CWMP_STUN_INTEGRITY_SIZE);
	const uint8_t length[] = {(uint8_t)(told >> 8), (uint8_t)told};

	return EVP_MAC_update(context, message, 2) && EVP_MAC_update(context, length, 2) &&
	       EVP_MAC_update(context, message + 4, size - 4) &&
	       EVP_MAC_update(context, zeros, padding);
}

/* Over the first `size` octets of a message; RFC 3489 fills them up to a multiple of 64. */
static bool
integrity(const uint8_t *message, size_t size, bool is_padded, const char *password,
	uint8_t out[CWMP_STUN_INTEGRITY_SIZE])
{
	char digest[] = "SHA1";
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string("digest", digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
	/* OpenSSL takes a key of no octets for the last one. */
	const uint8_t *key = (const uint8_t *)password;
	size_t key_size = strlen(password), written;
	bool is_made = context && EVP_MAC_init(context, key, key_size, parameters) &&
		       update(context, message, size, is_padded ? -size & 63 : 0) &&
		       EVP_MAC_final(context, out, &written, CWMP_STUN_INTEGRITY_SIZE);

	EVP_MAC_CTX_free(context);
	EVP_MAC_free(mac);
	return is_made;
}

bool
cwmp_stun_is_authentic(
	struct sb_bytes in, const struct cwmp_stun_request *request, const char *password)
{
	const uint8_t *given = in.data + request->integrity_at + ATTRIBUTE_HEADER;
	uint8_t expected[CWMP_STUN_INTEGRITY_SIZE];

	if (!request->integrity_at || !*password)
		return false;
	for (int is_padded = 0; is_padded <= 1; is_padded++)
		if (integrity(in.data, request->integrity_at, is_padded, password, expected) &&
			CRYPTO_memcmp(given, expected, sizeof(expected)) == 0)
			return true;
	return false;
}

/* ---- writing ---- */

static void
begin(struct sb_writer *w, uint16_t type, const uint8_t *transaction)
{
	sb_put_u16(w, type);
	sb_put_u16(w, 0); /* the length: see end */
	sb_put_bytes(w, transaction, CWMP_STUN_TRANSACTION);
}

static void
put_attribute(struct sb_writer *w, uint16_t type, const void *value, size_t size)
{
	static const uint8_t zeros[3];

	sb_put_u16(w, type);
	sb_put_u16(w, (uint16_t)size);
	sb_put_bytes(w, value, size);
	sb_put_bytes(w, zeros, -size & 3);
}

/* With `mask`, the transaction, each octet is another one on the line: some NATs change addresses
 * wherever they see them. */
static void
put_address(struct sb_writer *w, uint16_t type, const union sb_socket_address *address,
	const uint8_t *mask)
{
	static const uint8_t none[CWMP_STUN_TRANSACTION];
	bool is_v6 = address->any.sa_family == AF_INET6;
	const uint8_t *host = is_v6 ? (const uint8_t *)&address->v6.sin6_addr
				    : (const uint8_t *)&address->v4.sin_addr;
	uint16_t port = ntohs(is_v6 ? address->v6.sin6_port : address->v4.sin_port);
	uint8_t value[20] = {0, is_v6 ? 2 : 1, (uint8_t)(port >> 8), (uint8_t)port};
	size_t size = is_v6 ? 16 : 4;

	if (!mask)
		mask = none;
	value[2] ^= mask[0];
	value[3] ^= mask[1];
	for (size_t i = 0; i < size; i++)
		value[4 + i] = host[i] ^ mask[i];
	put_attribute(w, type, value, 4 + size);
}

/* Adds the integrity if there is a password, and fills in the length: the size, 0: it did not
 * work out. */
static size_t
end(struct sb_writer *w, bool is_classic, const char *password)
{
	uint8_t made[CWMP_STUN_INTEGRITY_SIZE];
	size_t size = sb_writer_size(w);

	if (sb_writer_failed(w))
		return 0;
	if (password && *password) {
		if (!integrity(w->start, size, is_classic, password, made))
			return 0;
		put_attribute(w, MESSAGE_INTEGRITY, made, sizeof(made));
		size = sb_writer_size(w);
	}
	if (sb_writer_failed(w))
		return 0;
	w->start[2] = (uint8_t)((size - CWMP_STUN_HEADER) >> 8);
	w->start[3] = (uint8_t)(size - CWMP_STUN_HEADER);
	return size;
}

/* For so many addresses more, in an answer that is no larger than its question. The proof is not
 * looked at: who gets one has brought one of the same size. */
static bool
has_room(const struct sb_writer *w, const struct cwmp_stun_request *request,
	const union sb_socket_address *address, size_t count)
{
	size_t each = ATTRIBUTE_HEADER + (address->any.sa_family == AF_INET6 ? 20 : 8);
	size_t question = request->integrity_at ? request->integrity_at : request->size;

	return sb_writer_size(w) + count * each <= question;
}

size_t
cwmp_stun_encode_response(const struct cwmp_stun_request *request,
	const union sb_socket_address *mapped, const union sb_socket_address *source,
	const char *password, uint8_t out[CWMP_STUN_RESPONSE_MAX])
{
	struct sb_writer w = sb_writer_of(out, CWMP_STUN_RESPONSE_MAX);

	begin(&w, BINDING_RESPONSE, request->transaction);
	if (request->is_classic)
		put_address(&w, MAPPED_ADDRESS, mapped, NULL);
	else
		put_address(&w, XOR_MAPPED_ADDRESS, mapped, request->transaction);
	if (!request->is_classic && has_room(&w, request, mapped, 1))
		put_address(&w, MAPPED_ADDRESS, mapped, NULL);
	/* There is no other: but RFC 3489 wants to be told of one. */
	if (request->is_classic && source && has_room(&w, request, source, 2)) {
		put_address(&w, SOURCE_ADDRESS, source, NULL);
		put_address(&w, CHANGED_ADDRESS, source, NULL);
	}
	return end(&w, request->is_classic, password);
}

size_t
cwmp_stun_encode_error(const struct cwmp_stun_request *request, unsigned code, const char *reason,
	uint8_t out[CWMP_STUN_RESPONSE_MAX])
{
	struct sb_writer w = sb_writer_of(out, CWMP_STUN_RESPONSE_MAX);
	uint8_t value[64] = {0, 0, (uint8_t)(code / 100), (uint8_t)(code % 100)};
	size_t size = strnlen(reason, sizeof(value) - 4);

	memcpy(value + 4, reason, size);
	begin(&w, BINDING_ERROR, request->transaction);
	put_attribute(&w, ERROR_CODE, value, 4 + size);
	return end(&w, request->is_classic, NULL);
}

/* ---- the device's side ---- */

size_t
cwmp_stun_encode_request(const uint8_t transaction[CWMP_STUN_TRANSACTION], const char *username,
	const char *password, bool is_change, uint8_t *out, size_t size)
{
	struct sb_writer w = sb_writer_of(out, size);

	if (strlen(username) > 256)
		return 0;
	begin(&w, BINDING_REQUEST, transaction);
	put_attribute(&w, CONNECTION_REQUEST_BINDING, binding_mark, sizeof(binding_mark) - 1);
	if (is_change)
		put_attribute(&w, BINDING_CHANGE, NULL, 0);
	if (*username)
		put_attribute(&w, USERNAME, username, strlen(username));
	return end(&w, true, password);
}

/* As put_address has masked it. */
static bool
read_masked(struct sb_bytes value, const uint8_t *mask, union sb_socket_address *address)
{
	uint8_t plain[20];

	if (value.size < 4 || value.size > sizeof(plain))
		return false;
	memcpy(plain, value.data, value.size);
	plain[2] ^= mask[0];
	plain[3] ^= mask[1];
	for (size_t i = 4; i < value.size; i++)
		plain[i] ^= mask[i - 4];
	return read_address(sb_bytes(plain, value.size), address);
}

int
cwmp_stun_decode_response(struct sb_bytes in, const uint8_t transaction[CWMP_STUN_TRANSACTION],
	union sb_socket_address *mapped)
{
	struct sb_reader r = sb_reader_of(in);
	struct header header;
	struct sb_bytes value;
	uint16_t type;

	if (!read_header(&r, &header) ||
		!sb_bytes_equal(header.transaction, sb_bytes(transaction, CWMP_STUN_TRANSACTION)))
		return SB_EPROTO;
	if (header.type != BINDING_RESPONSE)
		return SB_ENOTSUP;
	while (next_attribute(&r, &type, &value)) {
		if (type == MAPPED_ADDRESS && read_address(value, mapped))
			return 0;
		if (type == XOR_MAPPED_ADDRESS && read_masked(value, transaction, mapped))
			return 0;
	}
	return SB_EPROTO;
}
