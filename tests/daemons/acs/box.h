/*
 * A device made by hand, on the simulated machine: a few parameters, which it says and takes over
 * HTTP in sessions of its own, whole from Inform to 204.
 */
#ifndef ACS_TEST_BOX_H
#define ACS_TEST_BOX_H

#include "tests/daemons/acs/bed.h"

#define BOX_PORT       7547
#define BOX_PARAMETERS 64

struct box_parameter {
	char name[64];
	char value[64];
	enum cwmp_type type;
	bool is_secret;   /* reads as nothing */
	bool is_stubborn; /* keeps its value, whatever it is set to */
};

struct box {
	struct bed *bed;
	struct sim_peer *peer;
	char serial[16]; /* "1" */
	struct box_parameter parameters[BOX_PARAMETERS];
	size_t count;
	char parameter_key[64];
	char command_key[64]; /* of the last Download or Reboot */
	char url[256];        /* of the last Download or Upload */

	/* How it is. */
	size_t most_values;  /* in one answer; more is 9004. 0: any number */
	bool wants_levels;   /* all names at once are 9004 */
	bool is_speechless;  /* says nothing instead of a fault */
	const char *hidden;  /* a name that it says and whose value is 9005; NULL: none */
	uint32_t fault;      /* the answer to all requests; 0: none */
	unsigned ends_after; /* so many requests it is gone in the middle; 0: never */
	bool completes;      /* says TransferComplete of the last Download first */
	uint64_t waits_ms;   /* for an answer that does not come at once */
	uint32_t transfer_fault;

	/* What it saw in its last session. */
	unsigned calls, gets, sets, names;
	char trace[1024];   /* methods, each ended by ';' */
	unsigned status;    /* of the last answer; 0: the connection ended without */
	bool was_heard;     /* the Inform was answered */
	bool has_completed; /* the TransferComplete was */
};

void box_init(struct box *box, struct bed *bed);
void box_add(struct box *box, const char *name, const char *value, enum cwmp_type type);
const char *box_value(const struct box *box, const char *name);
/* A session with this event: until 204, or what else ends it. */
void box_session(struct box *box, const char *event);

#endif
