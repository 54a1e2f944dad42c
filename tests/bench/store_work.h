/*
 * The work of both store programs: rows as smpp-mc stores them, a head of nine
 * columns and a body, appended with rising ids; each is deleted again when so many
 * newer ones are there.
 */
#ifndef SB_TESTS_BENCH_STORE_WORK_H
#define SB_TESTS_BENCH_STORE_WORK_H

#include "core/store.h"

#include <stddef.h>
#include <stdint.h>

#define STORE_HEAD    30
#define STORE_COLUMNS 9

struct store_work {
	const char *path;
	const char *durability;
	uint64_t rows;   /* inserted; the deletes come on top */
	uint64_t batch;  /* rows a commit; store-bench: 0 for as they come */
	uint64_t window; /* store-bench: rows that are asked for and not answered */
	uint64_t keep;   /* 0: none is deleted */
	unsigned threads;
	size_t body;
};

struct store_result {
	uint64_t changes;   /* inserts and deletes */
	uint64_t commits;   /* of the file */
	double seconds;     /* from the first row to the last answer */
	double writer_cpu;  /* seconds, of the thread that writes */
	double process_cpu; /* of all threads meanwhile */
};

extern const struct sb_store_column store_columns[STORE_COLUMNS];

/* From the command line; exits with the usage if it makes no sense. */
void store_work_parse(struct store_work *work, int argc, char **argv);
void store_work_head(uint64_t id, unsigned char head[STORE_HEAD]);
const unsigned char *store_work_body(void); /* of any size up to 64 KiB */
double store_work_now(int clock);
/* One line of JSON. */
void store_work_report(const struct store_work *work, const struct store_result *result);

#endif
