/*
 * Keepers on the simulated machine, with a store in memory that a test may cut, and callers that
 * say to them what HTTP and CWMP sessions would.
 */
#ifndef ACS_TEST_BED_H
#define ACS_TEST_BED_H

#include "core/node.h"
#include "core/store.h"
#include "daemons/acs/inform.h"
#include "daemons/acs/keeper.h"
#include "daemons/acs/kinds.h"
#include "daemons/acs/session.h"
#include "tests/sim/simulation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BED_CALLERS 4 /* 0 is the API's, the others are sessions of devices */
#define BED_SHARDS  2

struct bed {
	struct simulation *sim;
	struct sb_log *log;
	int log_fd;
	struct sb_store_memory *memory;
	struct sb_node *node;
	struct sb_store *store;
	struct acs_keepers keepers;
	uint64_t store_delay_ns;
	struct order *open; /* one that is not waited for */
	char heard[8192];   /* events: each its name, a blank, its JSON, a line's end */
	/* Told whenever the node's own code begins to run, and ends; NULL: nobody. */
	void (*runs)(bool is_running);
	void *(*kernel_memory)(void *memory, size_t size); /* of the machine; NULL: realloc */
};

/* A question under way, and what came of it. */
struct order {
	struct bed *bed;
	uint32_t type;
	struct sb_payload payload;
	char keeper[32];
	bool is_post, is_done;
	int status;
	char *text; /* of the answer, NUL-terminated; NULL: nothing */
	size_t size;
	struct order *next;
	uint64_t ref;
};

void bed_open(struct bed *bed);
void bed_start(struct bed *bed);
/* The node ends where it stands, and another begins on what was durable. */
void bed_restart(struct bed *bed);
void bed_crash(struct bed *bed);
/* Both: the node stops; and all is freed. Between them goes what outlives a node. */
void bed_close(struct bed *bed);
void bed_stop(struct bed *bed);
void bed_free(struct bed *bed);
void bed_settle(struct bed *bed);
void bed_pass(struct bed *bed, uint64_t ms);

/* Asks, as this caller, the keeper of the device; then the order is the bed's until it is done. */
void bed_send(struct bed *bed, unsigned caller, const char *device, struct order *order);
void order_fini(struct order *order);

/* As people ask; the answer is in `order`. */
void bed_ask_begin(struct bed *bed, struct order *order, uint32_t type, const char *device,
	uint64_t id, uint32_t wait_ms, const char *text);
/* The same, and waits for it; the text is valid until the next one. */
const char *bed_ask(struct bed *bed, uint32_t type, const char *device, uint64_t id,
	const char *text, int *status);

/* What an Inform says. */
struct informed {
	const char *events[4]; /* "1 BOOT"; "M Reboot/key" */
	const char *version;
	const char *parameter_key; /* NULL: it says none */
};

/* An Inform of 00AABB-Box-<serial>, as this caller; the work that it is given is the caller's to
 * free, with free(). NULL: nothing to do, or *status. */
struct acs_work *bed_inform(struct bed *bed, unsigned caller, const char *serial,
	const struct informed *what, int *status);

/* The same, not waited for, one at a time; and what came of it by now, of which nothing is kept. */
void
bed_inform_begin(struct bed *bed, unsigned caller, const char *serial, const struct informed *what);
int bed_forget(struct bed *bed);

/* ACS_DONE or ACS_SEEN; the report is eaten. */
struct acs_work *
bed_report(struct bed *bed, unsigned caller, uint32_t type, struct acs_report *report, int *status);

/* TransferComplete. */
int bed_complete(struct bed *bed, unsigned caller, const char *serial, const char *command_key,
	uint32_t fault_code);

/* What a device would have sent. */
struct cwmp_envelope *envelope_of(const struct cwmp_message *message);
/* GetParameterValuesResponse with so many values: names[0], values[0], ... up to NULL. */
struct cwmp_envelope *values_of(const char *const pairs[]);

/* "task": the id in a task's JSON. */
uint64_t id_in(const char *json);
/* Whether the text has that in it; says it if not. */
bool has(const char *text, const char *what);

#endif
