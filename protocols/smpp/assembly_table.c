/*
 * Open messages hang in three places: under a bucket by their key, in the list of
 * their source, and in the list of all; both lists in the order of age, so that
 * whatever must give way, and whatever has waited too long, is at their head.
 */
#include "protocols/smpp/assembly_internal.h"

static uint64_t
mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Peers choose the keys; without the seed they cannot choose where these fall. */
static uint64_t
hash_octets(uint64_t hash, uint64_t seed, struct sb_bytes octets)
{
	uint64_t word;

	hash ^= octets.size;
	while (octets.size >= sizeof(word)) {
		memcpy(&word, octets.data, sizeof(word));
		hash = mix(hash ^ word, UINT64_C(0x9e3779b97f4a7c15) ^ seed);
		octets = sb_bytes(octets.data + sizeof(word), octets.size - sizeof(word));
	}
	word = 0;
	if (octets.size)
		memcpy(&word, octets.data, octets.size);
	return mix(mix(hash ^ word, UINT64_C(0xd1b54a32d192ed03) ^ seed), seed | 1);
}

static uint64_t
hash_address(const struct smpp_assembly *a, uint64_t hash, const struct smpp_address *address)
{
	hash ^= (uint64_t)address->ton << 8 | address->npi;
	return hash_octets(hash, a->options.seed, address->digits);
}

uint64_t
smpp_assembly_hash_source(const struct smpp_assembly *a, const struct smpp_address *address)
{
	return hash_address(a, a->options.seed, address);
}

uint64_t
smpp_assembly_hash_part(
	const struct smpp_assembly *a, uint64_t source, const struct smpp_assembly_part *part)
{
	const uint8_t numbers[] = {(uint8_t)(part->concat.ref >> 8), (uint8_t)part->concat.ref,
		part->concat.total, part->kind, part->data_coding};
	uint64_t hash = hash_address(a, source, &part->destination);

	return hash_octets(hash, a->options.seed, sb_bytes(numbers, sizeof(numbers)));
}

static void
list_append(struct smpp_assembly_list *list, enum smpp_assembly_list_kind kind,
	struct smpp_assembly_message *m)
{
	m->links[kind] = (struct smpp_assembly_link){.older = list->newest};
	if (list->newest)
		list->newest->links[kind].newer = m;
	else
		list->oldest = m;
	list->newest = m;
}

static void
list_remove(struct smpp_assembly_list *list, enum smpp_assembly_list_kind kind,
	struct smpp_assembly_message *m)
{
	struct smpp_assembly_link *link = &m->links[kind];

	if (link->older)
		link->older->links[kind].newer = link->newer;
	else
		list->oldest = link->newer;
	if (link->newer)
		link->newer->links[kind].older = link->older;
	else
		list->newest = link->older;
}

static struct smpp_address
source_address(const struct smpp_assembly_source *s)
{
	return (struct smpp_address){s->ton, s->npi, sb_bytes(s->digits, s->digits_size)};
}

struct smpp_assembly_source *
smpp_assembly_find_source(
	const struct smpp_assembly *a, uint64_t hash, const struct smpp_address *address)
{
	struct smpp_assembly_source *s = a->sources[hash & a->mask];

	for (; s; s = s->next) {
		struct smpp_address own = source_address(s);

		if (s->hash == hash && smpp_address_equal(&own, address))
			return s;
	}
	return NULL;
}

struct smpp_assembly_source *
smpp_assembly_make_source(
	struct smpp_assembly *a, uint64_t hash, const struct smpp_address *address)
{
	size_t size = smpp_assembly_source_size(address);
	struct smpp_assembly_source *s = smpp_assembly_allocate(a, size);

	if (!s)
		return NULL;
	*s = (struct smpp_assembly_source){
		.next = a->sources[hash & a->mask],
		.hash = hash,
		.ton = address->ton,
		.npi = address->npi,
		.digits_size = (uint16_t)address->digits.size,
	};
	if (address->digits.size)
		memcpy(s->digits, address->digits.data, address->digits.size);
	a->sources[hash & a->mask] = s;
	a->counts.sources++;
	a->counts.octets += size;
	return s;
}

