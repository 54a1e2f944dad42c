#include "tests/bench/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint64_t SECOND_NS = 1000000000U;
static const uint64_t DRAIN_NS = 5000000000U;
static const uint64_t BLOCKED_NS = 1000000U;

/* The first operation is due at once, and none at the very end. */
static void
advance_due(struct run *run, uint64_t now_ns)
{
	uint64_t all = (uint64_t)((double)(run->ends_ns - run->started_ns) * run->rate / 1e9);

	if (run->rate <= 0)
		return;
	run->due = (uint64_t)((double)(now_ns - run->started_ns) * run->rate / 1e9) + 1;
	if (run->ends_ns && run->due > all)
		run->due = all;
}

void
run_begin(struct run *run, struct run_order order, uint64_t now_ns)
{
	memset(run, 0, sizeof(*run));
	run->phase = RUN_SENDING;
	run->started_ns = now_ns;
	run->ends_ns = order.duration_ns ? now_ns + order.duration_ns : 0;
	run->drain_ns = order.drain_ns ? order.drain_ns : DRAIN_NS;
	run->limit = order.count;
	run->rate = order.rate;
	run->due = UINT64_MAX;
	advance_due(run, now_ns);
}

uint64_t
run_room(const struct run *run, uint64_t wanted)
{
	uint64_t most = run->due;

	if (run->phase != RUN_SENDING)
		return 0;
	if (run->limit && run->limit < most)
		most = run->limit;
	if (most <= run->sent)
		return 0;
	return wanted < most - run->sent ? wanted : most - run->sent;
}

uint64_t
run_due_ns(const struct run *run, uint64_t now_ns)
{
	if (run->rate > 0)
		return run->started_ns + (uint64_t)((double)run->sent * 1e9 / run->rate);
	return now_ns;
}

uint64_t
run_in_flight(const struct run *run)
{
	return run->sent - run->done - run->lost;
}

bool
run_tick(struct run *run, uint64_t now_ns)
{
	bool all_sent = run->limit && run->sent == run->limit;

	advance_due(run, now_ns);
	if (run->phase == RUN_SENDING && (all_sent || (run->ends_ns && now_ns >= run->ends_ns))) {
		run->phase = RUN_DRAINING;
		run->gives_up_ns = now_ns + run->drain_ns;
	}
	if (run->phase != RUN_DRAINING)
		return false;
	if ((run_in_flight(run) || run->awaited > 0) && now_ns < run->gives_up_ns)
		return false;
	run->phase = RUN_IDLE;
	run->seconds_ns = now_ns - run->started_ns;
	return true;
}

/* Until the next twenty microseconds' worth of operations is due; while the connections cannot take
 * what is due already, an answer wakes the load, and the clock only in case. */
static uint64_t
next_due_ns(const struct run *run, uint64_t now_ns)
{
	double batch = run->rate / 50000, next;

	if (run->due > run->sent)
		return now_ns + BLOCKED_NS;
	next = (double)run->sent + (batch > 1 ? batch - 1 : 0);
	return run->started_ns + (uint64_t)(next * 1e9 / run->rate) + 1;
}

int64_t
run_wait_ns(const struct run *run, uint64_t now_ns)
{
	uint64_t until = run->phase == RUN_DRAINING ? run->gives_up_ns : run->ends_ns;

	if (run->phase == RUN_SENDING && run->rate > 0) {
		uint64_t next = next_due_ns(run, now_ns);

		until = until && until < next ? until : next;
	}
	if (run->phase == RUN_IDLE || !until)
		return -1;
	return until > now_ns ? (int64_t)(until - now_ns) : 0;
}

void
run_print_json(const struct run *run, FILE *to)
{
	static const struct {
		const char *name;
		double percent;
	} shares[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p999", 99.9}};

	fprintf(to, "\"ops\":%llu,\"seconds\":%.6f,\"lost\":%llu,\"unanswered\":%llu,",
		(unsigned long long)run->done, (double)run->seconds_ns / (double)SECOND_NS,
		(unsigned long long)run->lost, (unsigned long long)run_in_flight(run));
	fputs("\"latency_us\":{", to);
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		fprintf(to, "\"%s\":%.3f,", shares[i].name,
			(double)sb_distribution_percentile(&run->latency, shares[i].percent) /
				1000);
	fprintf(to, "\"max\":%.3f}", (double)run->latency.max / 1000);
}

static struct run_order
parse_order(const char *line)
{
	struct run_order order = {.kind = ORDER_RUN};
	double seconds;
	unsigned long long count;

	if (sscanf(line, "run %lf", &seconds) == 1 && seconds > 0)
		order.duration_ns = (uint64_t)(seconds * (double)SECOND_NS);
	else if (sscanf(line, "count %llu", &count) == 1 && count > 0)
		order.count = count;
	else
		order.kind = ORDER_QUIT;
	return order;
}

static struct run_order
take_line(struct run_orders *orders)
{
	char *end = memchr(orders->text, '\n', orders->size);
	struct run_order order = {.kind = ORDER_NONE};
	size_t used;

	if (!end)
		return order;
	*end = '\0';
	used = (size_t)(end - orders->text) + 1;
	order = parse_order(orders->text);
	orders->size -= used;
	memmove(orders->text, orders->text + used, orders->size);
	return order;
}

struct run_order
run_next_order(struct run_orders *orders, bool readable)
{
	static const struct run_order quit = {.kind = ORDER_QUIT};
	size_t room = sizeof(orders->text) - orders->size;
	ssize_t got;

	if (readable) {
		got = room ? read(orders->fd, orders->text + orders->size, room) : 0;
		if (got == 0 || (got < 0 && errno != EAGAIN))
			return quit;
		orders->size += got > 0 ? (size_t)got : 0;
	}
	return take_line(orders);
}
