/*
 * Messages to SOAP envelopes, in the dialect of the device: its namespace and prefixes, no
 * XML declaration unless it wants one, elements in the XSD's order, counts that are true. Both
 * directions: sessions send an ACS's messages, the simulator a CPE's. Pure.
 */
#ifndef SB_CWMP_ENCODE_H
#define SB_CWMP_ENCODE_H

#include "message.h"

#include <sys/types.h>

/*
 * Writes the envelope into `out` and returns its size, without a NUL. When that is over `capacity`
 * nothing useful was written: ask again with as much room. A NULL text that is not optional is an
 * empty element, a NULL dateTime the unknown time. Booleans, those in values too, are written as
 * the device writes them. A fault without a code is one of SOAP alone, with its text.
 *
 * SB_EINVAL: a text that XML cannot carry (control characters, broken UTF-8), texts and arrays that
 * are longer than the XSD has them, or a method without a schema.
 */
ssize_t cwmp_encode(const struct cwmp_message *message, const struct cwmp_dialect *dialect,
	char *out, size_t capacity);

/* Prefixes SOAP-ENV, SOAP-ENC, xsd, xsi, cwmp, and the version's namespace. */
void cwmp_dialect_init(struct cwmp_dialect *dialect, enum cwmp_version version);

#endif
