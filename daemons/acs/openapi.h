/* docs/acs-openapi.json, as the build found it. */
#ifndef ACS_OPENAPI_H
#define ACS_OPENAPI_H

#include <stddef.h>

extern const unsigned char acs_openapi[];
extern const size_t acs_openapi_size;

#endif
