/* What an HTTP session and the CWMP session of its device say to each other. */
#ifndef SB_CWMP_EXCHANGE_INTERNAL_H
#define SB_CWMP_EXCHANGE_INTERNAL_H

#include "core/message.h"
#include "protocols/cwmp/decode.h"

/* All but the last two are calls, answered with a struct cwmp_reply. */
enum cwmp_message_type {
	CWMP_MSG_FIRST = 0xfec30000u,
	CWMP_MSG_INFORM = CWMP_MSG_FIRST, /* given: struct cwmp_opening. The session's first */
	CWMP_MSG_POST,                    /* given: struct cwmp_envelope */
	CWMP_MSG_EMPTY,                   /* an empty POST */
	CWMP_MSG_BROKEN,                  /* copied: the cwmp:ID, as far as there was one */
	CWMP_MSG_LOST,                    /* the connection that this call (ref) came on has gone */
	CWMP_MSG_REPLACED, /* copied: when the device's other session began, uint64_t */
	CWMP_MSG_OUTDATED, /* the answer: it is the other one that is older */
	CWMP_MSG_LAST = CWMP_MSG_OUTDATED,
};

struct cwmp_server;

/* What begins a session: the Inform, and who sent it from where. Texts lie behind. */
struct cwmp_opening {
	struct cwmp_envelope *envelope;
	struct cwmp_server *server; /* whose octets (held.c) it holds so many of */
	size_t held;
	const char *device;      /* cwmp_device_name */
	const char *address;     /* of the peer, with its port */
	const char *username;    /* "" */
	const char *certificate; /* "" */
	uint64_t hash_id;        /* of struct http_auth_claim */
	const void *entrance;    /* of struct cwmp_connection */
	char texts[];
};

/* NULL without memory. Takes nothing of what `from` points at. */
struct cwmp_opening *cwmp_opening_new(const struct sb_session *s, const struct cwmp_opening *from);
/* With its envelope. For SB_GIVE; NULL is fine. */
void cwmp_opening_free(void *opening);

enum cwmp_cookie {
	CWMP_COOKIE_NONE,
	CWMP_COOKIE_SET, /* the address of the session that answers */
	CWMP_COOKIE_EXPIRE,
};

/* The HTTP answer. */
struct cwmp_reply {
	uint16_t status;
	uint8_t cookie;         /* enum cwmp_cookie */
	uint32_t retry_after_s; /* 0: none */
	uint32_t stay_ms;       /* that the device has for its next POST; 0: there need be none */
	uint32_t size; /* of what lies behind: an envelope, or the place of a redirection, which has
			  a NUL besides */
	char octets[];
};

#endif
