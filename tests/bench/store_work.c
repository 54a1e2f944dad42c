#include "tests/bench/store_work.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BODY_MAX (64u << 10)

const struct sb_store_column store_columns[STORE_COLUMNS] = {{"version", 1, ""}, {"flags", 1, ""},
	{"priority", 1, ""}, {"registered", 1, ""}, {"part", 1, ""}, {"tries", 1, ""},
	{"submit_ms", 8, ""}, {"start_ms", 8, ""}, {"expiry_ms", 8, ""}};

static const struct option options[] = {{"rows", required_argument, NULL, 'r'},
	{"batch", required_argument, NULL, 'b'}, {"window", required_argument, NULL, 'w'},
	{"keep", required_argument, NULL, 'k'}, {"body", required_argument, NULL, 's'},
	{"durability", required_argument, NULL, 'd'}, {"threads", required_argument, NULL, 't'},
	{NULL, 0, NULL, 0}};

static void
take(struct store_work *work, int option, const char *text)
{
	uint64_t number = strtoull(text, NULL, 10);

	switch (option) {
	case 'r':
		work->rows = number;
		break;
	case 'b':
		work->batch = number;
		break;
	case 'w':
		work->window = number;
		break;
	case 'k':
		work->keep = number;
		break;
	case 's':
		work->body = number;
		break;
	case 't':
		work->threads = (unsigned)number;
		break;
	default:
		work->durability = text;
	}
}

void
store_work_parse(struct store_work *work, int argc, char **argv)
{
	int option;

	*work = (struct store_work){
		.durability = "full", .rows = 100000, .window = 1000, .body = 260, .threads = 1};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			exit(2);
		take(work, option, optarg);
	}
	work->path = argv[optind];
	if (work->path && work->body <= BODY_MAX && work->rows)
		return;
	fprintf(stderr,
		"usage: %s [--rows N] [--batch ROWS] [--window ROWS] [--keep ROWS] [--body OCTETS]"
		" [--durability WORD] [--threads N] FILE\n",
		argv[0]);
	exit(2);
}

void
store_work_head(uint64_t id, unsigned char head[STORE_HEAD])
{
	static const unsigned char time[8] = {0, 0, 1, 0x94, 0x1f, 0x29, 0x7c, 0};

	memset(head, 0, STORE_HEAD);
	head[0] = 1;
	memcpy(head + 6, time, 8);
	memcpy(head + 22, time, 8);
	for (int i = 0; i < 3; i++) {
		head[11 + i] = (unsigned char)(id >> (16 - 8 * i));
		head[27 + i] = (unsigned char)(id >> (16 - 8 * i));
	}
}

const unsigned char *
store_work_body(void)
{
	static unsigned char body[BODY_MAX];

	for (size_t i = 0; i < sizeof(body) && !body[sizeof(body) - 1]; i++)
		body[i] = (unsigned char)(i % 255 + 1);
	return body;
}

double
store_work_now(int clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void
store_work_report(const struct store_work *work, const struct store_result *result)
{
	double changes = (double)result->changes;

	printf("{\"rows\": %ju, \"changes\": %ju, \"commits\": %ju, \"changes_a_commit\": %.1f, "
	       "\"seconds\": %.3f, \"changes_per_second\": %.0f, \"writer_us_a_change\": %.3f, "
	       "\"process_us_a_change\": %.3f}\n",
		(uintmax_t)work->rows, (uintmax_t)result->changes, (uintmax_t)result->commits,
		changes / (double)result->commits, result->seconds, changes / result->seconds,
		result->writer_cpu * 1e6 / changes, result->process_cpu * 1e6 / changes);
}
