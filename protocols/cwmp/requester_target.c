/* The URL of a device: taken apart, its host resolved, and held against the networks allowed. */
#include "core/error.h"
#include "protocols/cwmp/requester_internal.h"

#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A part of the URL into `out`: false: not there, or too long. */
static bool
part(CURLU *url, CURLUPart what, unsigned flags, char *out, size_t size)
{
	char *text = NULL;
	bool is_there = curl_url_get(url, what, &text, flags) == CURLUE_OK && strlen(text) < size;

	if (is_there)
		memcpy(out, text, strlen(text) + 1);
	curl_free(text);
	return is_there;
}

static int
read_url(struct cwmp_target *target, const char *text)
{
	struct cwmp_place *place = &target->place;
	char scheme[8], port[8];
	CURLUcode code = curl_url_set(
		target->url, CURLUPART_URL, text, CURLU_DISALLOW_USER | CURLU_PATH_AS_IS);

	if (code)
		return code == CURLUE_OUT_OF_MEMORY ? SB_ENOMEM : SB_EINVAL;
	if (!part(target->url, CURLUPART_SCHEME, 0, scheme, sizeof(scheme)) ||
		strcmp(scheme, "http") != 0 ||
		!part(target->url, CURLUPART_HOST, 0, place->host, sizeof(place->host)) ||
		!part(target->url, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof(port)))
		return SB_EINVAL;
	place->port = (uint16_t)strtoul(port, NULL, 10);
	if (sb_sockaddr_parse_host(place->host, place->port, &place->addresses[0]) == 0)
		place->count = 1;
	return 0;
}

int
cwmp_target_init(struct cwmp_target *target, const char *url)
{
	int err;

	memset(target, 0, sizeof(*target));
	target->url = curl_url();
	err = target->url ? read_url(target, url) : SB_ENOMEM;
	if (err)
		cwmp_target_fini(target);
	return err;
}

void
cwmp_target_fini(struct cwmp_target *target)
{
	curl_url_cleanup(target->url);
	target->url = NULL;
}

/* The threads are the process's, and four. */
#define LOOKUPS_MAX 2

static _Atomic unsigned lookups;

bool
cwmp_lookup_take(void)
{
	if (atomic_fetch_add(&lookups, 1) < LOOKUPS_MAX)
		return true;
	cwmp_lookup_give_back();
	return false;
}

void
cwmp_lookup_give_back(void)
{
	atomic_fetch_sub(&lookups, 1);
}

static int
look_up(struct cwmp_place *place)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char port[8];

	hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
	snprintf(port, sizeof(port), "%u", (unsigned)place->port);
	if (getaddrinfo(place->host, port, &hints, &found))
		return SB_ERESOLVE;
	for (struct addrinfo *at = found; at && place->count < CWMP_TARGET_ADDRESSES;
		at = at->ai_next)
		if (at->ai_addrlen <= sizeof(place->addresses[0]))
			memcpy(&place->addresses[place->count++], at->ai_addr, at->ai_addrlen);
	freeaddrinfo(found);
	return place->count ? 0 : SB_ERESOLVE;
}

/* Its time may have passed while it ran: the thread is free only now. */
int
cwmp_place_resolve(void *place, size_t size)
{
	int err = look_up(place);

	(void)size;
	cwmp_lookup_give_back();
	return err;
}

bool
cwmp_place_restrict(struct cwmp_place *place, const struct cwmp_reach *reach, const char *from)
{
	size_t kept = 0;

	for (size_t i = 0; i < place->count; i++)
		if (cwmp_reach_has(reach, &place->addresses[i].any, from))
			place->addresses[kept++] = place->addresses[i];
	place->count = kept;
	return kept > 0;
}
