/*
 * A program of many short runs, each from one seed. `PROGRAM` runs the default
 * number, `PROGRAM FIRST COUNT` others, so a failing seed N is played again by
 * `PROGRAM N 1`. The seed is said when a check, an assertion or a sanitizer stops it.
 */
#ifndef SB_TESTS_SIM_SEEDS_H
#define SB_TESTS_SIM_SEEDS_H

#include <stdbool.h>
#include <stdint.h>

/* Runs `run` for each seed. Returns main's exit code. */
int seeds_main(int argc, char **argv, unsigned count, void (*run)(uint64_t seed));

/* Stops the program, saying the seed, unless `holds`. */
#define CHECK(holds) seeds_check((holds), #holds, __FILE__, __LINE__)
void seeds_check(bool holds, const char *what, const char *file, int line);

#endif
