#include "daemons/acs/login_table.h"

#include "core/error.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 16

struct acs_login_slot {
	struct acs_login_slot *next; /* of the same hash */
	enum acs_login_key key;
	const char *name; /* the login's */
	uint64_t hash;
	struct acs_login *login; /* held */
};

static uint64_t
hash_of(enum acs_login_key key, const char *name)
{
	uint64_t hash = UINT64_C(14695981039346656037) + key;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * UINT64_C(1099511628211);
	return hash ^ hash >> 32;
}

/* Which part it is in the low bits say, and which bucket those above. */
static struct acs_login_part *
part_of(struct acs_login_table *table, uint64_t hash)
{
	return &table->parts[hash % ACS_LOGIN_PARTS];
}

static struct acs_login_slot **
bucket_of(const struct acs_login_part *part, uint64_t hash)
{
	return &part->buckets[hash / ACS_LOGIN_PARTS & (part->bucket_count - 1)];
}

int
acs_login_table_init(struct acs_login_table *table)
{
	for (size_t i = 0; i < ACS_LOGIN_PARTS; i++) {
		struct acs_login_part *part = &table->parts[i];

		part->buckets = calloc(FIRST_BUCKETS, sizeof(struct acs_login_slot *));
		if (!part->buckets || pthread_mutex_init(&part->mutex, NULL)) {
			free(part->buckets);
			part->buckets = NULL;
			return SB_ENOMEM;
		}
		part->bucket_count = FIRST_BUCKETS;
	}
	return 0;
}

static void
slots_free(struct acs_login_slot *slot)
{
	while (slot) {
		struct acs_login_slot *next = slot->next;

		acs_login_release(slot->login);
		free(slot);
		slot = next;
	}
}

void
acs_login_table_fini(struct acs_login_table *table)
{
	for (size_t i = 0; i < ACS_LOGIN_PARTS && table->parts[i].buckets; i++) {
		struct acs_login_part *part = &table->parts[i];

		for (size_t b = 0; b < part->bucket_count; b++)
			slots_free(part->buckets[b]);
		free(part->buckets);
		pthread_mutex_destroy(&part->mutex);
		*part = (struct acs_login_part){0};
	}
}

/* ---- finding ---- */

static struct acs_login_slot **
slot_find(
	const struct acs_login_part *part, enum acs_login_key key, const char *name, uint64_t hash)
{
	struct acs_login_slot **at = bucket_of(part, hash);

	while (*at && ((*at)->hash != hash || (*at)->key != key || strcmp((*at)->name, name) != 0))
		at = &(*at)->next;
	return at;
}

struct acs_login *
acs_login_find(struct acs_login_table *table, enum acs_login_key key, const char *name)
{
	uint64_t hash = hash_of(key, name);
	struct acs_login_part *part = part_of(table, hash);
	const struct acs_login_slot *slot;
	struct acs_login *login;

	pthread_mutex_lock(&part->mutex);
	slot = *slot_find(part, key, name, hash);
	login = slot ? acs_login_hold(slot->login) : NULL;
	pthread_mutex_unlock(&part->mutex);
	return login;
}

/* ---- changing ---- */

/* Without memory it stays as it is, only slower. */
static void
part_grow(struct acs_login_part *part)
{
	struct acs_login_part grown = *part;

	grown.bucket_count = 2 * part->bucket_count;
	grown.buckets = calloc(grown.bucket_count, sizeof(struct acs_login_slot *));
	if (!grown.buckets)
		return;
	for (size_t i = 0; i < part->bucket_count; i++)
		for (struct acs_login_slot *slot = part->buckets[i], *next; slot; slot = next) {
			struct acs_login_slot **bucket = bucket_of(&grown, slot->hash);

			next = slot->next;
			slot->next = *bucket;
			*bucket = slot;
		}
	free(part->buckets);
	part->buckets = grown.buckets;
	part->bucket_count = grown.bucket_count;
}

#define KEYS_MOST 3

