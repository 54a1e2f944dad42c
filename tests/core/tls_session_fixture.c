#include "tests/core/tls_session_fixture.h"

#include <stdio.h>

struct certificates certificates;
struct sb_tls *plain_server, *mutual_server, *client;

int
setup_all(void **state)
{
	(void)state;
	if (certificates_open(&certificates))
		return -1;
	plain_server = tls_server_of(&certificates, "server", SB_TLS_VERIFY_NONE, NULL);
	mutual_server = tls_server_of(&certificates, "server", SB_TLS_VERIFY_REQUIRED, "ca");
	client = tls_client_of(&certificates, "client", SB_TLS_VERIFY_REQUIRED, "ca");
	return 0;
}

int
teardown_all(void **state)
{
	(void)state;
	sb_tls_free(plain_server);
	sb_tls_free(mutual_server);
	sb_tls_free(client);
	certificates_close(&certificates);
	return 0;
}

static void
copy_name(char *out, size_t size, const char *name)
{
	snprintf(out, size, "%s", name ? name : "(none)");
}

int
note_identity(struct sb_session *s, struct probe *p)
{
	const struct sb_tls_identity *tls = sb_session_peer(s)->tls;
	struct identity *identity = p->context;

	assert_non_null(tls);
	identity->is_verified = tls->verified;
	copy_name(identity->common_name, sizeof(identity->common_name), tls->common_name);
	copy_name(identity->server_name, sizeof(identity->server_name), tls->server_name);
	copy_name(identity->version, sizeof(identity->version), tls->version);
	return 0;
}

ssize_t
echo(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	assert_int_equal(sb_write(s, in.data, in.size), 0);
	return (ssize_t)in.size;
}

void
let(struct fixture *f, struct probe *probe,
	void (*act)(struct sb_session *s, struct probe *p, struct sb_message *m))
{
	probe->on_message = act;
	assert_int_equal(sb_node_post(f->node, probe->self, 1, 0, (struct sb_payload){0}), 0);
	run_ms(f, 1);
}

void
say_late(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	assert_int_equal(sb_write(s, "late", 4), 0);
}

void
say_goodbye(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	say_late(s, p, m);
	sb_close(s, SB_END_PEER);
}

uint16_t
listen_tls(struct fixture *f, struct sb_tls *tls, const struct sb_module *module,
	struct probe *probe, const struct sb_limits *limits)
{
	struct sb_listener_options options = {.name = "tls",
		.address = "127.0.0.1:0",
		.module = module,
		.args = probe,
		.limits = limits,
		.tls = tls};
	struct sb_listener *listener;

	assert_int_equal(sb_listen(f->node, &options, &listener), 0);
	run_ms(f, 1);
	return sb_listener_port(listener);
}
