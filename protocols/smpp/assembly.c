/*
 * What may stay and what must go. A part is an allocation of its own: what a peer
 * announces costs nothing, only what it sends. Every allocation is counted with
 * its header, so that many small parts are bounded as few large ones are.
 */
#include "protocols/smpp/assembly.h"

#include "core/error.h"
#include "protocols/smpp/assembly_internal.h"

#define OCTETS_MAX          ((size_t)4 << 20)
#define SOURCE_OCTETS_MAX   ((size_t)256 << 10)
#define MESSAGES_MAX        4096
#define SOURCE_MESSAGES_MAX 16

/* At least one bucket for each message that there may be. */
static size_t
buckets_for(unsigned messages)
{
	size_t buckets = 16;

	while (buckets < messages)
		buckets *= 2;
	return buckets;
}

static void
fill_in_options(struct smpp_assembly_options *options)
{
	if (!options->octets_max)
		options->octets_max = OCTETS_MAX;
	if (!options->source_octets_max)
		options->source_octets_max = SOURCE_OCTETS_MAX;
	if (!options->messages_max)
		options->messages_max = MESSAGES_MAX;
	if (!options->source_messages_max)
		options->source_messages_max = SOURCE_MESSAGES_MAX;
}

int
smpp_assembly_new(const struct smpp_assembly_options *given, struct smpp_assembly **assembly)
{
	struct smpp_assembly_options options = *given;
	struct smpp_assembly *a;
	size_t buckets, size;

	if (!options.allocate || !options.release || !options.wait)
		return SB_EINVAL;
	fill_in_options(&options);
	buckets = buckets_for(options.messages_max);
	size = buckets * (sizeof(a->messages[0]) + sizeof(a->sources[0]));
	a = options.allocate(options.context, sizeof(*a) + size);
	if (!a)
		return SB_ENOMEM;
	*a = (struct smpp_assembly){.options = options, .mask = buckets - 1};
	memset(a->messages, 0, size);
	a->sources = (struct smpp_assembly_source **)(void *)&a->messages[buckets];
	*assembly = a;
	return 0;
}

/* The oldest of all, and its source if that has no other and is not `kept`. */
static void
drop_oldest(struct smpp_assembly *a, const struct smpp_assembly_source *kept)
{
	struct smpp_assembly_source *s = a->all.oldest->source;

	smpp_assembly_drop_message(a, a->all.oldest);
	if (s != kept)
		smpp_assembly_drop_if_idle(a, s);
}

unsigned
smpp_assembly_expire(struct smpp_assembly *a, uint64_t now)
{
	unsigned dropped = 0;

	for (; a->all.oldest && a->all.oldest->due <= now; dropped++)
		drop_oldest(a, NULL);
	a->counts.expired += dropped;
	return dropped;
}

uint64_t
smpp_assembly_deadline(const struct smpp_assembly *a)
{
	return a->all.oldest ? a->all.oldest->due : UINT64_MAX;
}

struct smpp_assembly_counts
smpp_assembly_counts(const struct smpp_assembly *a)
{
	return a->counts;
}

void
smpp_assembly_free(struct smpp_assembly *a)
{
	if (!a)
		return;
	while (a->all.oldest)
		drop_oldest(a, NULL);
	smpp_assembly_release(a, a->joined);
	smpp_assembly_release(a, a);
}

/* A part on its way in: what is there of its source and its message already. */
struct arrival {
	const struct smpp_assembly_part *part;
	uint64_t source_hash;
	uint64_t hash;
	struct smpp_assembly_source *source;   /* NULL: none is open */
	struct smpp_assembly_message *message; /* NULL: it is the first */
};

static bool
is_part(const struct smpp_assembly_part *part)
{
	return part->concat.part >= 1 && part->concat.part <= part->concat.total &&
	       part->octets.size <= UINT16_MAX && part->source.digits.size <= UINT8_MAX &&
	       part->destination.digits.size <= UINT8_MAX;
}

static struct arrival
arrival_of(const struct smpp_assembly *a, const struct smpp_assembly_part *part)
{
	struct arrival arrival = {.part = part};

	arrival.source_hash = smpp_assembly_hash_source(a, &part->source);
	arrival.hash = smpp_assembly_hash_part(a, arrival.source_hash, part);
	arrival.source = smpp_assembly_find_source(a, arrival.source_hash, &part->source);
	arrival.message = smpp_assembly_find_message(a, arrival.hash, arrival.source, part);
	return arrival;
}

static bool
is_there(const struct smpp_assembly_message *m, uint8_t number)
{
	for (const struct smpp_assembly_chunk *chunk = m ? m->chunks : NULL; chunk;
		chunk = chunk->next)
		if (chunk->number == number)
			return true;
	return false;
}

/* Joined before anything is let go: without memory for the whole, all stays as it was, and the part
 * may come again. */
