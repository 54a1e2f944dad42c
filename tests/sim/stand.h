/*
 * What test beds stand on: a node of one thread on a simulated machine, with a log, and
 * the trace where a bed writes down what it is told.
 */
#ifndef SB_TESTS_SIM_STAND_H
#define SB_TESTS_SIM_STAND_H

#include "core/log.h"
#include "core/node.h"
#include "simulation.h"

#include <stdint.h>

/* Every line is made; who wants to read them names a file in BED_LOG. Freed with stand_log_free. */
struct sb_log *stand_log(int *fd);
void stand_log_free(struct sb_log *log, int fd);

/* Attached to its machine. */
struct sb_node *stand_node(struct simulation *sim, struct sb_log *log);

/* The sum of what the metrics' lines that begin with `name` say. */
uint64_t stand_counter(struct sb_node *node, const char *name);

#define STAND_TRACE 16384

/* Adds what `format` says, and a ';'. */
void
stand_tell(char trace[STAND_TRACE], const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
