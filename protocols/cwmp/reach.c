#include "protocols/cwmp/reach.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Mapped addresses are of IPv4 here. What else has one of IPv4 inside would lead to it behind a
 * translator: ::/8 (compatible ones, NAT64), Teredo, 6to4. */
static const char *const special[] = {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24",
	"100.100.100.200", "168.63.129.16", "224.0.0.0/4", "240.0.0.0/4", "::/8", "2001::/32",
	"2002::/16", "fd00:ec2::/32", "fd20:ce::254", "fd00:42::42", "fe80::/10", "fec0::/10",
	"ff00::/8"};
static const char *const private[] = {
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"};

static bool
is_in(const char *const *networks, size_t count, const struct sockaddr *address)
{
	struct sb_network network;

	for (size_t i = 0; i < count; i++)
		if (sb_network_parse(networks[i], &network) == 0 &&
			sb_network_contains(&network, address))
			return true;
	return false;
}

static bool
is_host(const struct sockaddr *address, const char *from)
{
	union sb_socket_address came;
	uint8_t host[16], other[16];

	if (!from || sb_sockaddr_parse_host(from, 0, &came))
		return false;
	sb_sockaddr_host(&came.any, host);
	sb_sockaddr_host(address, other);
	return memcmp(host, other, sizeof(host)) == 0;
}

bool
cwmp_reach_has(const struct cwmp_reach *reach, const struct sockaddr *address, const char *from)
{
	unsigned kinds = reach->kinds;

	if (!kinds && !reach->network_count)
		kinds = CWMP_REACH_INFORM;
	if (sb_networks_contain(reach->networks, reach->network_count, address))
		return true;
	if (is_in(special, COUNT(special), address))
		return false;
	if (kinds & CWMP_REACH_ANY)
		return true;
	if (kinds & CWMP_REACH_PRIVATE && is_in(private, COUNT(private), address))
		return true;
	return kinds & CWMP_REACH_INFORM && is_host(address, from);
}
