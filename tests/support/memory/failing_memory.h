/*
 * Memory of the whole process that runs out when it is told to: what our own code asks for, and
 * what libraries ask for on its behalf (jansson, libxml2, OpenSSL, zlib). A program that links it
 * has its malloc and their kin from here; below lies whatever the process had before,
 * AddressSanitizer's allocator included, so leaks are still found. Of one thread: others are given
 * what they ask for. With BED_STACK in the environment each failure says where it was.
 */
#ifndef SB_TESTS_SUPPORT_FAILING_MEMORY_H
#define SB_TESTS_SUPPORT_FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* From now on allocations of this thread are counted, and `count` of them fail from the `nth` on
 * (1: the next). 0: none does. Not while paused, which it is from the beginning. */
void failing_memory_begin(unsigned long nth, unsigned long count);
/* How many there were. */
unsigned long failing_memory_end(void);
/* Whether one of them failed. */
bool failing_memory_has_failed(void);

/* What a test does in between for itself always succeeds, and is not counted. */
void failing_memory_pause(bool is_paused);

/* realloc that does not fail and is not counted. */
void *failing_memory_spare(void *memory, size_t size);

#endif