static int
join(struct smpp_assembly *a, const struct arrival *arrival, struct smpp_assembled *whole)
{
	const struct smpp_assembly_part *part = arrival->part;
	const struct smpp_assembly_message *m = arrival->message;
	struct sb_bytes parts[UINT8_MAX + 1];
	size_t size = part->octets.size + (m ? m->text : 0);
	struct sb_writer w;

	a->joined = smpp_assembly_allocate(a, size ? size : 1);
	if (!a->joined)
		return SB_ENOMEM;
	parts[part->concat.part] = part->octets;
	for (const struct smpp_assembly_chunk *c = m ? m->chunks : NULL; c; c = c->next)
		parts[c->number] = sb_bytes(c->octets, c->size);
	w = sb_writer_of(a->joined, size);
	for (unsigned n = 1; n <= part->concat.total; n++)
		sb_put_bytes(&w, parts[n].data, parts[n].size);
	*whole = (struct smpp_assembled){
		.octets = sb_bytes(a->joined, size),
		.data_coding = part->data_coding,
		.encoding = m ? m->encoding : part->encoding,
		.parts = part->concat.total,
	};
	return 0;
}

static int
finish(struct smpp_assembly *a, const struct arrival *arrival, struct smpp_assembled *whole)
{
	int err = join(a, arrival, whole);

	if (err)
		return err;
	a->counts.parts++;
	a->counts.joined++;
	if (arrival->message) {
		smpp_assembly_drop_message(a, arrival->message);
		smpp_assembly_drop_if_idle(a, arrival->source);
	}
	return 0;
}

/* Memory that keeping the part takes. */
static size_t
memory_for(const struct arrival *arrival)
{
	size_t size = smpp_assembly_chunk_size(arrival->part);

	if (!arrival->message)
		size += smpp_assembly_message_size(arrival->part);
	return size;
}

static bool
source_has_room(const struct smpp_assembly *a, const struct arrival *arrival)
{
	const struct smpp_assembly_source *s = arrival->source;
	size_t memory = s ? s->memory : 0;
	unsigned messages = (s ? s->count : 0) + !arrival->message;

	return messages <= a->options.source_messages_max &&
	       memory + memory_for(arrival) <= a->options.source_octets_max;
}

static bool
assembly_has_room(const struct smpp_assembly *a, const struct arrival *arrival)
{
	size_t size = memory_for(arrival);
	unsigned messages = a->counts.messages + !arrival->message;

	if (!arrival->source)
		size += smpp_assembly_source_size(&arrival->part->source);
	return messages <= a->options.messages_max &&
	       a->counts.octets + size <= a->options.octets_max;
}

static void
evict(struct smpp_assembly *a, struct arrival *arrival, struct smpp_assembly_message *m)
{
	struct smpp_assembly_source *s = m->source;

	if (m == arrival->message)
		arrival->message = NULL;
	smpp_assembly_drop_message(a, m);
	if (s->count == 0) {
		if (s == arrival->source)
			arrival->source = NULL;
		smpp_assembly_drop_if_idle(a, s);
	}
	a->counts.evicted++;
}

/* The oldest first. When that is the message of the part itself there is nothing left of it to
 * join. */
static int
make_room(struct smpp_assembly *a, struct arrival *arrival)
{
	bool is_new = !arrival->message;

	while (!source_has_room(a, arrival)) {
		if (!arrival->source)
			return SB_ELIMIT;
		evict(a, arrival, arrival->source->messages.oldest);
		if (!is_new && !arrival->message)
			return SB_ELIMIT;
	}
	while (!assembly_has_room(a, arrival)) {
		if (!a->all.oldest)
			return SB_ELIMIT;
		evict(a, arrival, a->all.oldest);
		if (!is_new && !arrival->message)
			return SB_ELIMIT;
	}
	return 0;
}

static int
keep(struct smpp_assembly *a, struct arrival *arrival, uint64_t now)
{
	const struct smpp_assembly_part *part = arrival->part;
	struct smpp_assembly_source *s = arrival->source;
	struct smpp_assembly_message *m = arrival->message;

	if (!s)
		s = smpp_assembly_make_source(a, arrival->source_hash, &part->source);
	if (!s)
		return SB_ENOMEM;
	if (!m)
		m = smpp_assembly_make_message(a, arrival->hash, s, part, now);
	if (m && smpp_assembly_make_chunk(a, m, part)) {
		a->counts.parts++;
		return SB_AGAIN;
	}
	if (m && !m->chunks)
		smpp_assembly_drop_message(a, m);
	smpp_assembly_drop_if_idle(a, s);
	return SB_ENOMEM;
}

int
smpp_assembly_add(struct smpp_assembly *a, const struct smpp_assembly_part *part, uint64_t now,
	struct smpp_assembled *whole)
{
	struct arrival arrival;
	int err;

	smpp_assembly_release(a, a->joined);
	a->joined = NULL;
	smpp_assembly_expire(a, now);
	if (!is_part(part))
		return SB_EINVAL;
	arrival = arrival_of(a, part);
	if (is_there(arrival.message, part->concat.part)) {
		a->counts.duplicates++;
		return SB_EEXIST;
	}
	if ((arrival.message ? arrival.message->received : 0) + 1 == part->concat.total)
		return finish(a, &arrival, whole);
	err = make_room(a, &arrival);
	return err ? err : keep(a, &arrival, now);
}
