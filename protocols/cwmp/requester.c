/* The requester: a session that sends the connection requests of its share of devices. */
#include "core/error.h"
#include "core/job.h"
#include "core/node.h"
#include "core/registry.h"
#include "protocols/cwmp/requester_internal.h"

#include <string.h>

#define LOOK_AGAIN_MS 20

/* A request, from its call to its reply. */
struct asked {
	struct cwmp_transfer transfer; /* first */
	struct sb_from from;
	struct cwmp_requested *requested;
	struct cwmp_target target;
	uint64_t job; /* that resolves its host; 0: none does */
	uint64_t since;
	struct sb_timer deadline;
	struct asked *next, **link;
};

struct list {
	struct asked *first, **end;
	uint32_t count;
};

struct requester {
	struct cwmp_requester_options options;
	struct cwmp_limiter *limiter;
	struct list waiting, under_way;
	struct sb_timer again; /* for names that wait for a lookup */
	struct sb_counter *outcomes[CWMP_REQUEST_OUTCOMES];
	struct sb_gauge *gauge; /* of those that have no outcome yet */
};

static void
append(struct list *list, struct asked *asked)
{
	asked->next = NULL;
	asked->link = list->end;
	*list->end = asked;
	list->end = &asked->next;
	list->count++;
}

static void
take_out(struct list *list, struct asked *asked)
{
	*asked->link = asked->next;
	if (asked->next)
		asked->next->link = asked->link;
	else
		list->end = asked->link;
	list->count--;
}

/* ---- the end of a request ---- */

static void
asked_free(struct sb_session *s, struct asked *asked)
{
	cwmp_transfer_end(&asked->transfer);
	cwmp_target_fini(&asked->target);
	sb_payload_free(asked->requested);
	sb_timer_stop(s, &asked->deadline);
	sb_release(s, asked);
}

static void
tell(struct sb_session *s, struct sb_from from, const char *device,
	struct cwmp_connection_request_result result)
{
	struct requester *r = sb_state(s);

	sb_counter_add(r->outcomes[result.outcome], sb_session_shard(s), 1);
	SB_LOG_LIMITED(s, INFO, "cwmp.connection_request", "device", SB_STR(device), "outcome",
		SB_STR(cwmp_request_outcome_name(result.outcome)), "status", SB_UINT(result.status),
		"ms", SB_UINT(result.elapsed_ms));
	/* A caller that is not told waits for its deadline. */
	(void)sb_reply(s, from, 0, SB_COPY(&result, sizeof(result)));
}

/* Tells the outcome of one that is in `list`, and forgets it. */
static void
settle(struct sb_session *s, struct list *list, struct asked *asked,
	enum cwmp_request_outcome outcome, uint32_t status)
{
	struct requester *r = sb_state(s);
	struct cwmp_connection_request_result result = {.outcome = outcome,
		.status = status,
		.elapsed_ms = (uint32_t)((sb_now(s) - asked->since) / 1000000)};

	tell(s, asked->from, asked->requested->request.device, result);
	sb_gauge_add(r->gauge, sb_session_shard(s), -1);
	take_out(list, asked);
	asked_free(s, asked);
}

/* ---- its steps: waiting, resolving, the GET ---- */

static uint64_t
left_ms(struct sb_session *s, const struct asked *asked)
{
	uint64_t now = sb_now(s);

	return asked->deadline.due > now ? (asked->deadline.due - now) / 1000000 + 1 : 1;
}

static void pump(struct sb_session *s);

static void
transferred(struct cwmp_transfer *t, enum cwmp_request_outcome outcome, uint32_t status)
{
	struct sb_session *s = t->session;
	struct requester *r = sb_state(s);

	settle(s, &r->under_way, (struct asked *)t, outcome, status);
	pump(s);
}

static void
connect_to(struct sb_session *s, struct asked *asked)
{
	struct requester *r = sb_state(s);
	const struct cwmp_connection_request *request = &asked->requested->request;
	struct cwmp_transfer *t = &asked->transfer;

	if (!cwmp_place_restrict(&asked->target.place, &r->options.reach, request->from)) {
		settle(s, &r->under_way, asked, CWMP_REQUEST_FORBIDDEN, 0);
		return;
	}
	t->options = &r->options;
	t->from = request->from;
	t->done = transferred;
	/* From here on libcurl looks at the time: it knows what has been answered already. */
	sb_timer_stop(s, &asked->deadline);
	if (cwmp_transfer_begin(
		    t, &asked->target, request->username, request->password, left_ms(s, asked)))
		settle(s, &r->under_way, asked, CWMP_REQUEST_UNAVAILABLE, 0);
}

