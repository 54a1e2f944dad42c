/*
 * The command line.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/units.h"
#include "core/version.h"
#include "daemons/erps/cli.h"

#define PORT          4747
#define COMPRESSED    6
#define TIMEOUT_MS    5000
#define MAX_PAYLOAD   (64u << 20)
#define MAX_INTEGER   4096
#define MAX_DEPTH     256
#define OUTPUT_LIMIT  (1u << 30)
#define SECONDS_MAX   (7 * 86400)
#define CREDIT_MAX    (1u << 20)
#define MS_PER_SECOND 1000

static const char help[] =
	"usage: erps call HOST:PORT TERM [OPTION]...\n"
	"       erps cast HOST:PORT TERM [OPTION]...\n"
	"       erps listen HOST:PORT [OPTION]...\n"
	"\n"
	"Calls an Erps server and prints the reply; casts, which has none; or prints what the\n"
	"server pushes, one term a line. TERM is written as in Elixir:\n"
	"\n"
	"  erps call localhost:4747 '{:add, 1, 2}'\n"
	"  erps call localhost:4747 '{:put, \"key\", %{a: [1.5, nil]}}'\n"
	"  erps listen localhost:4747 --call ':subscribe' --count 10\n"
	"\n"
	"A TERM of - is read from standard input; one that begins with - goes behind --.\n"
	"HOST:PORT is also [::1]:4747, or a host alone (port 4747).\n"
	"\n"
	"What is asked for\n"
	"  --timeout TIME        for the connection, and for the answer (5s)\n"
	"  --json                print JSON\n"
	"  --credit N            call: have the answer in parts, if a server of ours gives it\n"
	"                        so, N on their way at a time; each is a line before the reply\n"
	"  --call TERM           listen: call this first, to subscribe\n"
	"  --count N             listen: stop after so many pushes\n"
	"  --for TIME            listen: stop after this time\n"
	"\n"
	"What packets say\n"
	"  --identifier TEXT     up to 36 octets (none)\n"
	"  --version X.Y.Z       the client's version (0.0.0)\n"
	"  --compressed[=LEVEL]  compress terms, by level 1 to 9 (6)\n"
	"  --keepalive TIME      between keepalives (60s)\n"
	"  --secret-key KEY      sign packets: the name of the secret, 1 to 16 octets, or 32\n"
	"                        hexadecimal digits; with\n"
	"  --secret-file FILE    the secret; a newline at its end is no part of it\n"
	"\n"
	"TLS\n"
	"  --tls                 TLS; the server's certificate must be one of the system's\n"
	"  --ca FILE             TLS; it must be by one of these authorities (PEM)\n"
	"  --insecure            TLS; it may be anybody's\n"
	"  --cert FILE           our own certificate (PEM), with\n"
	"  --key FILE            its key\n"
	"  --server-name NAME    what the certificate must say, instead of HOST\n"
	"\n"
	"  --verbose             say on standard error what the connection does\n"
	"  --help                this\n"
	"  -V                    print the version of this program\n"
	"\n"
	"TIME is a number with its unit: 500ms, 5s, 2m, 1h.\n"
	"Exit status: 0 done, 1 the command line is wrong, 2 no connection, 3 the server answered\n"
	"with an error, 4 no answer in time, 5 TERM or the answer is no term, 6 the connection "
	"was\n"
	"lost, 7 out of memory or nowhere to print to.\n";

enum option_id {
	OPT_TIMEOUT = 256,
	OPT_JSON,
	OPT_CREDIT,
	OPT_CALL,
	OPT_COUNT,
	OPT_FOR,
	OPT_IDENTIFIER,
	OPT_VERSION,
	OPT_COMPRESSED,
	OPT_KEEPALIVE,
	OPT_SECRET_KEY,
	OPT_SECRET_FILE,
	OPT_TLS,
	OPT_CA,
	OPT_INSECURE,
	OPT_CERT,
	OPT_KEY,
	OPT_SERVER_NAME,
	OPT_VERBOSE,
	OPT_HELP,
};

static const struct option names[] = {
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{"json", no_argument, NULL, OPT_JSON},
	{"credit", required_argument, NULL, OPT_CREDIT},
	{"call", required_argument, NULL, OPT_CALL},
	{"count", required_argument, NULL, OPT_COUNT},
	{"for", required_argument, NULL, OPT_FOR},
	{"identifier", required_argument, NULL, OPT_IDENTIFIER},
	{"version", required_argument, NULL, OPT_VERSION},
	{"compressed", optional_argument, NULL, OPT_COMPRESSED},
	{"keepalive", required_argument, NULL, OPT_KEEPALIVE},
	{"secret-key", required_argument, NULL, OPT_SECRET_KEY},
	{"secret-file", required_argument, NULL, OPT_SECRET_FILE},
	{"tls", no_argument, NULL, OPT_TLS},
	{"ca", required_argument, NULL, OPT_CA},
	{"insecure", no_argument, NULL, OPT_INSECURE},
	{"cert", required_argument, NULL, OPT_CERT},
	{"key", required_argument, NULL, OPT_KEY},
	{"server-name", required_argument, NULL, OPT_SERVER_NAME},
	{"verbose", no_argument, NULL, OPT_VERBOSE},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

/* ---- values ---- */

