/*
 * A service that calculates with integers of 64 bits:
 *
 *	{:add, a, b}  {:sub, a, b}  {:mul, a, b}  {:div, a, b}  {:sum, list}
 *	:last         what this connection has calculated last
 *
 * Results are integers; "overflow" and "division by zero" are errors. The same service is
 * a program of its own (main.c) and a shared object for erpsd (plugin.c).
 */
#ifndef CALCULATOR_H
#define CALCULATOR_H

#include <stdint.h>

struct erps_service;

/* Its args. */
struct calculator_settings {
	int64_t most; /* no operand is further from 0 */
};

extern const struct erps_service calculator;

#endif
