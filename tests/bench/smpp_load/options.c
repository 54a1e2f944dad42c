#include "core/error.h"
#include "protocols/smpp/command.h"
#include "protocols/smpp/values.h"
#include "tests/bench/smpp_load/smpp_load.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT = 2775, TLS_PORT = 3550, CONNECTIONS_MAX = 100000, WINDOW_MAX = 1 << 20 };

/* What the slots of all sessions together may take: 16 octets each. */
static const uint64_t SLOTS_MAX = 1 << 26;

static const char help[] =
	"usage: smpp-load [options] HOST[:PORT]\n"
	"Loads an SMPP message centre and measures it.\n"
	"\n"
	"Sessions\n"
	"  --connections N       sessions (1)\n"
	"  --bind trx|tx|rx      how they bind (trx); rx only receives\n"
	"  --system-id TEXT      (alice)\n"
	"  --password TEXT       (secret1)\n"
	"  --system-type TEXT    (empty)\n"
	"  --tls                 TLS from the first octet, the server not verified; port 3550\n"
	"  --ca FILE             TLS, the server's certificate verified by these authorities\n"
	"\n"
	"Load\n"
	"  --window N            unanswered submit_sm a session (10)\n"
	"  --rate N              messages a second over all sessions; 0: as many as the\n"
	"                        windows allow (0)\n"
	"  --duration SECONDS    (10)\n"
	"  --count N             messages, instead of a duration\n"
	"  --drain SECONDS       how long to wait for answers and receipts at the end (5)\n"
	"\n"
	"Messages\n"
	"  --source ADDRESS      (447700900000)\n"
	"  --destination PATTERN each # becomes a digit, the same ones in every run\n"
	"                        (49151#######)\n"
	"  --text TEXT           octets as given; or\n"
	"  --text-size OCTETS    letters (20); over 254 in message_payload\n"
	"  --data-coding N       (0)\n"
	"  --registered-delivery N  1 asks for a receipt of each message (0)\n"
	"  --match-receipts      match each receipt to its message id\n"
	"  --journal FILE        number the messages, and append what was sent, answered and\n"
	"                        delivered\n"
	"  --life N              the first 16 bits of these numbers (0)\n"
	"\n"
	"Output\n"
	"  --json                the result as one line of JSON\n"
	"  --quiet               no progress lines\n"
	"  --control             bind, print {\"ready\":N}, then obey lines of standard input:\n"
	"                        `run SECONDS`, `count N`, `quit`; one line of JSON a run\n"
	"  --help                this\n"
	"\n"
	"With a rate, latency counts from when a message was due, so that a server that stalls is\n"
	"not forgiven. Exit status: 0 all was answered, 1 something was not or should not have\n"
	"been, 2 the command line is wrong.\n";

enum option_id {
	OPT_CONNECTIONS = 256,
	OPT_BIND,
	OPT_SYSTEM_ID,
	OPT_PASSWORD,
	OPT_SYSTEM_TYPE,
	OPT_TLS,
	OPT_CA,
	OPT_WINDOW,
	OPT_RATE,
	OPT_DURATION,
	OPT_COUNT,
	OPT_DRAIN,
	OPT_SOURCE,
	OPT_DESTINATION,
	OPT_TEXT,
	OPT_TEXT_SIZE,
	OPT_DATA_CODING,
	OPT_REGISTERED_DELIVERY,
	OPT_MATCH_RECEIPTS,
	OPT_JOURNAL,
	OPT_LIFE,
	OPT_JSON,
	OPT_QUIET,
	OPT_CONTROL,
};

