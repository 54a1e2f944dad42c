/* Messages for tests: made by chance from the tables of schema.h, and compared by them. */
#ifndef SB_TESTS_PROTOCOLS_CWMP_MESSAGES_H
#define SB_TESTS_PROTOCOLS_CWMP_MESSAGES_H

#include "core/arena.h"
#include "protocols/cwmp/schema.h"
#include "tests/support/chance.h"

/* What a generated message may hold. */
enum message_values {
	MESSAGE_ANY,   /* any characters that XML has, any numbers, empty arrays */
	MESSAGE_VALID, /* only what the XSDs let pass */
};

struct message_maker {
	struct sb_arena arena; /* of what messages point at */
	struct chance chance;
	enum message_values values;
	enum cwmp_version version; /* of the XSD; fault codes differ */
	bool boolean_words;        /* the form of booleans in values */
};

/* `seed` as of chance_of. */
void message_maker_init(struct message_maker *maker, uint64_t seed, enum message_values values);
void message_maker_fini(struct message_maker *maker);

/* A message with a header; its name is set as a decoder sets it. */
struct cwmp_message
message_make(struct message_maker *maker, enum cwmp_kind kind, enum cwmp_method method);

/* The name of an element in which two messages differ; NULL: they are the same. */
const char *message_difference(const struct cwmp_message *a, const struct cwmp_message *b);

#endif
