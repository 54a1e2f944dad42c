/*
 * How many connections each client address has: a hash table with chains under a
 * mutex, which is taken once for a connection and held for one look-up. An entry
 * exists only while it counts something, so that addresses which come and go
 * leave nothing behind. IPv6 is counted by its first 64 bits, since a single
 * client has all the others.
 */
#include "core/error.h"
#include "core/source_internal.h"

#include <pthread.h>
#include <string.h>

#define BUCKETS_MIN 64 /* a power of two, as every size of the table */

struct sb_source {
	struct sb_sources *sources;
	struct sb_source *next;
	uint64_t key;
	uint32_t count;
	sa_family_t family;
};

struct sb_sources {
	const struct sb_env *env;
	pthread_mutex_t mutex;
	struct sb_source **buckets;
	size_t bucket_count;
	size_t count;
	uint64_t seed;
};

/* What of an address is counted: AF_INET with all 32 bits, AF_INET6 with the first 64. */
static uint64_t
key_of(const union sb_socket_address *address, sa_family_t *family)
{
	const struct in6_addr *v6 = &address->v6.sin6_addr;
	uint64_t prefix;
	uint32_t v4;

	*family = address->any.sa_family;
	if (*family == AF_INET)
		return address->v4.sin_addr.s_addr;
	if (*family != AF_INET6)
		return 0;
	/* The same client through a dual-stack socket. */
	if (IN6_IS_ADDR_V4MAPPED(v6)) {
		*family = AF_INET;
		memcpy(&v4, v6->s6_addr + 12, sizeof(v4));
		return v4;
	}
	memcpy(&prefix, v6->s6_addr, sizeof(prefix));
	return prefix;
}

/* Seeded, so that nobody can choose addresses that all fall into one bucket. The mixing is the last
 * step of MurmurHash3. */
static size_t
bucket_of(const struct sb_sources *sources, uint64_t key)
{
	uint64_t h = key ^ sources->seed;

	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return (h ^ h >> 33) & (sources->bucket_count - 1);
}

static struct sb_source **
buckets_new(const struct sb_env *env, size_t count)
{
	struct sb_source **buckets =
		env->allocate(env->context, count * sizeof(struct sb_source *));

	if (buckets)
		memset(buckets, 0, count * sizeof(struct sb_source *));
	return buckets;
}

int
sb_sources_new(struct sb_sources **sources, const struct sb_env *env)
{
	struct sb_sources *t = env->allocate(env->context, sizeof(*t));

	if (!t)
		return SB_ENOMEM;
	*t = (struct sb_sources){.env = env, .bucket_count = BUCKETS_MIN};
	t->buckets = buckets_new(env, BUCKETS_MIN);
	if (!t->buckets) {
		env->release(env->context, t);
		return SB_ENOMEM;
	}
	env->random(env->context, &t->seed, sizeof(t->seed));
	pthread_mutex_init(&t->mutex, NULL);
	*sources = t;
	return 0;
}

void
sb_sources_free(struct sb_sources *sources)
{
	const struct sb_env *env;

	if (!sources)
		return;
	env = sources->env;
	pthread_mutex_destroy(&sources->mutex);
	env->release(env->context, sources->buckets);
	env->release(env->context, sources);
}

/* Without memory the table stays as it is: only its chains are longer. */
static void
resize(struct sb_sources *t, size_t bucket_count)
{
	struct sb_source **old = t->buckets;
	size_t old_count = t->bucket_count;
	struct sb_source **buckets = buckets_new(t->env, bucket_count);

	if (!buckets)
		return;
	t->buckets = buckets;
	t->bucket_count = bucket_count;
	for (size_t i = 0; i < old_count; i++) {
		while (old[i]) {
			struct sb_source *source = old[i];
			struct sb_source **bucket = &buckets[bucket_of(t, source->key)];

			old[i] = source->next;
			source->next = *bucket;
			*bucket = source;
		}
	}
	t->env->release(t->env->context, old);
}

/* Family and key: an IPv4 address could be the prefix of an IPv6 one. */
static struct sb_source *
find(const struct sb_sources *t, uint64_t key, sa_family_t family)
{
	struct sb_source *source = t->buckets[bucket_of(t, key)];

	while (source && (source->key != key || source->family != family))
		source = source->next;
	return source;
}

static struct sb_source *
add(struct sb_sources *t, uint64_t key, sa_family_t family)
{
	struct sb_source *source = t->env->allocate(t->env->context, sizeof(*source));
	struct sb_source **bucket;

	if (!source)
		return NULL;
	if (t->count >= t->bucket_count)
		resize(t, t->bucket_count * 2);
	bucket = &t->buckets[bucket_of(t, key)];
	*source = (struct sb_source){.sources = t, .next = *bucket, .key = key, .family = family};
	*bucket = source;
	t->count++;
	return source;
}

static void
drop(struct sb_sources *t, struct sb_source *source)
{
	struct sb_source **link = &t->buckets[bucket_of(t, source->key)];

	while (*link != source)
		link = &(*link)->next;
	*link = source->next;
	t->env->release(t->env->context, source);
	t->count--;
	/* Halved at an eighth, doubled when full: no number of clients makes it go to and fro. */
	if (t->bucket_count > BUCKETS_MIN && t->count < t->bucket_count / 8)
		resize(t, t->bucket_count / 2);
}

static int
take(struct sb_sources *t, uint64_t key, sa_family_t family, uint32_t limit,
	struct sb_source **source)
{
	struct sb_source *found = find(t, key, family);

	if ((found ? found->count : 0) >= limit)
		return SB_ELIMIT;
	if (!found)
		found = add(t, key, family);
	if (!found)
		return SB_ENOMEM;
	found->count++;
	*source = found;
	return 0;
}

/* The entry comes back with the count, to be given back by pointer. */
int
sb_source_take(struct sb_sources *sources, const union sb_socket_address *address, uint32_t limit,
	struct sb_source **source)
{
	sa_family_t family;
	uint64_t key = key_of(address, &family);
	int err;

	pthread_mutex_lock(&sources->mutex);
	err = take(sources, key, family, limit, source);
	pthread_mutex_unlock(&sources->mutex);
	return err;
}

/* The connection kept the entry, so nothing is looked up by address, which a PROXY header may have
 * changed. */
void
sb_source_give(struct sb_source *source)
{
	struct sb_sources *sources;

	if (!source)
		return;
	sources = source->sources;
	pthread_mutex_lock(&sources->mutex);
	if (--source->count == 0)
		drop(sources, source);
	pthread_mutex_unlock(&sources->mutex);
}

size_t
sb_sources_count(struct sb_sources *sources)
{
	size_t count;

	pthread_mutex_lock(&sources->mutex);
	count = sources->count;
	pthread_mutex_unlock(&sources->mutex);
	return count;
}
