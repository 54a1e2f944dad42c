#include "tests/daemons/acs/whole.h"

#include "daemons/acs/acs.h"
#include "daemons/acs/config.h"
#include "tests/sim/stand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define API_PORT 7557

/* What is looked for again is found in this time. */
#define START_MS 3000

#define LISTENERS                                              \
	"listener \"cwmp\" { address = \"127.0.0.1:7547\" }\n" \
	"listener \"api\" { address = \"127.0.0.1:7557\" }\n"  \
	"store { path = \"mem:\" }\n"

/* ---- the node ---- */

static void
runs(struct whole *w, bool is_running)
{
	if (w->bed.runs)
		w->bed.runs(is_running);
}

bool
whole_start(struct whole *w)
{
	const struct sb_node_options options = {
		.threads = BED_SHARDS, .log = w->bed.log, .env = sim_env(w->bed.sim)};
	int err;

	assert_int_equal(sb_node_new(&w->bed.node, &options), 0);
	sim_attach(w->bed.sim, w->bed.node);
	assert_int_equal(acs_new(&w->acs, w->file), 0);
	acs_set_memory(w->acs, w->bed.memory, w->bed.store_delay_ns);
	runs(w, true);
	err = acs_start(w->acs, w->bed.node);
	runs(w, false);
	if (!err)
		bed_pass(&w->bed, START_MS);
	return !err && whole_is_up(w);
}

bool
whole_is_up(const struct whole *w)
{
	return !acs_has_failed(w->acs) && !sb_node_is_stopped(w->bed.node);
}

static void
config_load(struct whole *w)
{
	struct sb_config_source source = {.options = acs_config_options, .rules = acs_config_rules};
	char text[4096];

	config_reports_init(&w->reports);
	snprintf(text, sizeof(text), "%s%s", LISTENERS, w->settings ? w->settings : "");
	assert_int_equal(config_text_load(text, source, &w->reports.errors, &w->file), 0);
}

void
whole_open(struct whole *w)
{
	struct sim_options options = {.is_calm = true};

	if (w->bed.kernel_memory)
		options.kernel_memory = w->bed.kernel_memory;
	w->bed.sim = sim_new(&options);
	w->bed.memory = sb_store_memory_new(sim_env(w->bed.sim));
	assert_non_null(w->bed.memory);
	w->bed.log = stand_log(&w->bed.log_fd);
	config_load(w);
	assert_true(whole_start(w));
}

static void
node_free(struct whole *w)
{
	sb_node_free(w->bed.node);
	acs_free(w->acs);
	w->acs = NULL;
}

void
whole_cut(struct whole *w)
{
	sb_store_memory_cut(w->bed.memory);
	node_free(w);
}

void
whole_restart(struct whole *w)
{
	whole_cut(w);
	assert_true(whole_start(w));
}

void
whole_close(struct whole *w)
{
	sb_node_stop(w->bed.node);
	bed_pass(&w->bed, 60000);
	assert_true(sb_node_is_stopped(w->bed.node));
	assert_false(acs_has_failed(w->acs));
	node_free(w);
	sb_config_free(w->file);
	bed_free(&w->bed);
}

/* ---- requests ---- */

static struct sim_peer *
send_request(struct whole *w, uint16_t port, const char *method, const char *target,
	const char *fields, struct sb_bytes body)
{
	struct sim_peer *peer = sim_connect(w->bed.sim, port);
	char head[4096];
	int size = snprintf(head, sizeof(head),
		"%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sContent-Length: %zu\r\n\r\n", method,
		target, fields, body.size);

	assert_true(size > 0 && (size_t)size < sizeof(head));
	sim_send(peer, head, (size_t)size);
	if (body.size)
		sim_send(peer, body.data, body.size);
	bed_settle(&w->bed);
	return peer;
}

static bool
has_gone(struct sim_peer *peer)
{
	return sim_has_ended(peer) || sim_was_reset(peer);
}

/* 0: there is none, or not all of it. */
static unsigned
answer_of(struct whole *w, struct sim_peer *peer)
{
	struct sb_bytes in = sim_received(peer);
	const char *head_end = in.size ? memmem(in.data, in.size, "\r\n\r\n", 4) : NULL;
	const char *length;
	char head[2048];
	unsigned status = 0;
	size_t body_size = 0, left;

	if (!head_end)
		return 0;
	snprintf(head, sizeof(head), "%.*s", (int)(head_end - (const char *)in.data),
		(const char *)in.data);
	assert_int_equal(sscanf(head, "HTTP/1.1 %u", &status), 1);
	length = strstr(head, "Content-Length: ");
	if (length)
		body_size = strtoul(length + 16, NULL, 10);
	left = in.size - (size_t)(head_end + 4 - (const char *)in.data);
	assert_true(body_size < sizeof(w->body));
	if (left < body_size)
		return 0;
	memcpy(w->body, head_end + 4, body_size);
	w->body[body_size] = '\0';
	return status;
}

unsigned
whole_take(struct whole *w, struct sim_peer *peer)
{
	w->body[0] = '\0';
	w->status = answer_of(w, peer);
	if (!w->status && !has_gone(peer) && w->waits_ms) {
		bed_pass(&w->bed, w->waits_ms);
		w->status = answer_of(w, peer);
	}
	if (!w->status && !has_gone(peer))
		fail_msg("neither an answer nor an end");
	sim_finish(peer);
	bed_settle(&w->bed);
	return w->status;
}

unsigned
whole_request(struct whole *w, uint16_t port, const char *method, const char *target,
	const char *fields, struct sb_bytes body)
{
	return whole_take(w, send_request(w, port, method, target, fields, body));
}

struct sim_peer *
whole_send(struct whole *w, const char *method, const char *target, const char *body)
{
	return send_request(w, API_PORT, method, target,
		body ? "Content-Type: application/json\r\n" : "", sb_bytes_text(body ? body : ""));
}

unsigned
whole_ask(struct whole *w, const char *method, const char *target, const char *body)
{
	return whole_take(w, whole_send(w, method, target, body));
}