static void
drop_source(struct smpp_assembly *a, struct smpp_assembly_source *s)
{
	struct smpp_assembly_source **at = &a->sources[s->hash & a->mask];

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	a->counts.sources--;
	a->counts.octets -= sizeof(*s) + s->digits_size;
	smpp_assembly_release(a, s);
}

static bool
is_same(const struct smpp_assembly_message *m, const struct smpp_assembly_source *s,
	const struct smpp_assembly_part *part)
{
	const struct smpp_address destination = {
		m->ton, m->npi, sb_bytes(m->digits, m->digits_size)};

	return m->source == s && m->ref == part->concat.ref && m->total == part->concat.total &&
	       m->kind == part->kind && m->data_coding == part->data_coding &&
	       smpp_address_equal(&destination, &part->destination);
}

struct smpp_assembly_message *
smpp_assembly_find_message(const struct smpp_assembly *a, uint64_t hash,
	const struct smpp_assembly_source *s, const struct smpp_assembly_part *part)
{
	struct smpp_assembly_message *m = s ? a->messages[hash & a->mask] : NULL;

	while (m && (m->hash != hash || !is_same(m, s, part)))
		m = m->next;
	return m;
}

static void
charge(struct smpp_assembly *a, struct smpp_assembly_message *m, size_t size)
{
	m->memory += size;
	m->source->memory += size;
	a->counts.octets += size;
}

struct smpp_assembly_message *
smpp_assembly_make_message(struct smpp_assembly *a, uint64_t hash, struct smpp_assembly_source *s,
	const struct smpp_assembly_part *part, uint64_t now)
{
	size_t size = smpp_assembly_message_size(part);
	struct smpp_assembly_message *m = smpp_assembly_allocate(a, size);

	if (!m)
		return NULL;
	*m = (struct smpp_assembly_message){
		.next = a->messages[hash & a->mask],
		.source = s,
		.hash = hash,
		.due = now > UINT64_MAX - a->options.wait ? UINT64_MAX : now + a->options.wait,
		.encoding = part->encoding,
		.ref = part->concat.ref,
		.kind = part->kind,
		.total = part->concat.total,
		.data_coding = part->data_coding,
		.ton = part->destination.ton,
		.npi = part->destination.npi,
		.digits_size = (uint16_t)part->destination.digits.size,
	};
	if (m->digits_size)
		memcpy(m->digits, part->destination.digits.data, m->digits_size);
	a->messages[hash & a->mask] = m;
	list_append(&a->all, SMPP_ASSEMBLY_IN_ALL, m);
	list_append(&s->messages, SMPP_ASSEMBLY_IN_SOURCE, m);
	s->count++;
	a->counts.messages++;
	charge(a, m, size);
	return m;
}

struct smpp_assembly_chunk *
smpp_assembly_make_chunk(struct smpp_assembly *a, struct smpp_assembly_message *m,
	const struct smpp_assembly_part *part)
{
	size_t size = smpp_assembly_chunk_size(part);
	struct smpp_assembly_chunk *chunk = smpp_assembly_allocate(a, size);

	if (!chunk)
		return NULL;
	chunk->next = m->chunks;
	chunk->size = (uint16_t)part->octets.size;
	chunk->number = part->concat.part;
	if (part->octets.size)
		memcpy(chunk->octets, part->octets.data, part->octets.size);
	m->chunks = chunk;
	m->received++;
	m->text += part->octets.size;
	charge(a, m, size);
	return chunk;
}

void
smpp_assembly_drop_message(struct smpp_assembly *a, struct smpp_assembly_message *m)
{
	struct smpp_assembly_message **at = &a->messages[m->hash & a->mask];
	struct smpp_assembly_chunk *next;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	list_remove(&a->all, SMPP_ASSEMBLY_IN_ALL, m);
	list_remove(&m->source->messages, SMPP_ASSEMBLY_IN_SOURCE, m);
	m->source->count--;
	m->source->memory -= m->memory;
	a->counts.messages--;
	a->counts.octets -= m->memory;
	for (struct smpp_assembly_chunk *chunk = m->chunks; chunk; chunk = next) {
		next = chunk->next;
		smpp_assembly_release(a, chunk);
	}
	smpp_assembly_release(a, m);
}

void
smpp_assembly_drop_if_idle(struct smpp_assembly *a, struct smpp_assembly_source *s)
{
	if (s->count == 0)
		drop_source(a, s);
}
