/*
 * cwmp-sim: devices that speak CWMP to an ACS: the load tool of operators, and the peer of our
 * tests. What all devices share; all of it but the counters is constant once they run.
 */
#ifndef SB_DAEMONS_CWMP_SIM_SIM_H
#define SB_DAEMONS_CWMP_SIM_SIM_H

#include "core/metrics.h"
#include "daemons/cwmp-sim/client.h"
#include "daemons/cwmp-sim/model.h"
#include "protocols/cwmp/message.h"
#include "protocols/http/auth.h"

#include <stdatomic.h>

struct cwmp_decoder;
struct sb_node;

enum { SIM_CALLS_MAX = 8 };

struct sim_options {
	const char *acs; /* the URL */
	const char *model;
	const char *manufacturer, *oui, *product_class, *serial; /* # in it: the device's number */
	const char *username, *password;                         /* NULL: none */
	const char *ca, *certificate, *key;
	const char *namespace;
	const char *prefix;
	const char *door_address; /* of connection requests; NULL: none */
	const char *door_username, *door_password;
	const char *udp_address; /* the same over UDP: each device has a port; NULL: none */
	const char *stun;        /* the server, with its port; NULL: an ACS may say one */
	const char *stun_username, *stun_password;
	const char *log_level;
	enum cwmp_version version;
	enum cwmp_method calls[SIM_CALLS_MAX]; /* of the ACS, in each session */
	size_t call_count;
	uint32_t devices, threads, extra;
	uint32_t first;            /* number of the first device */
	uint64_t sessions;         /* of each device; 0: no end */
	uint64_t interval_ms;      /* of periodic Informs; 0: the next at once */
	uint64_t change_ms;        /* between value changes; 0: none */
	uint64_t spread_ms;        /* over which the first sessions are spread */
	uint64_t duration_ms;      /* 0: no end */
	uint64_t reboot_ms;        /* how long a device is away */
	uint64_t retry_ms;         /* shortest wait after the first failed session */
	uint32_t retry_multiplier; /* thousandths */
	uint64_t patience_ms;
	double fault_rate; /* of answers, 0 to 1 */
	double drop_rate;
	double transfer_fault_rate;
	bool reuses; /* a connection for the next session, too */
	bool closes, no_cookies, is_chunked, compresses, is_basic, is_insecure;
	bool xml_declaration, boolean_words;
	bool is_quiet, is_json;
};

struct sim_counters {
	struct sb_counter *sessions;
	struct sb_counter *failed;       /* sessions */
	struct sb_counter *dropped;      /* sessions, by --drops */
	struct sb_counter *served;       /* requests of the ACS */
	struct sb_counter *faults;       /* answered with one */
	struct sb_counter *asked_faults; /* of these by --faults */
	struct sb_counter *transfers;
	struct sb_counter *transfers_failed;
	struct sb_counter *requests; /* connection requests taken */
	struct sb_histogram *session_ns;
	struct sb_histogram *answer_ns; /* of the ACS */
};

struct sim {
	struct sim_options options;
	struct client_settings client;
	struct model *model;
	struct cwmp_dialect dialect;
	struct sb_node *node;
	struct cwmp_decoder **decoders; /* one a shard */
	struct sim_counters counters;
	struct http_auth door; /* how connection requests prove themselves */
	uint16_t door_port;    /* 0: none are taken */
	_Atomic uint32_t left; /* devices that have sessions to come */
	_Atomic uint32_t is_ending;
};

/* options.c: 0 run, 1 exit with success (help was printed), 2 usage error (said). */
int sim_parse_options(int argc, char **argv, struct sim_options *out);

/* report.c: a session that says each second how it goes, and ends the run when its time is over. */
extern const struct sb_module sim_clock_module;
/* The result, on standard output. */
void sim_report(const struct sim *sim, double seconds);

#endif
