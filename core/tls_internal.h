/* TLS from the inside. */
#ifndef SB_CORE_TLS_INTERNAL_H
#define SB_CORE_TLS_INTERNAL_H

struct sb_connection;

/* Why the last operation on `c` gave SB_ETLS: one short text, until the next one. */
const char *sb_tls_reason(const struct sb_connection *c);

#endif
