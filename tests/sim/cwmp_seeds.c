/*
 * Devices and a service of ours under every kind of weather: connections drop at every point, posts
 * come twice, out of order, from two connections at once, or not at all; the service decides,
 * calls and answers at once, later or never; memory fails. Whatever the seed: a device has one
 * session at a time; each session that began has its end, each call one outcome before it, and an
 * answer that is its own; when the weather is over a good device has a whole session, and when the
 * node stops nothing is left.
 */
#include "core/node.h"
#include "core/session.h"
#include "protocols/cwmp/server.h"
#include "seeds.h"
#include "simulation.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES 4
#define PEERS   3
#define TEXT    4096
#define SECOND  UINT64_C(1000000000)

struct device {
	struct world *world;
	unsigned number;
	struct sim_peer *peers[PEERS]; /* the first is the one in use */
	char cookie[64];
	bool has_cookies;
	char last[TEXT];  /* what it posted last */
	char id[64];      /* of the call that it was sent last; "" */
	char asked[32];   /* the name that it was asked for */
	unsigned answers; /* HTTP answers so far */
	unsigned status;  /* of the last */
	unsigned open;    /* sessions that the service knows of */
	unsigned done;    /* that ended well */
};

struct world {
	struct simulation *sim;
	struct sb_log *log;
	struct sb_node *node;
	struct cwmp_server *server;
	struct device devices[DEVICES];
	unsigned next; /* number of the next call */
	unsigned sessions;
	bool is_stormy;
};

/* One in `n`, while the weather is bad. */
static bool
chance(struct world *w, uint64_t n)
{
	return w->is_stormy && sim_random(w->sim, n) == 0;
}

/* ---- the service ---- */

struct state {
	struct device *device;
	unsigned calls, outcomes;
	struct sb_timer timer;
};

static struct world *
world_of(const struct cwmp_session *c)
{
	return (struct world *)(uintptr_t)cwmp_args(c);
}

static void call_or_finish(struct cwmp_session *c);

/* The number of the call is in the name that is asked for, and in the good device's answer. */
static void
got(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	struct state *state = cwmp_state(c);
	const struct cwmp_parameter_values *values;
	char name[32];

	CHECK(++state->outcomes <= state->calls);
	CHECK((o->envelope != NULL) == (o->status == 0 || o->status == SB_EREMOTE));
	if (o->status == 0) {
		CHECK(o->envelope->message.method == CWMP_GET_PARAMETER_VALUES);
		values = &o->envelope->message.body.get_parameter_values_response.parameter_list;
		(void)snprintf(name, sizeof(name), "N%u", (unsigned)(uintptr_t)context);
		CHECK(values->count == 1 && strcmp(values->each[0].name, name) == 0);
	}
	if (o->status != SB_GONE)
		call_or_finish(c);
}

static void
call(struct cwmp_session *c)
{
	struct state *state = cwmp_state(c);
	unsigned number = world_of(c)->next++;
	char name[32];
	const char *names[] = {name};
	int err;

	(void)snprintf(name, sizeof(name), "N%u", number);
	err = cwmp_get_parameter_values(
		c, names, 1, (struct cwmp_done){got, (void *)(uintptr_t)number});
	CHECK(err == 0 || err == SB_ENOMEM || err == SB_GONE || err == SB_FULL);
	state->calls += err == 0;
}

static void
later(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	call_or_finish(cwmp_of(s));
}

/* At the end always says so in good weather. */
static void
call_or_finish(struct cwmp_session *c)
{
	struct world *w = world_of(c);
	struct state *state = cwmp_state(c);

	if (chance(w, 30))
		cwmp_abort(c);
	else if (chance(w, 30))
		return;
	else if (chance(w, 5))
		sb_timer_start(cwmp_core(c), &state->timer, sim_random(w->sim, 30000), later);
	else if (state->calls < 2 || chance(w, 2))
		call(c);
	else
		cwmp_finish(c);
	if (chance(w, 6))
		cwmp_hold_requests(c, sim_random(w->sim, 2));
	if (chance(w, 6))
		call(c);
}

