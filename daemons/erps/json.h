/*
 * Terms as JSON, for programs that read what `erps --json` prints. One way:
 *
 *	nil, true, false              null, true, false
 *	other atoms                   their names
 *	integers of 64 bits, floats   numbers
 *	larger integers               {"$integer": "123..."}
 *	binaries of UTF-8             strings
 *	other binaries                {"$base64": "..."}, bitstrings with "$bits" of the last octet
 *	tuples, lists                 arrays
 *	improper lists                {"$list": [...], "$tail": ...}
 *	maps                          objects, when all keys are atoms or all are UTF-8;
 *	                              otherwise {"$map": [[key, value], ...]}
 *	pids, ports, references       {"$pid": "hexadecimal"}, "$port", "$reference"
 */
#ifndef SB_ERPS_CLI_JSON_H
#define SB_ERPS_CLI_JSON_H

#include <stdio.h>

#include "protocols/erps/term.h"

/* In one line, without its end. Recursive: for terms of a decoder whose depth is bounded. */
void json_write(FILE *out, struct erps_term term);

#endif