struct name {
	enum acs_login_key key;
	const char *text;
};

static bool
is_among(const struct name *names, size_t count, const struct name *name)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].key == name->key && strcmp(names[i].text, name->text) == 0)
			return true;
	return false;
}

/* What a login is found by. */
static size_t
names_of(const struct acs_login *login, struct name names[KEYS_MOST])
{
	const struct name all[KEYS_MOST] = {
		{ACS_LOGIN_DEVICE, login ? login->is.device : ""},
		{ACS_LOGIN_USERNAME, login ? login->is.now.username : ""},
		{ACS_LOGIN_USERNAME, login ? login->is.before.username : ""},
	};
	size_t count = 0;

	for (size_t i = 0; i < KEYS_MOST; i++)
		if (*all[i].text && !is_among(names, count, &all[i]))
			names[count++] = all[i];
	return count;
}

/* In the place of what has this name; `spare` becomes its slot if nothing has. True: it did. */
static bool
put(struct acs_login_table *table, const struct name *name, struct acs_login *login,
	struct acs_login_slot *spare)
{
	uint64_t hash = hash_of(name->key, name->text);
	struct acs_login_part *part = part_of(table, hash);
	struct acs_login_slot **at, *slot;
	struct acs_login *old = NULL;

	pthread_mutex_lock(&part->mutex);
	if (part->count >= part->bucket_count)
		part_grow(part);
	at = slot_find(part, name->key, name->text, hash);
	slot = *at;
	if (slot) {
		old = slot->login;
	} else {
		slot = *at = spare;
		*slot = (struct acs_login_slot){.key = name->key, .hash = hash};
		part->count++;
	}
	slot->name = name->text;
	slot->login = acs_login_hold(login);
	pthread_mutex_unlock(&part->mutex);
	acs_login_release(old);
	return slot == spare;
}

static void
take_out(struct acs_login_table *table, const struct name *name)
{
	uint64_t hash = hash_of(name->key, name->text);
	struct acs_login_part *part = part_of(table, hash);
	struct acs_login_slot **at, *slot;

	pthread_mutex_lock(&part->mutex);
	at = slot_find(part, name->key, name->text, hash);
	slot = *at;
	if (slot) {
		*at = slot->next;
		slot->next = NULL;
		part->count--;
	}
	pthread_mutex_unlock(&part->mutex);
	slots_free(slot);
}

struct acs_login_spares {
	struct acs_login_slot *each[KEYS_MOST];
};

void
acs_login_spares_free(struct acs_login_spares *spares)
{
	if (!spares)
		return;
	for (size_t i = 0; i < KEYS_MOST; i++)
		free(spares->each[i]);
	free(spares);
}

struct acs_login_spares *
acs_login_spares_new(void)
{
	struct acs_login_spares *spares = calloc(1, sizeof(*spares));

	for (size_t i = 0; spares && i < KEYS_MOST; i++) {
		spares->each[i] = malloc(sizeof(*spares->each[i]));
		if (spares->each[i])
			continue;
		acs_login_spares_free(spares);
		return NULL;
	}
	return spares;
}

void
acs_login_replace_with(struct acs_login_table *table, struct acs_login *old,
	struct acs_login *login, struct acs_login_spares *spares)
{
	struct name before[KEYS_MOST], after[KEYS_MOST];
	size_t before_count = names_of(old, before), after_count = names_of(login, after);

	for (size_t i = 0; i < after_count; i++)
		if (put(table, &after[i], login, spares->each[i]))
			spares->each[i] = NULL;
	for (size_t i = 0; i < before_count; i++)
		if (!is_among(after, after_count, &before[i]))
			take_out(table, &before[i]);
	acs_login_spares_free(spares);
}

int
acs_login_replace(struct acs_login_table *table, struct acs_login *old, struct acs_login *login)
{
	struct acs_login_spares *spares = acs_login_spares_new();

	if (!spares)
		return SB_ENOMEM;
	acs_login_replace_with(table, old, login, spares);
	return 0;
}
