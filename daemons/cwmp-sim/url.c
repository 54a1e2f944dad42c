#include "daemons/cwmp-sim/url.h"
#include "core/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HTTP_PORT = 80, HTTPS_PORT = 443 };

static int
copy(char *to, size_t room, const char *from, size_t size)
{
	if (size == 0 || size >= room)
		return SB_EINVAL;
	memcpy(to, from, size);
	to[size] = '\0';
	return 0;
}

static bool
is_printable(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text == '\x7f')
			return false;
	return true;
}

/* "host", "host:port", "[::1]:port". */
static int
parse_authority(const char *at, size_t size, struct url *url)
{
	const char *end = at + size, *host_end = memchr(at, ':', size);
	unsigned long port;
	char *rest;
	int err;

	if (memchr(at, '@', size))
		return SB_EINVAL;
	if (*at == '[') {
		host_end = memchr(at, ']', size);
		if (!host_end)
			return SB_EINVAL;
		err = copy(url->host, sizeof(url->host), at + 1, (size_t)(host_end - at - 1));
		host_end++;
	} else {
		host_end = host_end ? host_end : end;
		err = copy(url->host, sizeof(url->host), at, (size_t)(host_end - at));
	}
	if (err || host_end == end)
		return err;
	port = strtoul(host_end + 1, &rest, 10);
	if (*host_end != ':' || rest != end || port == 0 || port > UINT16_MAX)
		return SB_EINVAL;
	url->port = (uint16_t)port;
	return 0;
}

int
url_parse(const char *text, struct url *url)
{
	size_t authority;
	const char *target;
	int err;

	url->is_tls = strncasecmp(text, "https://", 8) == 0;
	if (!url->is_tls && strncasecmp(text, "http://", 7) != 0)
		return SB_ENOTSUP;
	if (!is_printable(text))
		return SB_EINVAL;
	text += url->is_tls ? 8 : 7;
	url->port = url->is_tls ? HTTPS_PORT : HTTP_PORT;
	authority = strcspn(text, "/?#");
	err = parse_authority(text, authority, url);
	if (err)
		return err;
	target = text + authority;
	if ((size_t)snprintf(url->target, sizeof(url->target), "%s%.*s", *target == '/' ? "" : "/",
		    (int)strcspn(target, "#"), target) >= sizeof(url->target))
		return SB_EINVAL;
	return 0;
}

int
url_follow(struct url *url, const char *location)
{
	if (*location != '/')
		return url_parse(location, url);
	if (!is_printable(location))
		return SB_EINVAL;
	return copy(url->target, sizeof(url->target), location, strcspn(location, "#"));
}
