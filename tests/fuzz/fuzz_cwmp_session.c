/*
 * CWMP sessions against hostile devices and a whimsical service, on the simulated machine, from the
 * octets of HTTP to what the service is told. The input is what happens: an octet under 200 is the
 * size of a piece, the others are acts of devices, lines, service and clock. Acts of devices post
 * what would be right, or nearly, so that inputs get deep: an answer to the call that was heard
 * last, the same once more, a request, an Inform in the middle. Its first octet says how the
 * service behaves.
 *
 * What must hold: a post has at most one answer, and has it in the end unless its connection has
 * gone; whatever is answered can be read, and fits what was posted; a device is called only while
 * its own session is open, and never to answer an Inform or a request; who is told to hold its
 * requests is let go before the end; a device has one session at a time; each session that began
 * ends, after an outcome for each call; and then a good device is served, and nothing is left.
 */
#include "core/listener.h"
#include "core/log.h"
#include "tests/fuzz/cwmp_world.h"

#include <string.h>

/* The last envelope once more, and what it was. */
static void
post_again(struct world *w)
{
	w->is_rough = true;
	cwmp_world_post_octets(w, (struct post){0}, sb_bytes_text(w->device->last));
}

static void
act_of_device(struct world *w, enum act act, struct sb_bytes *script)
{
	static const char request[] = "<cwmp:Kicked><Next>n</Next></cwmp:Kicked>";
	struct device *d = w->device;
	struct script_step step;

	switch (act) {
	case ACT_INFORM:
		cwmp_world_post_inform(w);
		break;
	case ACT_EMPTY:
		cwmp_world_post(w, "", "");
		break;
	case ACT_ANSWER:
		cwmp_world_post_answer(w, d->id);
		break;
	case ACT_FAULT:
		cwmp_world_post(w, d->id, "<e:Fault><faultcode>Client</faultcode></e:Fault>");
		break;
	case ACT_WRONG_ID:
		cwmp_world_post_answer(w, "wrong");
		break;
	case ACT_OTHER_METHOD:
		cwmp_world_post(w, d->id, "<cwmp:RebootResponse/>");
		break;
	case ACT_AGAIN:
		post_again(w);
		break;
	case ACT_REQUEST:
		cwmp_world_post(w, "k", request);
		break;
	case ACT_REQUEST_WITHOUT_ID:
		w->is_rough = true;
		cwmp_world_post(w, "", request);
		break;
	case ACT_METHODS:
		cwmp_world_post(w, "m", "<cwmp:GetRPCMethods/>");
		break;
	case ACT_BROKEN:
		cwmp_world_post(w, "b", "<cwmp:Broken><Response>");
		break;
	default:
		w->is_rough = true;
		if (script_next(script, FIRST_ACT, &step) && !step.act)
			cwmp_world_post_octets(w, (struct post){0}, step.piece);
	}
}

static void
act_of_lines(struct world *w, enum act act)
{
	switch (act) {
	case ACT_DEVICE:
		w->device = &w->devices[w->device->number ^ 1];
		return;
	case ACT_PEER:
		w->peer = w->peer + 1 == w->peers + PEERS ? w->peers : w->peer + 1;
		if (!w->peer->line)
			cwmp_world_connect(w);
		return;
	case ACT_NO_COOKIE:
		w->has_cookie = !w->has_cookie;
		break;
	case ACT_OTHERS_COOKIE:
		memcpy(w->device->cookie, w->devices[w->device->number ^ 1].cookie,
			sizeof(w->device->cookie));
		break;
	case ACT_NO_PAUSE:
		w->has_pause = false;
		break;
	case ACT_CUT:
		w->is_cut = true;
		break;
	default:
		sim_reset(w->peer->line);
		cwmp_world_connect(w);
	}
	w->is_rough = true;
}

static void
act_of_machine(struct world *w, enum act act)
{
	w->is_rough = true;
	if (act == ACT_STARVE) {
		sim_fail_allocation(w->sim, 3);
		return;
	}
	/* Without memory for the order the node halts, and nobody is asked. */
	sim_fail_allocation(w->sim, 0);
	if (!sb_node_is_stopping(w->node))
		sb_node_stop(w->node);
	cwmp_world_turn(w, 1000);
}

static void
act_of_service(struct world *w, enum act act)
{
	unsigned session = w->device->session;

	if (session)
		(void)sb_node_post(w->node, w->sessions[session].address, act, 0, SB_NOTHING);
	cwmp_world_turn(w, 1000);
}

static void
act_of_script(struct world *w, enum script_act act)
{
	uint64_t ns = script_act(act, w->peer->line, &w->peer->is_stalled);

	w->is_rough |= act != SCRIPT_TURN && act != SCRIPT_SECOND && act != SCRIPT_HALF_MINUTE;
	if (ns)
		cwmp_world_turn(w, ns);
}

static void
send_raw(struct world *w, struct sb_bytes piece)
{
	w->is_rough = w->peer->is_raw = true;
	sim_send(w->peer->line, piece.data, piece.size);
	cwmp_world_turn(w, 1000);
}

