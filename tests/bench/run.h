/*
 * One measured run of a load: how long, how many, what was sent and what came
 * back. A run first sends, then drains: what is counted as done has been
 * answered, so that a server's CPU time between start and end belongs to just
 * these operations. One thread; pure but for the orders read from a descriptor.
 */
#ifndef TESTS_BENCH_RUN_H
#define TESTS_BENCH_RUN_H

#include "core/distribution.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum run_phase { RUN_IDLE, RUN_SENDING, RUN_DRAINING };

struct run {
	enum run_phase phase;
	uint64_t started_ns;
	uint64_t ends_ns; /* sending stops here, 0: never */
	uint64_t drain_ns;
	uint64_t gives_up_ns; /* draining stops here */
	uint64_t seconds_ns;  /* what it took, once it is over */
	uint64_t limit;       /* operations to send, 0: no limit */
	uint64_t due;         /* operations that may have been sent by now */
	double rate;          /* operations a second, 0: as many as can be */
	uint64_t sent;
	uint64_t done;
	uint64_t lost;   /* sent on a connection that ended before the answer */
	int64_t awaited; /* kept by the caller: what else must come before the drain is over */
	struct sb_distribution latency;
};

/* What to do next, by the command line or by a line of standard input. */
struct run_order {
	enum run_order_kind { ORDER_NONE, ORDER_RUN, ORDER_QUIT } kind;
	uint64_t duration_ns; /* 0: until `count` is reached */
	uint64_t count;       /* 0: until the duration is over */
	double rate;          /* operations a second; 0: unpaced */
	uint64_t drain_ns;    /* how long to wait for answers; 0: 5 s */
};

/* Lines of standard input, cut as they arrive. */
struct run_orders {
	int fd;
	size_t size;
	char text[256];
};

/* Starts over: counters, latencies and clock. */
void run_begin(struct run *run, struct run_order order, uint64_t now_ns);

/* How many of `wanted` more operations may be sent now. */
uint64_t run_room(const struct run *run, uint64_t wanted);

/* Moves on with the clock, also what is due; true when the run has just ended. */
bool run_tick(struct run *run, uint64_t now_ns);

/* When the next operation to be sent was due: its place in the rate, or now when unpaced. Latency
 * counted from here does not forgive a server that keeps the load from sending. */
uint64_t run_due_ns(const struct run *run, uint64_t now_ns);

/* Sent and not yet done nor lost. */
uint64_t run_in_flight(const struct run *run);

/* Nanoseconds until run_tick() has something to do, -1 when it waits for answers alone. */
int64_t run_wait_ns(const struct run *run, uint64_t now_ns);

/* Prints `"ops":..., "seconds":..., "latency_us":{...}`: members of a JSON object, no braces. */
void run_print_json(const struct run *run, FILE *to);

/* Reads the next order: `run SECONDS`, `count N` or `quit` (or the end of input, or a line that is
 * none of these). Reads the descriptor only when `readable`. */
struct run_order run_next_order(struct run_orders *orders, bool readable);

#endif
