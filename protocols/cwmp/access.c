/* What the service asks of its session. */
#include "protocols/cwmp/session_internal.h"

void *
cwmp_state(const struct cwmp_session *c)
{
	return (uint8_t *)(uintptr_t)c + CWMP_STATE_OFFSET;
}

struct sb_session *
cwmp_core(const struct cwmp_session *c)
{
	return c->core;
}

struct cwmp_session *
cwmp_of(struct sb_session *s)
{
	return sb_state(s);
}

const void *
cwmp_args(const struct cwmp_session *c)
{
	return c->server->args;
}

const struct cwmp_inform *
cwmp_inform(const struct cwmp_session *c)
{
	return &c->opening->envelope->message.body.inform;
}

const char *
cwmp_device(const struct cwmp_session *c)
{
	return c->opening->device;
}

enum cwmp_version
cwmp_version(const struct cwmp_session *c)
{
	return c->opening->envelope->dialect.version;
}

struct cwmp_dialect *
cwmp_dialect(struct cwmp_session *c)
{
	return &c->opening->envelope->dialect;
}

const char *
cwmp_username(const struct cwmp_session *c)
{
	return c->opening->username;
}

const char *
cwmp_certificate(const struct cwmp_session *c)
{
	return c->opening->certificate;
}

uint64_t
cwmp_hash_id(const struct cwmp_session *c)
{
	return c->opening->hash_id;
}

const void *
cwmp_entrance(const struct cwmp_session *c)
{
	return c->opening->entrance;
}

const char *
cwmp_address(const struct cwmp_session *c)
{
	return c->opening->address;
}

void
cwmp_abort(struct cwmp_session *c)
{
	cwmp_end_session(c, CWMP_END_ABORTED);
}
