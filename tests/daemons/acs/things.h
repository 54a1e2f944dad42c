/*
 * All that acs does for devices and people, one thing after the other, each with what shows whether
 * it was done as was said. Somebody makes trouble meanwhile: at some of the steps, or from one on.
 * Who asked must be told so, or lose the connection; what was acknowledged is there; and the same
 * once more works. Some of the steps are tried; with BED_EVERY=1 in the environment each is, with
 * BED_TEST those of one test alone.
 */
#ifndef ACS_TEST_THINGS_H
#define ACS_TEST_THINGS_H

#include "tests/daemons/acs/whole.h"

struct thing {
	const char *name;
	void (*prepare)(void);
	unsigned (*act)(void);          /* the status; 0: no answer */
	void (*check)(unsigned status); /* that what was said is so */
	void (*settled)(void);          /* that it is so in the end */
	unsigned or_else;               /* a status that says that it was done before */
};

struct things {
	const char *name; /* of the test; NULL: the end of a list */
	const struct thing *each;
	size_t count;
};

#define THINGS(list)                                                  \
	{                                                             \
		"test_" #list, list, sizeof(list) / sizeof((list)[0]) \
	}

extern const struct things things_of_api[], things_kept[], things_of_devices[];

/* Who makes trouble. */
struct trouble {
	const char *name;
	/* Fills in what `whole` is opened with; NULL: nothing. */
	void (*setup)(void);
	/* `count` steps fail from the `nth` on (1: the next); 0: none. */
	void (*begin)(unsigned long nth, unsigned long count);
	/* How many there were; all is well again. */
	unsigned long (*end)(void);
	bool (*has_failed)(void); /* one of them */
	unsigned tries;           /* of one thing, unless all are wanted */
	bool restarts;            /* what was said must hold after a crash, too: each time */
};

/* All things as tests, and one more that starts acs in trouble. What main returns. */
int things_main(const struct trouble *trouble);

/* ---- what things share ---- */

extern struct whole whole;
extern struct box box; /* NAME */
extern unsigned trial; /* of the present thing, from 1: names of what must be new each time */

#define NAME   "00AABB-Box-1"
#define DEVICE "/devices/" NAME
#define READ   "{\"method\":\"GetParameterValues\",\"ParameterNames\":[\"Device.Name\"]}"

extern char task_path[128]; /* of the task that was made last */
extern char octets[100000]; /* of the file that was put last */

/* A request that must succeed; its body. */
const char *ask(const char *method, const char *target, const char *body);
/* With the number of the trial in the place of its "%u". */
const char *with_trial(const char *format);
uint64_t task_new(const char *task);
bool task_is(const char *state);
/* A session of the device that must succeed. */
void session(void);
/* One that may not: as the status of one answer. A device that was refused with a fault comes
 * again, too. */
unsigned session_of(const char *event);

void queue_task(void);
void fail_task(void);
unsigned tag(void);
unsigned get_parameters(void);
void parameters_are_whole(unsigned status);
void make_preset(void);
void make_script(void);
void make_file(void);
void file_is_whole(void);
void file_was_read(unsigned status);

#endif
