/*
 * Whose POST it is: by its cookie, wherever it comes from; without any cookie of ours, by its
 * connection. (That an Inform begins a session whatever its cookie, front.c knows.) A cookie that
 * is not ours counts: behind a proxy the connection may be another device's.
 */
#include "protocols/cwmp/front_internal.h"

#include "core/node.h"
#include "protocols/http/cookie.h"

#include <stdio.h>

/* Devices that keep old cookies send several: the youngest is the one that may still live. */
static bool
read_cookies(struct http_exchange *x, struct sb_address *session)
{
	struct cwmp_tokens *tokens = &cwmp_front_server(x)->shards[cwmp_front_shard(x)].tokens;
	uint16_t node = sb_self(http_session(x)).node;
	struct sb_address address;
	struct sb_bytes value;
	bool has_cookie = false;

	for (const char *field = http_field(x, "Cookie"); field;
		field = http_field_next(x, "Cookie", field)) {
		size_t at = 0;

		while (http_cookie_next(field, CWMP_COOKIE_NAME, &at, &value)) {
			has_cookie = true;
			if (cwmp_token_read(tokens, node, value, &address) &&
				address.generation > session->generation)
				*session = address;
		}
	}
	return has_cookie;
}

bool
cwmp_identify(struct http_exchange *x, struct sb_address *session)
{
	const struct cwmp_connection *connection = http_connection_state(x);

	*session = (struct sb_address){0};
	if (!read_cookies(x, session))
		*session = connection->session;
	return !sb_address_is_null(*session);
}

void
cwmp_set_cookie(struct http_exchange *x, struct sb_address session)
{
	struct cwmp_tokens *tokens = &cwmp_front_server(x)->shards[cwmp_front_shard(x)].tokens;
	char token[CWMP_TOKEN_SIZE], field[CWMP_TOKEN_TEXT + 32];

	if (!cwmp_token_make(tokens, session, token))
		return;
	(void)snprintf(field, sizeof(field), CWMP_COOKIE_NAME "=%s; Path=/", token);
	(void)http_set_field(x, "Set-Cookie", field);
}
