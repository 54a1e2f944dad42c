/*
 * SOAP envelopes as a bare program reads them: libxml2's SAX2 push parser, and of a message
 * what an ACS could not do without: its method, its ID, who the device is, and the names and
 * values of all parameters, each copied once. No limits but memory, no dialects, no repairs.
 * One thread.
 */
#ifndef TESTS_BENCH_BARE_SOAP_H
#define TESTS_BENCH_BARE_SOAP_H

#include <stdbool.h>
#include <stddef.h>

enum { BARE_SOAP_ID_MAX = 64, BARE_SOAP_DEVICE_TEXTS = 4 };

/* Texts lie in one buffer, by their place in it. */
struct bare_parameter {
	size_t name;
	size_t value;
};

struct bare_soap {
	struct bare_soap *next; /* the caller's, for a list of idle ones */
	char method[64];
	char id[BARE_SOAP_ID_MAX];
	size_t device[BARE_SOAP_DEVICE_TEXTS]; /* Manufacturer, OUI, ProductClass, SerialNumber */
	struct bare_parameter *parameters;
	size_t parameter_count;
	size_t events;
	bool is_whole; /* the Envelope has ended */

	char *text;
	size_t size;
	size_t capacity;
	size_t parameter_capacity;
	size_t began; /* of the text being read */
	unsigned depth;
	bool is_text;
	void *parser;
};

/* NULL without memory. */
struct bare_soap *bare_soap_new(void);
void bare_soap_free(struct bare_soap *soap);

/* Begins a document; the memory of the last one is used again. */
void bare_soap_begin(struct bare_soap *soap);
void bare_soap_push(struct bare_soap *soap, const char *data, size_t size);
void bare_soap_end(struct bare_soap *soap);

#endif