static void
resolve(struct sb_session *s, struct asked *asked)
{
	struct requester *r = sb_state(s);
	struct cwmp_place *place = sb_payload_new(s, sizeof(*place));

	if (place) {
		*place = asked->target.place;
		if (sb_job(s, cwmp_place_resolve, SB_GIVE(place, sizeof(*place), sb_payload_free),
			    (uint32_t)left_ms(s, asked), &asked->job) == 0)
			return;
	}
	sb_payload_free(place);
	cwmp_lookup_give_back();
	settle(s, &r->under_way, asked, CWMP_REQUEST_UNAVAILABLE, 0);
}

static void
pump_again(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	pump(s);
}

/* The next that can begin: numbers pass names that wait for a lookup, of which another shard has
 * the last, and does not tell. */
static struct asked *
next_to_begin(struct sb_session *s)
{
	struct requester *r = sb_state(s);

	for (struct asked *asked = r->waiting.first; asked; asked = asked->next)
		if (asked->target.place.count || cwmp_lookup_take())
			return asked;
	if (r->waiting.first)
		sb_timer_start(s, &r->again, LOOK_AGAIN_MS, pump_again);
	return NULL;
}

/* Begins what waits, as long as there is room. */
static void
pump(struct sb_session *s)
{
	struct requester *r = sb_state(s);
	struct asked *asked;

	while (r->under_way.count < r->options.at_once && (asked = next_to_begin(s))) {
		take_out(&r->waiting, asked);
		append(&r->under_way, asked);
		if (asked->target.place.count)
			connect_to(s, asked);
		else
			resolve(s, asked);
	}
}

static void
resolved(struct sb_session *s, struct sb_message *m)
{
	struct requester *r = sb_state(s);
	struct asked *asked = r->under_way.first;

	while (asked && asked->job != m->ref)
		asked = asked->next;
	if (!asked) /* its deadline was first */
		return;
	if (m->status == 0) {
		asked->job = 0;
		memcpy(&asked->target.place, m->data, sizeof(asked->target.place));
		connect_to(s, asked);
	} else {
		settle(s, &r->under_way, asked,
			m->status == SB_TIMEOUT ? CWMP_REQUEST_TIMEOUT : CWMP_REQUEST_UNRESOLVED,
			0);
	}
	pump(s);
}

static void
deadline_passed(struct sb_session *s, struct sb_timer *timer)
{
	struct requester *r = sb_state(s);
	struct asked *asked = (struct asked *)((char *)timer - offsetof(struct asked, deadline));
	/* Only what is under way has left the waiting list. */
	bool waits = false;

	for (struct asked *at = r->waiting.first; at && !waits; at = at->next)
		waits = at == asked;
	settle(s, waits ? &r->waiting : &r->under_way, asked, CWMP_REQUEST_TIMEOUT, 0);
	pump(s);
}

/* ---- its beginning ---- */

/* The outcome of what cannot be asked; CWMP_REQUEST_DONE: it can. */
static enum cwmp_request_outcome
admit(struct sb_session *s, const struct cwmp_requested *requested, struct cwmp_target *target)
{
	struct requester *r = sb_state(s);
	const struct cwmp_connection_request *request = &requested->request;
	int err = cwmp_target_init(target, request->url);

	if (err)
		return err == SB_EINVAL ? CWMP_REQUEST_FORBIDDEN : CWMP_REQUEST_UNAVAILABLE;
	if (r->waiting.count >= r->options.waiting)
		return CWMP_REQUEST_LIMITED;
	if (r->options.device_interval_ms != SB_UNLIMITED &&
		!cwmp_limiter_take(r->limiter, cwmp_device_hash(request->device), sb_now(s),
			r->options.device_burst, r->options.device_interval_ms))
		return CWMP_REQUEST_LIMITED;
	return CWMP_REQUEST_DONE;
}

