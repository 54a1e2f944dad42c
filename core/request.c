/*
 * What a session has asked and not been answered yet. A shard keeps all of them
 * in pages of one table; a ref is a place in it and the place's count of uses, so
 * an answer that comes too late finds nothing. Deadlines are one lazily re-armed
 * timer a session: an answered request costs it nothing.
 */
#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"

#include <assert.h>
#include <string.h>

#define PAGE    256u
#define NO_FREE UINT32_MAX

struct sb_request {
	struct sb_session *session; /* NULL: free */
	struct sb_request *next, **link;
	struct sb_address target;
	uint64_t due;
	uint32_t uses;
	uint32_t index; /* its own place; in a free one: the next free */
	uint32_t next_free;
	uint8_t kind;
};

/* Beside the session and not in it: most sessions never ask anything. */
struct sb_requests {
	struct sb_request *open;
	struct sb_timer timer;
	struct sb_timer stop;
	uint32_t count;
};

static int
table_grow(struct sb_shard *shard)
{
	struct sb_request_table *table = &shard->requests;
	size_t pages = table->page_count + 1;
	struct sb_request **list = shard->env->reallocate(
		shard->env->context, table->pages, pages * sizeof(struct sb_request *));
	struct sb_request *page;

	if (!list)
		return SB_ENOMEM;
	table->pages = list;
	page = sb_shard_allocate(shard, PAGE * sizeof(*page));
	if (!page)
		return SB_ENOMEM;
	memset(page, 0, PAGE * sizeof(*page));
	/* Pages never move: sessions have lists through them. */
	for (uint32_t i = 0; i < PAGE; i++) {
		page[i].index = table->page_count * PAGE + i;
		page[i].next_free = i + 1 < PAGE ? page[i].index + 1 : NO_FREE;
	}
	table->free_head = page[0].index;
	table->pages[table->page_count++] = page;
	return 0;
}

static struct sb_request *
table_at(struct sb_shard *shard, uint32_t index)
{
	if (index / PAGE >= shard->requests.page_count)
		return NULL;
	return &shard->requests.pages[index / PAGE][index % PAGE];
}

/* The count of uses goes up with each taking, so that the ref of the last use is of no use any
 * more. */
static struct sb_request *
table_take(struct sb_shard *shard)
{
	struct sb_request_table *table = &shard->requests;
	struct sb_request *request;

	if ((table->page_count == 0 || table->free_head == NO_FREE) && table_grow(shard))
		return NULL;
	request = table_at(shard, table->free_head);
	table->free_head = request->next_free;
	request->uses++;
	return request;
}

static struct sb_request *
table_find(struct sb_shard *shard, uint64_t ref)
{
	struct sb_request *request = table_at(shard, (uint32_t)ref);

	/* The place may be another's by now; its count of uses tells. */
	if (!request || !request->session || request->uses != ref >> 32)
		return NULL;
	return request;
}

static void
request_free(struct sb_shard *shard, struct sb_request *request)
{
	assert(request->session);
	*request->link = request->next;
	if (request->next)
		request->next->link = request->link;
	request->session->requests->count--;
	request->session = NULL;
	request->next_free = shard->requests.free_head;
	shard->requests.free_head = request->index;
}

/* Uses above, place below. 0 is no ref, since a place is taken once before its first ref is
 * made. */
static uint64_t
ref_of(const struct sb_request *request)
{
	return (uint64_t)request->uses << 32 | request->index;
}

static void requests_due(struct sb_session *s, struct sb_timer *timer);

/* Answers what is overdue through the usual way: the place is freed when that answer comes, or by
 * one that was on its way before it. */
static void
requests_due(struct sb_session *s, struct sb_timer *timer)
{
	uint64_t first = UINT64_MAX;

	for (struct sb_request *r = s->requests->open; r; r = r->next) {
		struct sb_from from = {s->self, ref_of(r)};
		uint32_t type = r->kind == SB_REQUEST_JOB ? SB_MSG_JOB : SB_MSG_REPLY;

		if (r->due <= s->shard->now) {
			/* Once: its answer is on the way. */
			r->due = UINT64_MAX;
			if (sb_answer(s->shard->node, s->shard, from, r->target, type, SB_TIMEOUT,
				    SB_NOTHING))
				r->due = s->shard->now + 1000000; /* no memory: again in 1 ms */
		}
		if (r->due < first)
			first = r->due;
	}
	if (first != UINT64_MAX)
		sb_timer_start_at(s, timer, first, requests_due);
}

/* Only ever nearer: an answered request leaves its deadline behind, and the timer finds nothing
 * due. */
