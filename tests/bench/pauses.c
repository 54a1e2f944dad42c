/*
 * pauses: how often the machine itself stands still. A virtual one does when its host
 * takes the processor away, and every latency above it has that in it. This sleeps
 * 0.3 ms at a time, before all others on its core, until its standard input ends, and
 * says for how long it was not woken when it should have been: over 2 ms is a pause.
 */
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#define SLEEP_NS 300000
#define PAUSE_NS 2000000

static long long
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int
main(void)
{
	static const struct sched_param first = {.sched_priority = 1};
	struct pollfd input = {.fd = 0, .events = POLLIN};
	const struct timespec nap = {0, SLEEP_NS};
	long long begin = now_ns(), last = begin, paused = 0, longest = 0;
	unsigned pauses = 0;

	if (sched_setscheduler(0, SCHED_FIFO, &first)) {
		perror("pauses: sched_setscheduler");
		return 1;
	}
	while (!ppoll(&input, 1, &nap, NULL)) {
		long long now = now_ns(), gap = now - last;

		last = now;
		if (gap < PAUSE_NS)
			continue;
		pauses++;
		paused += gap;
		longest = gap > longest ? gap : longest;
	}
	printf("{\"seconds\": %.3f, \"pauses\": %u, \"paused_ms\": %.1f, \"longest_ms\": %.1f}\n",
		(double)(last - begin) / 1e9, pauses, (double)paused / 1e6, (double)longest / 1e6);
	return 0;
}