static bool
enqueue(struct sb_session *s, struct sb_from from, struct cwmp_requested *requested,
	const struct cwmp_target *target)
{
	struct requester *r = sb_state(s);
	struct asked *asked = sb_allocate(s, sizeof(*asked));

	if (!asked)
		return false;
	*asked = (struct asked){.transfer = {.session = s},
		.from = from,
		.requested = requested,
		.target = *target,
		.since = sb_now(s)};
	sb_timer_start(s, &asked->deadline, r->options.timeout_ms, deadline_passed);
	append(&r->waiting, asked);
	sb_gauge_add(r->gauge, sb_session_shard(s), 1);
	return true;
}

static void
ask(struct sb_session *s, struct sb_message *m)
{
	struct sb_from from = sb_message_from(m);
	struct cwmp_requested *requested = sb_message_take(m);
	struct cwmp_target target;
	enum cwmp_request_outcome outcome = admit(s, requested, &target);

	if (outcome == CWMP_REQUEST_DONE && enqueue(s, from, requested, &target)) {
		pump(s);
		return;
	}
	if (outcome == CWMP_REQUEST_DONE)
		outcome = CWMP_REQUEST_UNAVAILABLE;
	tell(s, from, requested->request.device,
		(struct cwmp_connection_request_result){.outcome = outcome});
	cwmp_target_fini(&target);
	sb_payload_free(requested);
}

/* ---- the session ---- */

static void
metrics_init(struct requester *r, struct sb_metrics *table)
{
	for (unsigned i = 0; i < CWMP_REQUEST_OUTCOMES; i++)
		r->outcomes[i] = sb_metrics_counter(table, "cwmp_connection_requests_total",
			"Connection requests, by their outcome.", "outcome",
			cwmp_request_outcome_name(i), (const char *)NULL);
	r->gauge = sb_metrics_gauge(table, "cwmp_connection_requests_open",
		"Connection requests that have no outcome yet.", (const char *)NULL);
}

static int
requester_start(struct sb_session *s, const void *args)
{
	struct requester *r = sb_state(s);
	char name[CWMP_REQUESTER_NAME_MAX];

	memcpy(&r->options, args, sizeof(r->options));
	r->waiting.end = &r->waiting.first;
	r->under_way.end = &r->under_way.first;
	metrics_init(r, sb_node_metrics(sb_session_node(s)));
	/* Nothing: what is left out is TLS. Counted, and fit for threads. */
	if (curl_global_init(CURL_GLOBAL_NOTHING))
		return SB_ENOMEM;
	r->limiter = sb_allocate(s, sizeof(*r->limiter));
	cwmp_requester_name(name, sb_session_shard(s));
	if (r->limiter && sb_register(s, name) == 0) {
		memset(r->limiter, 0, sizeof(*r->limiter));
		return 0;
	}
	sb_release(s, r->limiter);
	curl_global_cleanup();
	return SB_ENOMEM;
}

static void
requester_message(struct sb_session *s, struct sb_message *m)
{
	if (m->type == SB_MSG_JOB)
		resolved(s, m);
	else if (m->type == CWMP_REQUESTER_ASK && m->is_call)
		ask(s, m);
	else
		(void)sb_reply(s, sb_message_from(m), SB_ENOTSUP, SB_NOTHING);
}

static void
list_free(struct sb_session *s, struct list *list)
{
	struct asked *next;

	for (struct asked *asked = list->first; asked; asked = next) {
		next = asked->next;
		asked_free(s, asked);
		sb_gauge_add(((struct requester *)sb_state(s))->gauge, sb_session_shard(s), -1);
	}
}

static void
requester_closed(struct sb_session *s, enum sb_end why)
{
	struct requester *r = sb_state(s);

	(void)why;
	list_free(s, &r->waiting);
	list_free(s, &r->under_way);
	sb_release(s, r->limiter);
	curl_global_cleanup();
}

const struct sb_module cwmp_requester_module = {
	.abi = SB_MODULE_ABI,
	.name = "cwmp.requester",
	.state_size = sizeof(struct requester),
	.start = requester_start,
	.message = requester_message,
	.closed = requester_closed,
};
