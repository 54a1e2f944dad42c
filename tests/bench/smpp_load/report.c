#include "protocols/smpp/status.h"
#include "tests/bench/smpp_load/smpp_load.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t
anomalies_total(const struct counters *c)
{
	const struct anomalies *a = &c->anomalies;

	return a->unknown_sequence + a->wrong_response + a->malformed + a->unknown_request;
}

static uint64_t
refused(const struct load *load)
{
	return load->run.done - load->counters.accepted;
}

static double
micros(uint64_t ns)
{
	return (double)ns / 1000;
}

void
report_progress(struct load *load, uint64_t now_ns)
{
	const struct sb_distribution *second = &load->second;

	fprintf(stderr,
		"%4.0f s  %10" PRIu64 " msg/s  in flight %" PRIu64 "  p50 %.0f us  p99 %.0f us"
		"  refused %" PRIu64 "  receipts %" PRIu64 "  delivered %" PRIu64
		"  anomalies %" PRIu64 "\n",
		(double)(now_ns - load->run.started_ns) / 1e9, second->count,
		run_in_flight(&load->run), micros(sb_distribution_percentile(second, 50)),
		micros(sb_distribution_percentile(second, 99)), refused(load),
		load->counters.receipts, load->counters.delivered,
		anomalies_total(&load->counters));
}

static double
per_second(const struct run *run)
{
	return run->seconds_ns ? (double)run->done * 1e9 / (double)run->seconds_ns : 0;
}

/* A name of the book; a number for what has none. */
static const char *
status_name(uint32_t status, char number[11])
{
	if (smpp_status_is_known(status))
		return smpp_status_name(status);
	snprintf(number, 11, "0x%08X", status);
	return number;
}

static void
text_statuses(const struct counters *c)
{
	char number[11];

	for (uint32_t i = 0; i < LOAD_STATUSES; i++)
		if (c->statuses[i])
			printf("  %-22s %" PRIu64 "\n", status_name(i, number), c->statuses[i]);
	if (c->other_statuses)
		printf("  %-22s %" PRIu64 "\n", "other", c->other_statuses);
}

static void
text_receipts(const struct load *load)
{
	const struct receipts *r = &load->receipts;

	printf("receipts        %" PRIu64 "\n", load->counters.receipts);
	if (!load->options.match_receipts)
		return;
	printf("  matched       %" PRIu64 "\n  missing       %" PRIu64 "\n  unknown id    %" PRIu64
	       "\n  repeated id   %" PRIu64 "\n",
		r->matched, r->open[RECEIPTS_RESPONSE], r->open[RECEIPTS_RECEIPT], r->duplicates);
	if (r->untracked)
		printf("  not tracked   %" PRIu64 "\n", r->untracked);
}

static void
text_anomalies(const struct counters *c)
{
	const struct anomalies *a = &c->anomalies;

	if (anomalies_total(c))
		printf("anomalies       unknown sequence %" PRIu64 ", wrong response %" PRIu64
		       ", malformed %" PRIu64 ", unknown request %" PRIu64 "\n",
			a->unknown_sequence, a->wrong_response, a->malformed, a->unknown_request);
}

static void
report_text(const struct load *load)
{
	const struct run *run = &load->run;
	const struct sb_distribution *h = &run->latency;

	printf("messages        %" PRIu64 " answered of %" PRIu64 " in %.3f s: %.0f a second\n",
		run->done, run->sent, (double)run->seconds_ns / 1e9, per_second(run));
	text_statuses(&load->counters);
	printf("latency us      p50 %.1f  p90 %.1f  p99 %.1f  p999 %.1f  max %.1f\n",
		micros(sb_distribution_percentile(h, 50)),
		micros(sb_distribution_percentile(h, 90)),
		micros(sb_distribution_percentile(h, 99)),
		micros(sb_distribution_percentile(h, 99.9)), micros(h->max));
	if (run->lost || run_in_flight(run))
		printf("unanswered      %" PRIu64 ", lost with their session %" PRIu64 "\n",
			run_in_flight(run), run->lost);
	if (load->failed)
		printf("sessions lost   %u of %u\n", load->failed, load->options.connections);
	if (load->options.message.registered_delivery || load->counters.receipts)
		text_receipts(load);
	if (load->counters.delivered)
		printf("delivered       %" PRIu64 "\n", load->counters.delivered);
	text_anomalies(&load->counters);
}

static void
json_statuses(const struct counters *c)
{
	const char *separator = "";
	char number[11];

	fputs(",\"statuses\":{", stdout);
	for (uint32_t i = 0; i < LOAD_STATUSES; i++) {
		if (!c->statuses[i])
			continue;
		printf("%s\"%s\":%" PRIu64, separator, status_name(i, number), c->statuses[i]);
		separator = ",";
	}
	if (c->other_statuses)
		printf("%s\"other\":%" PRIu64, separator, c->other_statuses);
	putchar('}');
}

static void
report_json(const struct load *load)
{
	const struct counters *c = &load->counters;
	const struct receipts *r = &load->receipts;

	printf("{\"connections\":%u,\"window\":%u,\"sent\":%" PRIu64 ",\"per_second\":%.0f,",
		load->options.connections, load->options.window, load->run.sent,
		per_second(&load->run));
	run_print_json(&load->run, stdout);
	printf(",\"accepted\":%" PRIu64, c->accepted);
	json_statuses(c);
	printf(",\"sessions_lost\":%u,\"delivered\":%" PRIu64 ",\"receipts\":{\"count\":%" PRIu64
	       ",\"matched\":%" PRIu64 ",\"missing\":%" PRIu64 ",\"unknown\":%" PRIu64
	       ",\"repeated\":%" PRIu64 ",\"untracked\":%" PRIu64 "}",
		load->failed, c->delivered, c->receipts, r->matched, r->open[RECEIPTS_RESPONSE],
		r->open[RECEIPTS_RECEIPT], r->duplicates, r->untracked);
	printf(",\"anomalies\":{\"unknown_sequence\":%" PRIu64 ",\"wrong_response\":%" PRIu64
	       ",\"malformed\":%" PRIu64 ",\"unknown_request\":%" PRIu64 "}}\n",
		c->anomalies.unknown_sequence, c->anomalies.wrong_response, c->anomalies.malformed,
		c->anomalies.unknown_request);
}

void
report_result(struct load *load)
{
	if (load->options.json || load->options.control)
		report_json(load);
	else
		report_text(load);
	fflush(stdout);
}
