/*
 * What tests of TLS sessions share: certificates and contexts for a whole program,
 * what probes do, and a listener.
 */
#ifndef SB_TESTS_CORE_TLS_SESSION_FIXTURE_H
#define SB_TESTS_CORE_TLS_SESSION_FIXTURE_H

#include "tests/core/tls_far.h"
#include "tests/core/tls_pair.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* From setup_all to teardown_all: servers that want no certificate and one of the usual authority,
 * and a client that has one. */
extern struct certificates certificates;
extern struct sb_tls *plain_server, *mutual_server, *client;

int setup_all(void **state);
int teardown_all(void **state);

/* What on_connected notes into the probe's context: who is at the far end. */
struct identity {
	bool is_verified;
	char common_name[64], server_name[64], version[16];
};

int note_identity(struct sb_session *s, struct probe *p);

/* For on_received. */
ssize_t echo(struct sb_session *s, struct probe *p, struct sb_bytes in);

/* Lets the probe's session do what `act` says, in a turn of its own: say "late", or that and
 * close. */
void let(struct fixture *f, struct probe *probe,
	void (*act)(struct sb_session *s, struct probe *p, struct sb_message *m));
void say_late(struct sb_session *s, struct probe *p, struct sb_message *m);
void say_goodbye(struct sb_session *s, struct probe *p, struct sb_message *m);

/* Its port. */
uint16_t listen_tls(struct fixture *f, struct sb_tls *tls, const struct sb_module *module,
	struct probe *probe, const struct sb_limits *limits);

#endif
