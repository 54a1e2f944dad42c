/* http and https URLs, as ACS and file servers have them. Pure. */
#ifndef SB_DAEMONS_CWMP_SIM_URL_H
#define SB_DAEMONS_CWMP_SIM_URL_H

#include <stdbool.h>
#include <stdint.h>

struct url {
	bool is_tls;
	uint16_t port;
	char host[256];    /* without the brackets of IPv6 */
	char target[1025]; /* path and query, "/" at least */
};

/* 0, SB_ENOTSUP (another scheme), SB_EINVAL. */
int url_parse(const char *text, struct url *url);

/* A Location: absolute, or of the same host when it begins with a slash. As url_parse. */
int url_follow(struct url *url, const char *location);

#endif
