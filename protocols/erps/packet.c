#include "protocols/erps/packet.h"

#include "core/error.h"

/* Where what is; every number is big-endian. */
#define SIZE_AT       4
#define TYPE_AT       8
#define VERSION_AT    9
#define IDENTIFIER_AT 12
#define KEY_AT        48
#define SIGNATURE_AT  64

static const uint8_t keepalive[ERPS_KEEPALIVE_SIZE] = {'e', 'r', 'p', 's'};

#define MAGIC_SIZE SIZE_AT /* of any packet */

const char *
erps_type_name(uint8_t type)
{
	static const char *const names[] = {
#define X(name, code, text) [code] = (text),
		ERPS_TYPE_MAP(X)
#undef X
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* A switch, which the compiler makes one test of a bit: this is asked for every packet. */
static inline bool
is_type(uint8_t type)
{
	switch (type) {
#define X(name, code, text) case code:
		ERPS_TYPE_MAP(X)
#undef X
		return true;
	}
	return false;
}

static inline uint32_t
load_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return __builtin_bswap32(value);
}

/* Of the octets that are there: a peer that speaks something else may never send four. */
static inline bool
has_magic(struct sb_bytes in)
{
	if (in.size >= MAGIC_SIZE)
		return memcmp(in.data, keepalive, MAGIC_SIZE) == 0;
	return memcmp(in.data, keepalive, in.size) == 0;
}

/* Eight at a time while that goes: most of the identifier's field is empty in every packet. */
static inline struct sb_bytes
without_nuls(const uint8_t *field, size_t size)
{
	uint64_t last;

	for (; size >= sizeof(last); size -= sizeof(last)) {
		memcpy(&last, field + size - sizeof(last), sizeof(last));
		if (last)
			break;
	}
	while (size > 0 && field[size - 1] == 0)
		size--;
	return sb_bytes(field, size);
}

static ssize_t
view_keepalive(const uint8_t *at, struct erps_packet *packet)
{
	*packet = (struct erps_packet){
		.type = ERPS_KEEPALIVE,
		.octets = sb_bytes(at, ERPS_KEEPALIVE_SIZE),
	};
	return ERPS_KEEPALIVE_SIZE;
}

static ssize_t
view_packet(const uint8_t *at, size_t size, struct erps_packet *packet)
{
	packet->type = at[TYPE_AT];
	packet->version.major = at[VERSION_AT];
	packet->version.minor = at[VERSION_AT + 1];
	packet->version.patch = at[VERSION_AT + 2];
	packet->identifier = without_nuls(at + IDENTIFIER_AT, ERPS_IDENTIFIER_SIZE);
	packet->key = sb_bytes(at + KEY_AT, ERPS_KEY_SIZE);
	packet->signature = sb_bytes(at + SIGNATURE_AT, ERPS_SIGNATURE_SIZE);
	packet->payload = sb_bytes(at + ERPS_HEADER_SIZE, size - ERPS_HEADER_SIZE);
	packet->octets = sb_bytes(at, size);
	return (ssize_t)size;
}

/* What can be said of fewer octets than tell a packet's size. */
static ssize_t
decode_start(struct sb_bytes in, uint32_t max_payload)
{
	if (in.size > 0 && !has_magic(in))
		return SB_EPROTO;
	if (in.size >= TYPE_AT && load_u32(in.data + SIZE_AT) > max_payload)
		return SB_ELIMIT;
	return 0;
}

ssize_t
erps_packet_decode(
	struct sb_bytes in, uint32_t max_payload, struct erps_packet *packet, size_t *need)
{
	size_t unused = 0, size;
	ssize_t err = decode_start(in, max_payload);
	uint32_t payload_size;

	need = need ? need : &unused;
	*need = 0;
	if (err || in.size < TYPE_AT)
		return err;
	payload_size = load_u32(in.data + SIZE_AT);
	size = (size_t)ERPS_HEADER_SIZE + payload_size;
	if (in.size > TYPE_AT) {
		if (!is_type(in.data[TYPE_AT]))
			return SB_EPROTO;
		/* Only without a payload is the type octet a keepalive's last. */
		if (in.data[TYPE_AT] == ERPS_KEEPALIVE && payload_size == 0)
			return view_keepalive(in.data, packet);
	}
	if (in.size > TYPE_AT || payload_size > 0)
		*need = size;
	return in.size < size ? 0 : view_packet(in.data, size, packet);
}

static bool
is_zero(struct sb_bytes octets)
{
	return without_nuls(octets.data, octets.size).size == 0;
}

bool
erps_packet_has_authentication(const struct erps_packet *packet)
{
	return !is_zero(packet->key) || !is_zero(packet->signature);
}

static bool
is_encodable(const struct erps_packet *packet)
{
	struct sb_bytes identifier = packet->identifier;

	return is_type(packet->type) && identifier.size <= ERPS_IDENTIFIER_SIZE &&
	       (identifier.size == 0 || identifier.data[identifier.size - 1] != 0) &&
	       (packet->key.size == 0 || packet->key.size == ERPS_KEY_SIZE) &&
	       (packet->signature.size == 0 || packet->signature.size == ERPS_SIGNATURE_SIZE) &&
	       packet->payload.size <= UINT32_MAX;
}

static void
copy(uint8_t *to, struct sb_bytes octets)
{
	if (octets.size > 0)
		memcpy(to, octets.data, octets.size);
}

static void
encode_head(uint8_t *head, const struct erps_packet *packet)
{
	erps_packet_head(head, packet->type, (uint32_t)packet->payload.size);
	head[VERSION_AT] = packet->version.major;
	head[VERSION_AT + 1] = packet->version.minor;
	head[VERSION_AT + 2] = packet->version.patch;
	copy(head + IDENTIFIER_AT, packet->identifier);
	copy(head + KEY_AT, packet->key);
	copy(head + SIGNATURE_AT, packet->signature);
}

int
erps_packet_encode(struct sb_writer *w, const struct erps_packet *packet)
{
	bool is_short = packet->type == ERPS_KEEPALIVE && packet->payload.size == 0;
	uint8_t *room;

	if (!is_encodable(packet))
		return SB_EINVAL;
	if (is_short) {
		sb_put_bytes(w, keepalive, sizeof(keepalive));
		return sb_writer_failed(w) ? SB_FULL : 0;
	}
	room = sb_put_room(w, ERPS_HEADER_SIZE + packet->payload.size);
	if (!room)
		return SB_FULL;
	encode_head(room, packet);
	copy(room + ERPS_HEADER_SIZE, packet->payload);
	return 0;
}

void
erps_packet_head(uint8_t head[ERPS_HEADER_SIZE], uint8_t type, uint32_t payload_size)
{
	memcpy(head, keepalive, MAGIC_SIZE);
	memset(head + VERSION_AT, 0, ERPS_HEADER_SIZE - VERSION_AT);
	erps_packet_retype(head, type, payload_size);
}

void
erps_packet_retype(uint8_t head[ERPS_HEADER_SIZE], uint8_t type, uint32_t payload_size)
{
	uint32_t size = __builtin_bswap32(payload_size);

	memcpy(head + SIZE_AT, &size, sizeof(size));
	head[TYPE_AT] = type;
}

uint8_t
erps_packet_type(const uint8_t head[ERPS_HEADER_SIZE])
{
	return head[TYPE_AT];
}
