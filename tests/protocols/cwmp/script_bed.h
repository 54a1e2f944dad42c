/*
 * A test bed for scripts: a node on the simulated machine, and CWMP sessions whose device is a list
 * of answers. The functions of service.h that scripts use are the bed's. One a process.
 */
#ifndef SB_TESTS_CWMP_SCRIPT_BED_H
#define SB_TESTS_CWMP_SCRIPT_BED_H

#include "core/error.h"
#include "core/node.h"
#include "protocols/cwmp/script.h"
#include "tests/sim/simulation.h"
#include "tests/sim/stand.h"

#include <stdbool.h>

#define BED_SESSIONS 600
#define BED_ANSWERS  64

struct bed {
	struct simulation *sim;
	struct sb_log *log;
	int log_fd;
	struct sb_node *node;
	struct cwmp_scripts *scripts;
	struct cwmp_session *sessions[BED_SESSIONS]; /* in the order of bed_begin; NULL: ended */
	unsigned session_count;
	bool lacks_memory; /* a start may fail */

	/* What the devices answer, in order: the Body's content; "": an empty POST. Behind the last
	 * one calls wait for bed_answer. */
	const char *answers[BED_ANSWERS];
	unsigned answer_count, answered;
	const char *inform; /* the next session's, the Body's content; NULL: one of ours */
	enum cwmp_version version;

	char trace[STAND_TRACE];    /* "call XML;" "done STATUS text;" and what tests tell */
	struct cwmp_script_end end; /* of the script that ended last, without its texts */
	char end_text[512], end_trace[CWMP_SCRIPT_TRACE_MAX + 1];
};

void bed_open(struct bed *bed, const struct cwmp_scripts_options *options);
void bed_close(struct bed *bed);
/* A teardown: closes the bed that was opened last. */
int bed_closed(void **state);
void bed_turn(struct bed *bed);

/* One script without a filter in the place of all others. */
void bed_load(struct bed *bed, const char *text);
int bed_try_load(
	struct bed *bed, const char *name, const char *text, struct cwmp_script_mistake *mistake);

/* A session begins with the script `name` (NULL: by filters), and the turns that it takes. */
struct cwmp_session *bed_begin(struct bed *bed, const char *name);
/* Loads the script and begins it: where it stands when nothing more happens. */
struct cwmp_session *bed_run(struct bed *bed, const char *text);
/* The next answer. */
void bed_will_answer(struct bed *bed, const char *body);
/* Answers the call under way, now. */
void bed_answer(struct bed *bed, struct cwmp_session *c, const char *body);
/* The session ends, as one does: what is called is told, then session_end. */
void bed_end(struct bed *bed, struct cwmp_session *c);

/* Since the last time. */
void bed_expect_at(struct bed *bed, const char *trace, const char *file, int line);
#define bed_expect(bed, trace) bed_expect_at(bed, trace, __FILE__, __LINE__)
/* The script came to its end with this status and a text that has this part. */
void bed_expect_end_at(struct bed *bed, int status, const char *part, const char *file, int line);
#define bed_expect_end(bed, status, part) bed_expect_end_at(bed, status, part, __FILE__, __LINE__)
/* A line of the log has this part. */
bool bed_logged(struct bed *bed, const char *part);

#endif
