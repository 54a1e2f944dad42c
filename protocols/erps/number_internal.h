/* Numbers by their value, in whatever form they travel. Of checked terms; pure. */
#ifndef SB_ERPS_NUMBER_INTERNAL_H
#define SB_ERPS_NUMBER_INTERNAL_H

#include "protocols/erps/scan_internal.h"

/* An integer's absolute value: octets least first, without zeros at the end. 0 has none, and is
 * not negative. */
struct erps_magnitude {
	struct sb_bytes octets;
	bool is_negative;
	uint8_t own[8]; /* where the octets lie, unless they are the term's */
};

void erps_magnitude_at(const uint8_t *at, struct erps_magnitude *magnitude);

/* The value of NEW_FLOAT or FLOAT. */
double erps_float_at(const uint8_t *at);

/* The 31 octets of FLOAT. False: no number, or none that is finite. */
bool erps_parse_float(const uint8_t text[31], double *value);

/* Its bits, by which floats are told apart: 0.0 and -0.0 are two, as in Erlang since OTP 27. */
uint64_t erps_float_bits(const uint8_t *at);

#endif