static void
decide(struct sb_session *s, struct sb_timer *timer)
{
	struct cwmp_session *c = cwmp_of(s);
	struct world *w = world_of(c);

	(void)timer;
	if (chance(w, 8))
		cwmp_refuse(c, CWMP_FAULT_ACS_REQUEST_DENIED, NULL);
	else if (chance(w, 20))
		cwmp_busy(c, 1);
	else if (chance(w, 20))
		cwmp_redirect(c, 302, "http://elsewhere/");
	else if (!chance(w, 20))
		cwmp_accept(c);
}

static void
on_filter(struct cwmp_session *c)
{
	struct world *w = world_of(c);
	struct state *state = cwmp_state(c);
	unsigned number = (unsigned)atoi(cwmp_inform(c)->device_id.serial_number);

	CHECK(number < DEVICES);
	state->device = &w->devices[number];
	CHECK(state->device->open++ == 0);
	w->sessions++;
	if (chance(w, 4))
		sb_timer_start(cwmp_core(c), &state->timer, sim_random(w->sim, 25000), decide);
	else
		decide(cwmp_core(c), NULL);
}

static void
answer(struct sb_session *s, struct sb_timer *timer)
{
	struct cwmp_session *c = cwmp_of(s);
	int err;

	(void)timer;
	err = chance(world_of(c), 6) ? cwmp_answer_fault(c, 8001, NULL) : cwmp_answer_default(c);
	CHECK(err == 0 || err == SB_GONE || err == SB_ENOMEM);
}

static void
on_request(struct cwmp_session *c, const struct cwmp_envelope *request)
{
	struct world *w = world_of(c);
	struct state *state = cwmp_state(c);

	CHECK(request->message.method == CWMP_KICKED);
	if (chance(w, 3))
		sb_timer_start(cwmp_core(c), &state->timer, sim_random(w->sim, 30000), answer);
	else
		answer(cwmp_core(c), NULL);
}

static void
on_end(struct cwmp_session *c, enum cwmp_end why)
{
	struct state *state = cwmp_state(c);

	CHECK(state->calls == state->outcomes);
	CHECK(--state->device->open == 0);
	state->device->done += why == CWMP_END_DONE;
	world_of(c)->sessions--;
}

static const struct cwmp_service service = {
	.name = "seeds",
	.state_size = sizeof(struct state),
	.session_filter = on_filter,
	.session_start = call_or_finish,
	.request = on_request,
	.session_end = on_end,
};

/* ---- a device ---- */

static void
connect_device(struct device *d)
{
	memmove(d->peers + 1, d->peers, sizeof(d->peers) - sizeof(d->peers[0]));
	d->peers[0] = sim_connect(d->world->sim, 7547);
}

static void
send_post(struct device *d, const char *body)
{
	char request[TEXT + 256], cookie[128] = "";
	int size;

	if (d->has_cookies && *d->cookie)
		(void)snprintf(cookie, sizeof(cookie), "Cookie: %s\r\n", d->cookie);
	size = snprintf(request, sizeof(request),
		"POST / HTTP/1.1\r\nHost: acs\r\n%sContent-Length: %zu\r\n\r\n%s", cookie,
		strlen(body), body);
	/* Cut off in the middle, now and then. */
	if (chance(d->world, 30))
		size = (int)sim_random(d->world->sim, (uint64_t)size);
	sim_send(d->peers[0], request, (size_t)size);
}