static const struct option names[] = {{"connections", required_argument, NULL, OPT_CONNECTIONS},
	{"bind", required_argument, NULL, OPT_BIND},
	{"system-id", required_argument, NULL, OPT_SYSTEM_ID},
	{"password", required_argument, NULL, OPT_PASSWORD},
	{"system-type", required_argument, NULL, OPT_SYSTEM_TYPE},
	{"tls", no_argument, NULL, OPT_TLS}, {"ca", required_argument, NULL, OPT_CA},
	{"window", required_argument, NULL, OPT_WINDOW},
	{"rate", required_argument, NULL, OPT_RATE},
	{"duration", required_argument, NULL, OPT_DURATION},
	{"count", required_argument, NULL, OPT_COUNT},
	{"drain", required_argument, NULL, OPT_DRAIN},
	{"source", required_argument, NULL, OPT_SOURCE},
	{"destination", required_argument, NULL, OPT_DESTINATION},
	{"text", required_argument, NULL, OPT_TEXT},
	{"text-size", required_argument, NULL, OPT_TEXT_SIZE},
	{"data-coding", required_argument, NULL, OPT_DATA_CODING},
	{"registered-delivery", required_argument, NULL, OPT_REGISTERED_DELIVERY},
	{"match-receipts", no_argument, NULL, OPT_MATCH_RECEIPTS},
	{"journal", required_argument, NULL, OPT_JOURNAL},
	{"life", required_argument, NULL, OPT_LIFE}, {"json", no_argument, NULL, OPT_JSON},
	{"quiet", no_argument, NULL, OPT_QUIET}, {"control", no_argument, NULL, OPT_CONTROL},
	{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};

static bool
parse_whole(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*out = strtoull(text, &end, 10);
	return *end == '\0' && *out >= least && *out <= most;
}

static bool
parse_u32(const char *text, uint32_t least, uint32_t most, uint32_t *out)
{
	uint64_t value;
	bool good = parse_whole(text, least, most, &value);

	if (good)
		*out = (uint32_t)value;
	return good;
}

static bool
parse_u8(const char *text, uint8_t *out)
{
	uint64_t value;
	bool good = parse_whole(text, 0, UINT8_MAX, &value);

	if (good)
		*out = (uint8_t)value;
	return good;
}

static bool
parse_positive(const char *text, bool or_zero, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == '\0' && (*out > 0 || (or_zero && *out == 0)) && *out < 1e12;
}

static bool
parse_bind(const char *text, uint32_t *command)
{
	if (strcmp(text, "trx") == 0)
		*command = SMPP_BIND_TRANSCEIVER;
	else if (strcmp(text, "tx") == 0)
		*command = SMPP_BIND_TRANSMITTER;
	else if (strcmp(text, "rx") == 0)
		*command = SMPP_BIND_RECEIVER;
	else
		return false;
	return true;
}

static bool
parse_text_option(struct load_options *o, int option)
{
	switch (option) {
	case OPT_SYSTEM_ID:
		o->system_id = optarg;
		return true;
	case OPT_PASSWORD:
		o->password = optarg;
		return true;
	case OPT_SYSTEM_TYPE:
		o->system_type = optarg;
		return true;
	case OPT_CA:
		o->ca_file = optarg;
		o->tls = true;
		return true;
	case OPT_SOURCE:
		o->message.source = optarg;
		return true;
	case OPT_DESTINATION:
		o->message.destination = optarg;
		return true;
	case OPT_JOURNAL:
		o->journal = optarg;
		o->message.numbered = true;
		return true;
	case OPT_TEXT:
		o->message.text = optarg;
		return true;
	default:
		return false;
	}
}

static bool
parse_flag(struct load_options *o, int option)
{
	switch (option) {
	case OPT_TLS:
		o->tls = true;
		return true;
	case OPT_MATCH_RECEIPTS:
		o->match_receipts = true;
		return true;
	case OPT_JSON:
		o->json = true;
		return true;
	case OPT_QUIET:
		o->quiet = true;
		return true;
	case OPT_CONTROL:
		o->control = true;
		return true;
	default:
		return false;
	}
}

static bool
parse_option(struct load_options *o, int option)
{
	switch (option) {
	case OPT_CONNECTIONS:
		return parse_u32(optarg, 1, CONNECTIONS_MAX, &o->connections);
	case OPT_BIND:
		return parse_bind(optarg, &o->bind_command);
	case OPT_WINDOW:
		return parse_u32(optarg, 1, WINDOW_MAX, &o->window);
	case OPT_RATE:
		return parse_positive(optarg, true, &o->rate);
	case OPT_DURATION:
		return parse_positive(optarg, false, &o->seconds);
	case OPT_COUNT:
		return parse_whole(optarg, 1, UINT64_MAX, &o->count);
	case OPT_DRAIN:
		return parse_positive(optarg, false, &o->drain_seconds);
	case OPT_LIFE:
		return parse_u32(optarg, 0, UINT16_MAX, &o->life);
	case OPT_TEXT_SIZE:
		return parse_u32(optarg, 0, UINT16_MAX, &o->message.text_size);
	case OPT_DATA_CODING:
		return parse_u8(optarg, &o->message.data_coding);
	case OPT_REGISTERED_DELIVERY:
		return parse_u8(optarg, &o->message.registered_delivery);
	default:
		return parse_text_option(o, option) || parse_flag(o, option);
	}
}

static const char *
option_name(int option)
{
	for (size_t i = 0; names[i].name; i++)
		if (names[i].val == option)
			return names[i].name;
	return "?";
}

static bool
check_server(struct load_options *o, int argc, char **argv)
{
	if (optind + 1 != argc) {
		fputs("smpp-load: one HOST[:PORT] is needed; see --help\n", stderr);
		return false;
	}
	o->server_text = argv[optind];
	if ((uint64_t)o->connections * o->window * 4 > SLOTS_MAX) {
		fputs("smpp-load: too many connections x window\n", stderr);
		return false;
	}
	return net_resolve(o->server_text, o->tls ? TLS_PORT : PORT, &o->server) == 0;
}

int
load_parse_options(int argc, char **argv, struct load_options *o)
{
	int option;

	*o = (struct load_options){.system_id = "alice",
		.password = "secret1",
		.system_type = "",
		.bind_command = SMPP_BIND_TRANSCEIVER,
		.connections = 1,
		.window = 10,
		.seconds = 10,
		.drain_seconds = 5,
		.message = {
			.source = "447700900000", .destination = "49151#######", .text_size = 20}};
	while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return 1;
		}
		if (option == '?')
			return 2;
		if (!parse_option(o, option)) {
			fprintf(stderr, "smpp-load: --%s: bad value: %s\n", option_name(option),
				optarg);
			return 2;
		}
	}
	return check_server(o, argc, argv) ? 0 : 2;
}