static void
play(struct world *w, struct sb_bytes script)
{
	struct script_step step;

	while (w->begun < SESSIONS - 8 && script_next(&script, FIRST_ACT, &step)) {
		if (!step.act)
			send_raw(w, step.piece);
		else if (step.act <= ACT_BODY)
			act_of_device(w, (enum act)step.act, &script);
		else if (step.act < ACT_ACCEPT)
			act_of_lines(w, (enum act)step.act);
		else if (step.act < ACT_STARVE)
			act_of_service(w, (enum act)step.act);
		else if (step.act < ACT_END)
			act_of_machine(w, (enum act)step.act);
		else if (step.act >= SCRIPT_FIRST_ACT && step.act < SCRIPT_OWN_ACTS)
			act_of_script(w, (enum script_act)step.act);
	}
}

/* ---- the end ---- */

/* Longer than anything may last: the longest silence that a device can ask for. */
static void
settle(struct world *w)
{
	sim_fail_allocation(w->sim, 0);
	for (size_t i = 0; i < PEERS; i++)
		if (w->peers[i].line)
			sim_stall(w->peers[i].line, false);
	w->is_good = true;
	cwmp_world_turn(w, 700 * SECOND);
	cwmp_world_turn(w, SECOND);
	HOLDS(w->begun == w->ended && cwmp_server_sessions(w->server) == 0);
	for (size_t i = 0; i < PEERS; i++)
		HOLDS(!w->peers[i].line || sb_node_is_stopping(w->node) || w->peers[i].count == 0 ||
			w->peers[i].is_raw || sim_has_ended(w->peers[i].line) ||
			sim_was_reset(w->peers[i].line));
}

/* A good device's session. */
static void
be_good(struct world *w)
{
	w->device = &w->devices[DEVICES - 1];
	w->has_cookie = w->has_pause = true;
	w->is_cut = false;
	w->behaviour = FINISHES | CALLS_AT_START;
	cwmp_world_connect(w);
	cwmp_world_post_inform(w);
	HOLDS(w->good_status == 200);
	cwmp_world_post(w, "k", "<cwmp:Kicked/>");
	HOLDS(w->good_status == 200);
	cwmp_world_post(w, "", "");
	HOLDS(w->good_status == 200 || w->calls == CALLS);
	if (w->good_status == 200)
		cwmp_world_post_answer(w, w->device->id);
	HOLDS(w->good_status == 204);
	HOLDS(w->begun == w->ended);
}

static void
open_world(struct world *w, struct sb_log *log)
{
	static const struct sim_options calm = {.is_calm = true, .socket_buffer = 8192};
	static const struct sb_limits limits = {.output_low = 1024, .output_high = 4096};
	static const struct cwmp_server_options small = {.max_calls = 1,
		.max_sessions = 1,
		.held_bytes = 20000,
		.decode = {.bytes = 2048, .depth = 6, .members = 2}};
	struct sb_node_options node = {.threads = w->behaviour & HAS_TWO_SHARDS ? 2 : 1,
		.log = log,
		.receive_buffer = 8192};
	const struct sb_listener_options listener = {
		.name = "fuzz", .address = "127.0.0.1:7547", .limits = &limits};

	w->sim = sim_new(&calm);
	w->decoder = cwmp_decoder_new(sb_env_system(), NULL);
	node.env = sim_env(w->sim);
	HOLDS(w->decoder && sb_node_new(&w->node, &node) == 0);
	sim_attach(w->sim, w->node);
	HOLDS(cwmp_server_new(&w->server, w->node, &cwmp_world_service, NULL,
		      w->behaviour & HAS_SMALL_LIMITS ? &small : NULL) == 0);
	HOLDS(cwmp_server_listen(w->server, &listener, NULL) == 0);
	for (unsigned i = 0; i < DEVICES; i++)
		w->devices[i].number = i;
	w->device = w->devices;
	w->peer = w->peers;
	w->has_cookie = w->has_pause = true;
	cwmp_world_connect(w);
}

static void
close_world(struct world *w)
{
	settle(w);
	if (!sb_node_is_stopping(w->node))
		be_good(w);
	sb_node_stop(w->node);
	cwmp_world_turn(w, SECOND);
	sb_node_stop(w->node);
	cwmp_world_turn(w, 200 * SECOND);
	HOLDS(sb_node_is_stopped(w->node));
	sb_node_free(w->node);
	cwmp_server_free(w->server);
	cwmp_decoder_free(w->decoder);
	HOLDS(sim_open_sockets(w->sim) == 0 && sim_live_allocations(w->sim) == 0);
	sim_free(w->sim);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sb_log_options quiet = {.level = SB_LOG_FATAL, .fd = 2};
	static struct sb_log *log;
	static struct world w;

	if (!log)
		log = sb_log_new(&quiet);
	if (!size)
		return 0;
	memset(&w, 0, sizeof(w));
	world = &w;
	w.behaviour = data[0];
	open_world(&w, log);
	play(&w, sb_bytes(data + 1, size - 1));
	close_world(&w);
	return 0;
}