static void post(struct device *d, const char *id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void
post(struct device *d, const char *id, const char *format, ...)
{
	char body[TEXT / 2];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(body, sizeof(body), format, arguments);
	va_end(arguments);
	(void)snprintf(d->last, sizeof(d->last),
		"<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" "
		"xmlns:cwmp=\"urn:dslforum-org:cwmp-1-0\"><e:Header><cwmp:ID>%s</cwmp:ID>"
		"</e:Header><e:Body>%s</e:Body></e:Envelope>",
		id, body);
	send_post(d, d->last);
}

static void
post_inform(struct device *d)
{
	post(d, "i",
		"<cwmp:Inform><DeviceId><OUI>00259E</OUI><SerialNumber>%u</SerialNumber>"
		"</DeviceId></cwmp:Inform>",
		d->number);
}

static void
post_empty(struct device *d)
{
	d->last[0] = '\0';
	send_post(d, "");
}

static void
post_kicked(struct device *d)
{
	post(d, "k", "<cwmp:Kicked><Next>n</Next></cwmp:Kicked>");
}

static void
post_answer(struct device *d)
{
	if (chance(d->world, 8))
		post(d, d->id, "<e:Fault><faultcode>Client</faultcode></e:Fault>");
	else if (strncmp(d->asked, "N", 1) == 0)
		post(d, d->id,
			"<cwmp:GetParameterValuesResponse><ParameterList><ParameterValueStruct>"
			"<Name>%s</Name><Value>1</Value></ParameterValueStruct></ParameterList>"
			"</cwmp:GetParameterValuesResponse>",
			d->asked);
	else
		post(d, d->id,
			"<cwmp:GetRPCMethodsResponse><MethodList/></cwmp:GetRPCMethodsResponse>");
}

static void
copy_between(const char *text, const char *begin, char end, char *out, size_t size)
{
	const char *at = strstr(text, begin);
	const char *stop = at ? strchr(at + strlen(begin), end) : NULL;

	out[0] = '\0';
	if (stop)
		(void)snprintf(out, size, "%.*s", (int)(stop - at - (long)strlen(begin)),
			at + strlen(begin));
}

static void
note_answer(struct device *d, const char *head, const char *body)
{
	char cookie[64];

	d->answers++;
	d->status = (unsigned)atoi(head + strlen("HTTP/1.1 "));
	copy_between(head, "\r\nSet-Cookie: ", ';', cookie, sizeof(cookie));
	if (*cookie)
		memcpy(d->cookie, cookie, sizeof(cookie));
	copy_between(body, "mustUnderstand=\"1\">", '<', d->id, sizeof(d->id));
	copy_between(body, "<string>", '<', d->asked, sizeof(d->asked));
	if (!strstr(body, "GetParameterValues>") && !strstr(body, "GetRPCMethods"))
		d->id[0] = '\0';
}

/* Of one connection; true: an answer was there. */
static bool
read_peer(struct device *d, struct sim_peer *peer)
{
	struct sb_bytes in = sim_received(peer);
	char text[TEXT * 2];
	char *end, *length;
	size_t size;

	(void)snprintf(
		text, sizeof(text), "%.*s", (int)in.size, in.size ? (const char *)in.data : "");
	end = strstr(text, "\r\n\r\n");
	if (!end)
		return false;
	length = strstr(text, "Content-Length: ");
	size = length && length < end ? (size_t)atoi(length + strlen("Content-Length: ")) : 0;
	if ((size_t)(end + 4 - text) + size > in.size)
		return false;
	end[2] = '\0';
	end[4 + size] = '\0';
	note_answer(d, text, end + 4);
	sim_consume(peer, (size_t)(end + 4 - text) + size);
	return true;
}

static void
read_answers(struct device *d)
{
	for (unsigned i = 0; i < PEERS; i++)
		while (d->peers[i] && read_peer(d, d->peers[i]))
			;
	if (!d->peers[0] || sim_has_ended(d->peers[0]) || sim_was_reset(d->peers[0]))
		connect_device(d);
}

/* ---- the weather ---- */

static void
misbehave(struct device *d)
{
	struct world *w = d->world;

	switch (sim_random(w->sim, 8)) {
	case 0:
		sim_reset(d->peers[0]);
		connect_device(d);
		break;
	case 1:
		sim_finish(d->peers[0]);
		connect_device(d);
		break;
	case 2:
		connect_device(d);
		send_post(d, d->last);
		break;
	case 3:
		send_post(d, d->last);
		break;
	case 4:
		(void)snprintf(d->id, sizeof(d->id), "wrong");
		post_answer(d);
		break;
	case 5:
		d->cookie[0] = '\0';
		break;
	case 6:
		send_post(d, "<e:Envelope><broken");
		break;
	case 7:
		sim_fail_allocation(w->sim, 1 + sim_random(w->sim, 40));
		break;
	}
}

/* Mostly what a device would do next. */
static void
behave(struct device *d)
{
	uint64_t what = sim_random(d->world->sim, 10);

	if (*d->id && what < 7)
		post_answer(d);
	else if (what < 3)
		post_inform(d);
	else if (what < 8)
		post_empty(d);
	else
		post_kicked(d);
}

static void
storm(struct world *w)
{
	w->is_stormy = true;
	for (unsigned i = 0; i < 250; i++) {
		struct device *d = &w->devices[sim_random(w->sim, DEVICES)];

		read_answers(d);
		if (sim_random(w->sim, 5) == 0)
			misbehave(d);
		else
			behave(d);
		sim_run_for(w->sim,
			sim_random(w->sim, sim_random(w->sim, 10) ? SECOND / 5 : 20 * SECOND));
	}
	sim_fail_allocation(w->sim, 0);
	w->is_stormy = false;
}

/* Until the post has its answer. */
static void
wait_for_answer(struct device *d, unsigned answers)
{
	for (unsigned i = 0; i < 400 && d->answers == answers; i++) {
		sim_run_for(d->world->sim, SECOND / 20);
		read_answers(d);
	}
	CHECK(d->answers > answers);
}

static void
have_a_session(struct device *d)
{
	unsigned done = d->done, answers = d->answers;

	d->cookie[0] = '\0';
	connect_device(d);
	post_inform(d);
	wait_for_answer(d, answers);
	CHECK(d->status == 200);
	for (unsigned i = 0; i < 10 && d->status == 200; i++) {
		answers = d->answers;
		if (*d->id)
			post_answer(d);
		else if (i == 0)
			post_kicked(d);
		else
			post_empty(d);
		wait_for_answer(d, answers);
	}
	CHECK(d->status == 204);
	CHECK(d->done == done + 1);
}

/* Longer than anything that the storm has left can last. */
static void
calm(struct world *w)
{
	sim_run_for(w->sim, 100 * SECOND);
	for (unsigned i = 0; i < DEVICES; i++) {
		CHECK(w->devices[i].open == 0);
		read_answers(&w->devices[i]);
		have_a_session(&w->devices[i]);
	}
	sim_run_for(w->sim, SECOND);
	CHECK(w->sessions == 0 && cwmp_server_sessions(w->server) == 0);
}

/* ---- a run ---- */

static void
start(struct world *w)
{
	struct sb_node_options node = {.threads = 1 + (unsigned)sim_random(w->sim, 3),
		.env = sim_env(w->sim),
		.log = w->log};
	const struct sb_listener_options listener = {.name = "cwmp", .address = "127.0.0.1:7547"};

	CHECK(sb_node_new(&w->node, &node) == 0);
	sim_attach(w->sim, w->node);
	CHECK(cwmp_server_new(&w->server, w->node, &service, w, NULL) == 0);
	CHECK(cwmp_server_listen(w->server, &listener, NULL) == 0);
	for (unsigned i = 0; i < DEVICES; i++) {
		w->devices[i].world = w;
		w->devices[i].number = i;
		w->devices[i].has_cookies = i != 0;
		connect_device(&w->devices[i]);
	}
}

static void
stop(struct world *w)
{
	/* In the middle of something, half of the time. */
	if (sim_random(w->sim, 2))
		post_inform(&w->devices[1]);
	sim_run_for(w->sim, sim_random(w->sim, SECOND / 10));
	sb_node_stop(w->node);
	sim_run_for(w->sim, 100 * SECOND);
	CHECK(sb_node_is_stopped(w->node));
	CHECK(w->sessions == 0);
}

static void
run(uint64_t seed)
{
	const struct sim_options options = {.seed = seed};
	struct sb_log_options log = {.level = SB_LOG_DEBUG};
	const char *path = getenv("BED_LOG");
	struct world w = {0};

	log.fd = open(path ? path : "/dev/null", O_WRONLY | O_CLOEXEC | O_CREAT | O_APPEND, 0600);
	w.log = sb_log_new(&log);
	w.sim = sim_new(&options);
	start(&w);
	storm(&w);
	calm(&w);
	stop(&w);
	sb_node_free(w.node);
	cwmp_server_free(w.server);
	CHECK(sim_open_sockets(w.sim) == 0);
	CHECK(sim_live_allocations(w.sim) == 0);
	sim_free(w.sim);
	sb_log_free(w.log);
	close(log.fd);
}

int
main(int argc, char **argv)
{
	return seeds_main(argc, argv, 40, run);
}
