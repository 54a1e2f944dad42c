/* Dates as HTTP writes them: "Sun, 06 Nov 1994 08:49:37 GMT". Pure. */
#ifndef SB_HTTP_DATE_H
#define SB_HTTP_DATE_H

#include <stdint.h>

/* Room for one, with its NUL. */
#define HTTP_DATE_SIZE 30

/* The date of Unix seconds, within the years 0 to 9999; others are cut to these. */
void http_date_format(int64_t unix_s, char out[HTTP_DATE_SIZE]);

/* Unix seconds of such a date. 0; SB_EINVAL: it is none, nor one of the two old forms, which nobody
 * sends. */
int http_date_parse(const char *text, int64_t *unix_s);

#endif
