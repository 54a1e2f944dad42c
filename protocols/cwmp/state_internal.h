/*
 * The ACS's side of a CWMP session as a table: what is done in each state with
 * whatever comes. Pure.
 */
#ifndef SB_CWMP_STATE_INTERNAL_H
#define SB_CWMP_STATE_INTERNAL_H

/* X(NAME, text). In ASKED, ACS_TURN and the first two the device's HTTP request waits with us. */
#define CWMP_STATE_MAP(X)                                                                         \
	X(NAMING, "naming")     /* an Inform, until the device's session before has ended */      \
	X(DECIDING, "deciding") /* session_filter has the Inform */                               \
	X(CPE_TURN, "cpe_turn") /* it is answered; the device calls, or leaves the turn to us */  \
	X(ASKED, "asked")       /* the device waits for the service's answer to its call */       \
	X(OWING, "owing")       /* the answer is due, but nobody waits: it will be asked again */ \
	X(ACS_TURN, "acs_turn") /* the device waits for a call of ours, or for the end */         \
	X(LEFT, "left")         /* it did, but its connection went: it will come back */          \
	X(AWAITING, "awaiting") /* a call of ours is out */                                       \
	X(RELEASED, "released") /* we have said the end, but requests that we held may come */    \
	X(ENDED, "ended")

enum cwmp_state {
#define X(name, text) CWMP_STATE_##name,
	CWMP_STATE_MAP(X)
#undef X
		CWMP_STATE_COUNT
};

/* What comes: a POST of the device, as cwmp_classify sees it, or something else. */
#define CWMP_INPUT_MAP(X)                                                                          \
	X(REQUEST)       /* a call of the device's */                                              \
	X(REQUEST_AGAIN) /* its last one once more, since our answer was lost */                   \
	X(ANSWER)        /* a response or fault that fits the call that is out */                  \
	X(ANSWER_AGAIN)  /* the one to the call before, since what we said then was lost */        \
	X(MISFIT)        /* a response or fault that fits nothing */                               \
	X(EMPTY)         /* an empty POST */                                                       \
	X(EMPTY_AGAIN)   /* one after an answer of ours that was lost */                           \
	X(BROKEN)        /* a document that is no message */                                       \
	X(LOST)          /* the connection went, with the request that waits or our last answer */ \
	X(SILENCE)       /* the time that the state has is over */                                 \
	X(REPLACED)      /* the device has begun another session */

enum cwmp_input {
#define X(name) CWMP_INPUT_##name,
	CWMP_INPUT_MAP(X)
#undef X
		CWMP_INPUT_COUNT
};

#define CWMP_ACTION_MAP(X)                                                              \
	X(UNSAID) /* in no place of the table */                                        \
	X(NOTHING)                                                                      \
	X(REFUSE)      /* 400 to this POST; the session does not care */                \
	X(ASK)         /* give the request to the service */                            \
	X(REPEAT)      /* the answer to its last request once more */                   \
	X(JOIN)        /* this POST waits instead of the one that did, if any */        \
	X(TURN)        /* this POST waits for what we have to say */                    \
	X(DELIVER)     /* the outcome of the call that is out; then as TURN */          \
	X(FAIL)        /* the call that is out has no answer that fits; then as TURN */ \
	X(RESEND)      /* the call that is out once more */                             \
	X(FAULT)       /* a fault: invalid arguments */                                 \
	X(BUSY)        /* a fault: retry the request */                                 \
	X(DEFER)       /* the same to the POST that waits */                            \
	X(SAY_NOTHING) /* 204 to the POST that waits, though the service is not done */ \
	X(END_DONE)                                                                     \
	X(END_IDLE)                                                                     \
	X(END_TIMEOUT)                                                                  \
	X(END_PROTOCOL) /* with 400 */                                                  \
	X(END_REPLACED)

enum cwmp_action {
#define X(name) CWMP_DO_##name,
	CWMP_ACTION_MAP(X)
#undef X
		CWMP_ACTION_COUNT
};

struct cwmp_step {
	enum cwmp_action action;
	enum cwmp_state next;
};

struct cwmp_step cwmp_step(enum cwmp_state state, enum cwmp_input input);

const char *cwmp_state_name(enum cwmp_state state);

#endif
