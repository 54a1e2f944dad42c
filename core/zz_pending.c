/* Bridges to parts that are being written; each part deletes its lines here when it lands. */
#include "core/connection_internal.h"
#include "core/error.h"
#include "core/tls_internal.h"

/* tls */
const char *
sb_tls_reason(const struct sb_connection *c)
{
	(void)c;
	return "no TLS";
}

int
sb_tls_attach(struct sb_connection *c, struct sb_tls *tls, const char *server_name)
{
	(void)c;
	(void)tls;
	(void)server_name;
	return SB_ENOTSUP;
}
