/*
 * Which of several services a request is for. A request is an atom, or a tuple that
 * begins with one: its method. Each method belongs to one service. Immutable once all
 * are added; then any thread.
 */
#ifndef ERPSD_METHODS_H
#define ERPSD_METHODS_H

#include "core/bytes.h"
#include "protocols/erps/term.h"

#include <stddef.h>
#include <stdint.h>

#define ERPSD_METHODS_MAX 1024
#define ERPSD_NO_SERVICE  UINT16_MAX

struct erpsd_method {
	const char *name; /* borrowed */
	uint16_t service;
};

/* A table of 2^bits places, at most half of them taken. Zeroed memory is an empty one. */
struct erpsd_methods {
	struct erpsd_method *places;
	size_t count;
	unsigned bits;
};

/* 0; SB_EEXIST: it has a service, which goes to *other; SB_ELIMIT, SB_ENOMEM. */
int erpsd_methods_add(
	struct erpsd_methods *methods, const char *name, uint16_t service, uint16_t *other);

void erpsd_methods_fini(struct erpsd_methods *methods);

/* The method's service, or ERPSD_NO_SERVICE. */
uint16_t erpsd_methods_find(const struct erpsd_methods *methods, struct sb_bytes name);

/* The method of a request; false: it has none. */
bool erpsd_method_of(struct erps_term request, struct sb_bytes *name);

#endif