static bool
read_number(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*value = strtoull(text, &end, 10);
	return *end == '\0' && *value >= least && *value <= most;
}

static bool
read_time(const char *option, const char *text, uint64_t *ms)
{
	if (sb_duration_parse(text, ms) == 0 && *ms > 0 &&
		*ms <= (uint64_t)SECONDS_MAX * MS_PER_SECOND)
		return true;
	complain("--%s %s: a time is a number with its unit: 500ms, 5s, 2m, 1h", option, text);
	return false;
}

static bool
read_time_u32(const char *option, const char *text, uint32_t *ms)
{
	uint64_t value;

	if (!read_time(option, text, &value))
		return false;
	*ms = (uint32_t)value;
	return true;
}

/* A number up to 255 and what stands behind it. */
static const char *
read_part(const char *text, uint8_t *part)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || value > UINT8_MAX)
		return NULL;
	*part = (uint8_t)value;
	return end;
}

static bool
read_version(struct arguments *a, const char *text)
{
	struct erps_version *version = &a->client.version;
	const char *at = read_part(text, &version->major);

	if (at && *at == '.')
		at = read_part(at + 1, &version->minor);
	else
		at = NULL;
	if (at && *at == '.')
		at = read_part(at + 1, &version->patch);
	else
		at = NULL;
	if (at && !*at)
		return true;
	complain("--version %s: a version is three numbers up to 255: 0.2.4", text);
	return false;
}

static bool
read_count(struct arguments *a, const char *text)
{
	if (read_number(text, 1, UINT64_MAX / 2, &a->count))
		return true;
	complain("--count %s: a number from 1 on", text);
	return false;
}

/* The probe makes a server of ours show itself before the call. */
static bool
read_credit(struct arguments *a, const char *text)
{
	uint64_t credit;

	if (!read_number(text, 1, CREDIT_MAX, &credit)) {
		complain("--credit %s: a number from 1 to %u", text, CREDIT_MAX);
		return false;
	}
	a->credit = (uint32_t)credit;
	a->client.probe = ":ping";
	return true;
}

static bool
read_level(struct arguments *a, const char *text)
{
	uint64_t level = COMPRESSED;

	if (text && !read_number(text, 1, 9, &level)) {
		complain("--compressed=%s: a level is a number from 1 to 9", text);
		return false;
	}
	a->client.compressed = (uint32_t)level;
	return true;
}

static bool
read_identifier(struct arguments *a, const char *text)
{
	a->client.identifier = text;
	if (strlen(text) <= ERPS_IDENTIFIER_SIZE)
		return true;
	complain("--identifier: it has %d octets at most", ERPS_IDENTIFIER_SIZE);
	return false;
}

/* ---- where to ---- */

static bool
read_port(const char *text, uint16_t *port)
{
	uint64_t value;

	if (!read_number(text, 1, UINT16_MAX, &value))
		return false;
	*port = (uint16_t)value;
	return true;
}

/* HOST:PORT, [::1]:4747, or a host alone, which ::1 is, too. */
static bool
split_target(struct arguments *a, const char *text)
{
	bool has_brackets = *text == '[';
	const char *last = strrchr(text, has_brackets ? ']' : ':');
	size_t size = strlen(text);

	if (has_brackets && last)
		size = (size_t)(last - ++text);
	else if (last && last == strchr(text, ':'))
		size = (size_t)(last - text);
	if (size == 0 || size >= sizeof(a->host) || (has_brackets && !last))
		return false;
	snprintf(a->host, sizeof(a->host), "%.*s", (int)size, text);
	a->client.host = a->host;
	text += size + has_brackets;
	return !*text || (*text == ':' && read_port(text + 1, &a->client.port));
}

static bool
read_target(struct arguments *a, const char *text)
{
	a->target = text;
	a->client.port = PORT;
	if (split_target(a, text))
		return true;
	complain("%s: where to? HOST:PORT, [::1]:4747", text);
	return false;
}

/* ---- the line ---- */

static bool
take_tls(struct arguments *a, int option)
{
	a->is_tls = true;
	switch (option) {
	case OPT_CA:
		a->tls.ca = optarg;
		return true;
	case OPT_INSECURE:
		a->tls.verify = SB_TLS_VERIFY_NONE;
		return true;
	case OPT_CERT:
		a->certificate.certificate = optarg;
		return true;
	case OPT_KEY:
		a->certificate.key = optarg;
		return true;
	case OPT_SERVER_NAME:
		a->client.server_name = optarg;
		return true;
	default:
		return option == OPT_TLS;
	}
}

