/* How it goes, each second, and how it went. */
#include "core/node.h"
#include "core/session.h"
#include "daemons/cwmp-sim/sim.h"

#include <inttypes.h>
#include <stdio.h>

static const uint64_t SECOND_MS = 1000;

struct clock {
	struct sim *sim;
	struct sb_timer tick;
	struct sb_timer end;
	uint64_t began_ns;
	uint64_t sessions; /* at the last line */
};

static double
millis(uint64_t ns)
{
	return (double)ns / 1e6;
}

static uint64_t
value(const struct sb_counter *counter)
{
	return sb_counter_value(counter);
}

static void
on_tick(struct sb_session *s, struct sb_timer *timer)
{
	struct clock *clock = sb_state(s);
	const struct sim_counters *c = &clock->sim->counters;
	uint64_t sessions = value(c->sessions);
	struct sb_distribution spent;

	sb_histogram_read(c->session_ns, &spent);
	fprintf(stderr,
		"%4.0f s  %8" PRIu64 " sessions/s  all %" PRIu64 "  failed %" PRIu64
		"  p50 %.2f ms  p99 %.2f ms  served %" PRIu64 "  faults %" PRIu64
		"  transfers %" PRIu64 "\n",
		(double)(sb_now(s) - clock->began_ns) / 1e9, sessions - clock->sessions, sessions,
		value(c->failed), millis(sb_distribution_percentile(&spent, 50)),
		millis(sb_distribution_percentile(&spent, 99)), value(c->served), value(c->faults),
		value(c->transfers));
	clock->sessions = sessions;
	sb_timer_start(s, timer, SECOND_MS, on_tick);
}

static void
on_end(struct sb_session *s, struct sb_timer *timer)
{
	struct clock *clock = sb_state(s);

	(void)timer;
	sb_node_stop(clock->sim->node);
}

static int
on_start(struct sb_session *s, const void *args)
{
	struct clock *clock = sb_state(s);

	clock->sim = *(struct sim *const *)args;
	clock->began_ns = sb_now(s);
	if (!clock->sim->options.is_quiet)
		sb_timer_start(s, &clock->tick, SECOND_MS, on_tick);
	if (clock->sim->options.duration_ms)
		sb_timer_start(s, &clock->end, clock->sim->options.duration_ms, on_end);
	return 0;
}

const struct sb_module sim_clock_module = {
	.abi = SB_MODULE_ABI,
	.name = "cwmp-sim.clock",
	.state_size = sizeof(struct clock),
	.start = on_start,
};

/* ---- the result ---- */

static void
text_times(const char *name, const struct sb_histogram *histogram)
{
	struct sb_distribution d;

	sb_histogram_read(histogram, &d);
	printf("%-16s p50 %.3f  p90 %.3f  p99 %.3f  max %.3f\n", name,
		millis(sb_distribution_percentile(&d, 50)),
		millis(sb_distribution_percentile(&d, 90)),
		millis(sb_distribution_percentile(&d, 99)), millis(d.max));
}

static void
report_text(const struct sim *sim, double seconds)
{
	const struct sim_counters *c = &sim->counters;

	printf("sessions         %" PRIu64 " in %.3f s: %.0f a second; failed %" PRIu64
	       ", dropped %" PRIu64 "\n",
		value(c->sessions), seconds, (double)value(c->sessions) / seconds, value(c->failed),
		value(c->dropped));
	text_times("session ms", c->session_ns);
	text_times("answer ms", c->answer_ns);
	printf("requests served  %" PRIu64 ", faults %" PRIu64 "\n", value(c->served),
		value(c->faults));
	printf("transfers        %" PRIu64 ", failed %" PRIu64 "\n", value(c->transfers),
		value(c->transfers_failed));
	printf("connection requests %" PRIu64 "\n", value(c->requests));
}

static void
json_times(const char *name, const struct sb_histogram *histogram)
{
	struct sb_distribution d;

	sb_histogram_read(histogram, &d);
	printf(",\"%s\":{\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"max\":%.3f}", name,
		millis(sb_distribution_percentile(&d, 50)),
		millis(sb_distribution_percentile(&d, 90)),
		millis(sb_distribution_percentile(&d, 99)), millis(d.max));
}

static void
report_json(const struct sim *sim, double seconds)
{
	const struct sim_counters *c = &sim->counters;

	printf("{\"seconds\":%.3f,\"sessions\":%" PRIu64 ",\"failed\":%" PRIu64
	       ",\"dropped\":%" PRIu64 ",\"served\":%" PRIu64 ",\"faults\":%" PRIu64
	       ",\"transfers\":%" PRIu64 ",\"transfers_failed\":%" PRIu64
	       ",\"connection_requests\":%" PRIu64,
		seconds, value(c->sessions), value(c->failed), value(c->dropped), value(c->served),
		value(c->faults), value(c->transfers), value(c->transfers_failed),
		value(c->requests));
	json_times("session_ms", c->session_ns);
	json_times("answer_ms", c->answer_ns);
	puts("}");
}

void
sim_report(const struct sim *sim, double seconds)
{
	if (sim->options.is_json)
		report_json(sim, seconds);
	else
		report_text(sim, seconds);
	fflush(stdout);
}
