/* The index doubles when it is full to three quarters; the order by id is an array, for new
 * devices come at its end. */
#include "daemons/acs/device.h"

#include "core/error.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 64

static uint64_t
hash_of(const char *name)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * UINT64_C(1099511628211);
	return hash ^ hash >> 32;
}

static struct acs_device **
bucket_of(const struct acs_devices *devices, const char *name)
{
	return &devices->buckets[hash_of(name) & (devices->bucket_count - 1)];
}

static int
buckets_grow(struct acs_devices *devices)
{
	size_t count = devices->bucket_count ? devices->bucket_count * 2 : FIRST_BUCKETS;
	struct acs_device **buckets = calloc(count, sizeof(*buckets));

	if (!buckets)
		return SB_ENOMEM;
	free(devices->buckets);
	devices->buckets = buckets;
	devices->bucket_count = count;
	for (size_t i = 0; i < devices->count; i++) {
		struct acs_device *device = devices->by_id[i];
		struct acs_device **bucket = bucket_of(devices, device->profile.name);

		device->next = *bucket;
		*bucket = device;
	}
	return 0;
}

static int
order_grow(struct acs_devices *devices)
{
	size_t capacity = devices->capacity ? devices->capacity * 2 : FIRST_BUCKETS;
	struct acs_device **grown = realloc(devices->by_id, capacity * sizeof(*grown));

	if (!grown)
		return SB_ENOMEM;
	devices->by_id = grown;
	devices->capacity = capacity;
	return 0;
}

void
acs_devices_fini(struct acs_devices *devices)
{
	free(devices->buckets);
	free(devices->by_id);
	*devices = (struct acs_devices){0};
}

struct acs_device *
acs_devices_find(const struct acs_devices *devices, const char *name)
{
	struct acs_device *device = devices->bucket_count ? *bucket_of(devices, name) : NULL;

	while (device && strcmp(device->profile.name, name) != 0)
		device = device->next;
	return device;
}

size_t
acs_devices_seek(const struct acs_devices *devices, uint64_t id)
{
	size_t low = 0, high = devices->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (devices->by_id[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct acs_device *
acs_devices_find_id(const struct acs_devices *devices, uint64_t id)
{
	size_t at = acs_devices_seek(devices, id);

	return at < devices->count && devices->by_id[at]->id == id ? devices->by_id[at] : NULL;
}

int
acs_devices_add(struct acs_devices *devices, struct acs_device *device)
{
	struct acs_device **bucket;
	size_t at;
	int err = 0;

	if (devices->count >= devices->bucket_count / 4 * 3)
		err = buckets_grow(devices);
	if (!err && devices->count == devices->capacity)
		err = order_grow(devices);
	if (err)
		return err;
	at = acs_devices_seek(devices, device->id);
	memmove(&devices->by_id[at + 1], &devices->by_id[at],
		(devices->count - at) * sizeof(struct acs_device *));
	devices->by_id[at] = device;
	devices->count++;
	bucket = bucket_of(devices, device->profile.name);
	device->next = *bucket;
	*bucket = device;
	return 0;
}

void
acs_devices_remove(struct acs_devices *devices, struct acs_device *device)
{
	struct acs_device **link = bucket_of(devices, device->profile.name);
	size_t at = acs_devices_seek(devices, device->id);

	while (*link != device)
		link = &(*link)->next;
	*link = device->next;
	devices->count--;
	memmove(&devices->by_id[at], &devices->by_id[at + 1],
		(devices->count - at) * sizeof(struct acs_device *));
}

/* ---- one device ---- */

static const char *
text_or_empty(const char *text)
{
	return text ? text : "";
}

static const char *
append(char **at, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = *at;

	memcpy(copy, text, size);
	*at += size;
	return copy;
}

int
acs_device_set_profile(struct acs_device *device, const struct acs_profile *profile)
{
	const char *const from[] = {profile->name, text_or_empty(profile->manufacturer),
		text_or_empty(profile->oui), text_or_empty(profile->product_class),
		text_or_empty(profile->serial_number), text_or_empty(profile->version)};
	size_t size = 0;
	char *texts, *at;

	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++)
		size += strlen(from[i]) + 1;
	texts = at = malloc(size);
	if (!texts)
		return SB_ENOMEM;
	device->profile.name = append(&at, from[0]);
	device->profile.manufacturer = append(&at, from[1]);
	device->profile.oui = append(&at, from[2]);
	device->profile.product_class = append(&at, from[3]);
	device->profile.serial_number = append(&at, from[4]);
	device->profile.version = append(&at, from[5]);
	/* Last: the new texts may be some of the old ones. */
	free(device->texts);
	device->texts = texts;
	return 0;
}

struct acs_device *
acs_device_new(uint64_t id, const struct acs_profile *profile)
{
	struct acs_device *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	device->id = id;
	if (acs_device_set_profile(device, profile)) {
		free(device);
		return NULL;
	}
	return device;
}

void
acs_device_free(struct acs_device *device)
{
	if (!device)
		return;
	free(device->texts);
	free(device->tags);
	free(device->ran);
	free(device->once);
	free(device);
}

/* ---- tags ---- */

static char *
tag_find(const struct acs_device *device, const char *tag)
{
	for (uint32_t at = 0; at < device->tags_size; at += strlen(device->tags + at) + 1)
		if (strcmp(device->tags + at, tag) == 0)
			return device->tags + at;
	return NULL;
}

bool
acs_device_has_tag(const struct acs_device *device, const char *tag)
{
	return tag_find(device, tag) != NULL;
}

static size_t
tag_count(const struct acs_device *device)
{
	size_t count = 0;

	for (uint32_t i = 0; i < device->tags_size; i++)
		count += device->tags[i] == '\0';
	return count;
}

int
acs_device_add_tag(struct acs_device *device, const char *tag)
{
	size_t size = strlen(tag) + 1;
	char *grown;

	if (tag_find(device, tag))
		return 0;
	if (size == 1 || size > ACS_TAG_MAX + 1 || tag_count(device) >= ACS_TAGS_MOST)
		return SB_ELIMIT;
	grown = realloc(device->tags, device->tags_size + size);
	if (!grown)
		return SB_ENOMEM;
	memcpy(grown + device->tags_size, tag, size);
	device->tags = grown;
	device->tags_size += (uint32_t)size;
	return 0;
}

void
acs_device_remove_tag(struct acs_device *device, const char *tag)
{
	char *at = tag_find(device, tag);
	size_t size = strlen(tag) + 1;

	if (!at)
		return;
	memmove(at, at + size, (size_t)(device->tags + device->tags_size - (at + size)));
	device->tags_size -= (uint32_t)size;
}

/* ---- what it had ---- */

bool
acs_device_had(const struct acs_device *device, uint64_t once)
{
	for (uint32_t i = 0; i < device->once_count; i++)
		if (device->once[i] == once)
			return true;
	return false;
}

int
acs_device_note_once(struct acs_device *device, uint64_t once)
{
	uint64_t *grown;

	if (device->once_count == ACS_ONCE_MOST) {
		memmove(device->once, device->once + 1, (ACS_ONCE_MOST - 1) * sizeof(once));
		device->once[ACS_ONCE_MOST - 1] = once;
		return 0;
	}
	grown = realloc(device->once, (device->once_count + 1) * sizeof(once));
	if (!grown)
		return SB_ENOMEM;
	grown[device->once_count++] = once;
	device->once = grown;
	return 0;
}

void
acs_device_forget_once(struct acs_device *device, uint64_t once)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < device->once_count; i++)
		if (device->once[i] != once)
			device->once[kept++] = device->once[i];
	device->once_count = kept;
}