static bool
take_packets(struct arguments *a, int option)
{
	switch (option) {
	case OPT_IDENTIFIER:
		return read_identifier(a, optarg);
	case OPT_VERSION:
		return read_version(a, optarg);
	case OPT_COMPRESSED:
		return read_level(a, optarg);
	case OPT_KEEPALIVE:
		return read_time_u32("keepalive", optarg, &a->client.keepalive_ms);
	case OPT_SECRET_KEY:
		a->secret_key = optarg;
		return true;
	case OPT_SECRET_FILE:
		a->secret_file = optarg;
		return true;
	default:
		return take_tls(a, option);
	}
}

static bool
take(struct arguments *a, int option)
{
	switch (option) {
	case OPT_TIMEOUT:
		return read_time_u32("timeout", optarg, &a->client.call_ms);
	case OPT_JSON:
		a->is_json = true;
		return true;
	case OPT_CREDIT:
		return read_credit(a, optarg);
	case OPT_CALL:
		a->term = optarg;
		return true;
	case OPT_COUNT:
		return read_count(a, optarg);
	case OPT_FOR:
		return read_time("for", optarg, &a->listen_ms);
	case OPT_VERBOSE:
		a->is_verbose = true;
		return true;
	default:
		return take_packets(a, option);
	}
}

static bool
read_verb(struct arguments *a, const char *word)
{
	static const char *const verbs[] = {
		[VERB_CALL] = "call", [VERB_CAST] = "cast", [VERB_LISTEN] = "listen"};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(word, verbs[i]) != 0)
			continue;
		a->verb = (enum verb)i;
		return true;
	}
	complain("%s: call, cast or listen?", word);
	return false;
}

static bool
read_operands(struct arguments *a, int count, char **operands)
{
	int wanted;

	if (count == 0) {
		complain("what is to be done? call, cast or listen");
		return false;
	}
	if (!read_verb(a, operands[0]))
		return false;
	wanted = a->verb == VERB_LISTEN ? 2 : 3;
	if (count < wanted) {
		complain("%s takes HOST:PORT%s", operands[0], wanted == 3 ? " and a term" : "");
		return false;
	}
	if (count > wanted) {
		complain(
			"%s: one argument too many (a term goes between quotes)", operands[wanted]);
		return false;
	}
	if (wanted == 3)
		a->term = operands[2];
	return read_target(a, operands[1]);
}

/* What goes together, and what does not. */
static bool
check(struct arguments *a)
{
	if (a->verb != VERB_LISTEN && (a->count || a->listen_ms)) {
		complain("--count and --for are for listen");
		return false;
	}
	if (a->verb != VERB_CALL && a->credit) {
		complain("--credit is for call");
		return false;
	}
	if (!a->certificate.certificate != !a->certificate.key) {
		complain("--cert and --key go together");
		return false;
	}
	return secret_read(a);
}

static void
set_defaults(struct arguments *a)
{
	static const struct sb_limits limits = {.output_hard = OUTPUT_LIMIT};

	*a = (struct arguments){.tls = {.verify = SB_TLS_VERIFY_REQUIRED}};
	a->client.call_ms = TIMEOUT_MS;
	a->client.max_payload = MAX_PAYLOAD;
	a->client.queue_bytes = MAX_PAYLOAD;
	a->client.terms = (struct erps_term_limits){
		.depth = MAX_DEPTH, .integer = MAX_INTEGER, .inflated = MAX_PAYLOAD};
	a->client.limits = &limits;
	a->client.restart = SB_TEMPORARY;
}

static bool
leave(enum outcome *outcome, enum outcome why)
{
	*outcome = why;
	if (why == OUTCOME_USAGE)
		fputs("Try 'erps --help'.\n", stderr);
	return false;
}

bool
arguments_read(struct arguments *a, int argc, char **argv, enum outcome *outcome)
{
	int option;

	set_defaults(a);
	while ((option = getopt_long(argc, argv, "V", names, NULL)) != -1) {
		if (option == OPT_HELP) {
			fputs(help, stdout);
			return leave(outcome, OUTCOME_DONE);
		}
		if (option == 'V') {
			printf("erps %s\n", sb_version());
			return leave(outcome, OUTCOME_DONE);
		}
		if (!take(a, option))
			return leave(outcome, OUTCOME_USAGE);
	}
	if (!read_operands(a, argc - optind, argv + optind) || !check(a))
		return leave(outcome, OUTCOME_USAGE);
	a->client.connect_ms = a->client.call_ms;
	return true;
}