static void
request_arm(struct sb_session *s, struct sb_request *request)
{
	struct sb_timer *timer = &s->requests->timer;

	if (request->due == UINT64_MAX)
		return;
	if (!sb_timer_is_started(timer) || request->due < timer->due)
		sb_timer_start_at(s, timer, request->due, requests_due);
}

static int
requests_make(struct sb_session *s)
{
	if (s->requests)
		return 0;
	s->requests = sb_shard_allocate(s->shard, sizeof(*s->requests));
	if (!s->requests)
		return SB_ENOMEM;
	memset(s->requests, 0, sizeof(*s->requests));
	return 0;
}

int
sb_request_open(struct sb_session *s, enum sb_request_kind kind, uint32_t deadline_ms,
	struct sb_address target, uint64_t *ref)
{
	struct sb_request *request;

	if (requests_make(s))
		return SB_ENOMEM;
	/* The bound that lets answers never be refused: what can come is what was asked for. */
	if (s->requests->count >= s->limits->max_calls) {
		sb_limit_hit(s, SB_LIMIT_CALLS, "limit", s->limits->max_calls);
		return SB_FULL;
	}
	request = table_take(s->shard);
	if (!request)
		return SB_ENOMEM;
	request->session = s;
	request->kind = (uint8_t)kind;
	request->target = target;
	request->due = deadline_ms ? s->shard->now + deadline_ms * 1000000ull : UINT64_MAX;
	request->link = &s->requests->open;
	request->next = s->requests->open;
	if (request->next)
		request->next->link = &request->next;
	s->requests->open = request;
	s->requests->count++;
	request_arm(s, request);
	*ref = ref_of(request);
	return 0;
}

bool
sb_request_close(struct sb_session *s, uint64_t ref, struct sb_address *target)
{
	struct sb_request *request = table_find(s->shard, ref);

	if (!request || request->session != s)
		return false;
	if (target)
		*target = request->target;
	request_free(s->shard, request);
	return true;
}

static void
deliver_answer(struct sb_shard *shard, struct sb_session *s, struct sb_envelope *e)
{
	/* Whatever closed the place (an answer, the timeout, a cancel) was first. */
	if (!s || !sb_request_close(s, e->message.ref, NULL)) {
		sb_counter_add(shard->metrics.late_replies, shard->index, 1);
		return;
	}
	if (s->module->message)
		s->module->message(s, &e->message);
}

struct sb_envelope *
sb_answer_new(const struct sb_env *env, struct sb_shard *from, struct sb_from to, uint32_t type,
	struct sb_payload payload)
{
	struct sb_envelope *e = sb_envelope_new(env, from, payload);

	if (!e)
		return NULL;
	e->message.type = type;
	e->message.ref = to.ref;
	e->target = to.caller;
	e->handle = deliver_answer;
	return e;
}

/* Without anybody to answer the payload is released here: the caller has given it away. */
int
sb_answer(struct sb_node *node, struct sb_shard *from, struct sb_from to, struct sb_address sender,
	uint32_t type, int status, struct sb_payload payload)
{
	struct sb_envelope *e;

	if (sb_address_is_null(to.caller)) {
		if (payload.release)
			payload.release((void *)(uintptr_t)payload.data);
		return 0;
	}
	e = sb_answer_new(node->env, from, to, type, payload);
	if (!e)
		return SB_ENOMEM;
	e->message.status = status;
	e->message.sender = sender;
	sb_envelope_send(node, from, e);
	return 0;
}

/* The same for an envelope that came with the question: sender and target change places. */
void
sb_answer_with(struct sb_envelope *e, struct sb_address sender, uint32_t type, int status)
{
	e->message.type = type;
	e->message.status = status;
	e->message.is_call = false;
	e->target = e->message.sender;
	e->message.sender = sender;
	e->handle = deliver_answer;
}

struct sb_timer *
sb_requests_stop_timer(struct sb_session *s)
{
	return requests_make(s) ? NULL : &s->requests->stop;
}

/* Their answers find no place: counted as late, released, not delivered. */
void
sb_requests_drop(struct sb_session *s)
{
	if (!s->requests)
		return;
	while (s->requests->open)
		request_free(s->shard, s->requests->open);
	sb_timer_stop(s, &s->requests->timer);
}

void
sb_requests_fini(struct sb_session *s)
{
	if (!s->requests)
		return;
	sb_requests_drop(s);
	sb_timer_stop(s, &s->requests->stop);
	sb_shard_release(s->shard, s->requests);
	s->requests = NULL;
}

void
sb_request_table_fini(struct sb_shard *shard)
{
	for (uint32_t i = 0; i < shard->requests.page_count; i++)
		sb_shard_release(shard, shard->requests.pages[i]);
	sb_shard_release(shard, shard->requests.pages);
	shard->requests = (struct sb_request_table){0};
}
