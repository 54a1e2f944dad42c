/* The command line. */
#include "core/network.h"
#include "core/units.h"
#include "core/version.h"
#include "daemons/cwmp-sim/sim.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: cwmp-sim [option]... URL\n"
	"Simulates devices that are managed over CWMP (TR-069) by the ACS at URL. Each has its "
	"own\n"
	"data model, informs when it should, serves every RPC and really fetches and puts files.\n"
	"\n"
	"  cwmp-sim --devices 1000 --spread 60s http://127.0.0.1:7547/\n"
	"  cwmp-sim --devices 50 --interval 0 --duration 10s http://127.0.0.1:7547/\n"
	"\n"
	"Devices\n"
	"  --devices N           how many (1)\n"
	"  --first N             number of the first (1)\n"
	"  --model NAME|FILE     tr181, tr098, or a file like theirs (tr181)\n"
	"  --extra N             so many parameters more (0)\n"
	"  --manufacturer TEXT, --oui HEX, --class TEXT, --serial TEXT\n"
	"                        of DeviceId (Switchboard, 001122, Simulator, SIM######);\n"
	"                        the # become the device's number\n"
	"\n"
	"Sessions\n"
	"  --interval TIME       between periodic Informs, until the ACS says something else; 0:\n"
	"                        the next session begins when one has ended (5m)\n"
	"  --spread TIME         the first sessions begin at random within it (0)\n"
	"  --sessions N          of each device; then it is done (no end)\n"
	"  --duration TIME       of the whole (no end)\n"
	"  --change TIME         values that change by themselves do so (never)\n"
	"  --call METHOD         call the ACS in each session: GetRPCMethods, RequestDownload,\n"
	"                        Kicked, ...; may be repeated\n"
	"  --retry TIME          the shortest wait after a failed session (5s); it grows by\n"
	"  --retry-multiplier N  thousandths each time (2000)\n"
	"  --reboot TIME         how long a device is away when it boots (1s)\n"
	"  --timeout TIME        how long the ACS may take for an answer (60s)\n"
	"  --connection-requests ADDRESS\n"
	"                        listen for them, 127.0.0.1:0 for any port (off); with\n"
	"  --connection-request-user NAME, --connection-request-password TEXT\n"
	"                        by digest; without, anybody may ask\n"
	"  --udp-connection-requests ADDRESS\n"
	"                        each device listens for them over UDP, 127.0.0.1:0: at a port\n"
	"                        of its own (off), which it keeps open through a NAT with\n"
	"  --stun ADDRESS        this STUN server, or one that the ACS sets later (none); with\n"
	"  --stun-user NAME, --stun-password TEXT\n"
	"\n"
	"What goes wrong, in percent\n"
	"  --faults P            requests are answered with a fault (0)\n"
	"  --drops P             requests are answered by the end of the connection (0)\n"
	"  --transfer-faults P   files cannot be fetched or put (0)\n"
	"\n"
	"HTTP\n"
	"  --user NAME           with --password TEXT: challenges are answered, Basic or Digest\n"
	"  --basic               send Basic without being asked\n"
	"  --close               a connection for each request\n"
	"  --reuse               keep the connection for the next session\n"
	"  --no-cookies          do not send cookies back\n"
	"  --chunked             bodies in chunks\n"
	"  --gzip                bodies compressed, both ways\n"
	"  --ca FILE             the ACS's certificate must be by one of these (PEM; the "
	"system's)\n"
	"  --insecure            it may be anybody's\n"
	"  --cert FILE           the devices' certificate (PEM), with\n"
	"  --key FILE            its key\n"
	"\n"
	"CWMP\n"
	"  --cwmp VERSION        1.0 to 1.4 (1.2)\n"
	"  --namespace URI       instead of the version's\n"
	"  --prefix TEXT         of the cwmp namespace (cwmp)\n"
	"  --declaration         begin with an XML declaration\n"
	"  --boolean-words       true and false instead of 1 and 0\n"
	"\n"
	"  --threads N           (1)\n"
	"  --json                the result as one line of JSON\n"
	"  --quiet               no line each second\n"
	"  --log LEVEL           debug, info, warning, error (error)\n"
	"  --help                this\n"
	"  --version             of this program\n"
	"\n"
	"TIME is a number with its unit: 500ms, 5s, 2m, 1h. Exit status: 0 all sessions came to\n"
	"their end, 1 some failed, or the program could not start, 2 the command line is wrong.\n";

enum option_kind { KIND_TEXT, KIND_U32, KIND_U64, KIND_TIME, KIND_PERCENT, KIND_FLAG };

/* Options that are values of one kind, by their places in struct sim_options. */
static const struct {
	const char *name;
	enum option_kind kind;
	size_t offset;
} table[] = {
#define OPTION(name, kind, member)                               \
	{                                                        \
		name, kind, offsetof(struct sim_options, member) \
	}
	OPTION("devices", KIND_U32, devices),
	OPTION("first", KIND_U32, first),
	OPTION("model", KIND_TEXT, model),
	OPTION("extra", KIND_U32, extra),
	OPTION("manufacturer", KIND_TEXT, manufacturer),
	OPTION("oui", KIND_TEXT, oui),
	OPTION("class", KIND_TEXT, product_class),
	OPTION("serial", KIND_TEXT, serial),
	OPTION("interval", KIND_TIME, interval_ms),
	OPTION("spread", KIND_TIME, spread_ms),
	OPTION("sessions", KIND_U64, sessions),
	OPTION("duration", KIND_TIME, duration_ms),
	OPTION("change", KIND_TIME, change_ms),
	OPTION("retry", KIND_TIME, retry_ms),
	OPTION("retry-multiplier", KIND_U32, retry_multiplier),
	OPTION("reboot", KIND_TIME, reboot_ms),
	OPTION("timeout", KIND_TIME, patience_ms),
	OPTION("connection-requests", KIND_TEXT, door_address),
	OPTION("connection-request-user", KIND_TEXT, door_username),
	OPTION("connection-request-password", KIND_TEXT, door_password),
	OPTION("udp-connection-requests", KIND_TEXT, udp_address),
	OPTION("stun", KIND_TEXT, stun),
	OPTION("stun-user", KIND_TEXT, stun_username),
	OPTION("stun-password", KIND_TEXT, stun_password),
	OPTION("faults", KIND_PERCENT, fault_rate),
	OPTION("drops", KIND_PERCENT, drop_rate),
	OPTION("transfer-faults", KIND_PERCENT, transfer_fault_rate),
	OPTION("user", KIND_TEXT, username),
	OPTION("password", KIND_TEXT, password),
	OPTION("basic", KIND_FLAG, is_basic),
	OPTION("close", KIND_FLAG, closes),
	OPTION("reuse", KIND_FLAG, reuses),
	OPTION("no-cookies", KIND_FLAG, no_cookies),
	OPTION("chunked", KIND_FLAG, is_chunked),
	OPTION("gzip", KIND_FLAG, compresses),
	OPTION("ca", KIND_TEXT, ca),
	OPTION("insecure", KIND_FLAG, is_insecure),
	OPTION("cert", KIND_TEXT, certificate),
	OPTION("key", KIND_TEXT, key),
	OPTION("namespace", KIND_TEXT, namespace),
	OPTION("prefix", KIND_TEXT, prefix),
	OPTION("declaration", KIND_FLAG, xml_declaration),
	OPTION("boolean-words", KIND_FLAG, boolean_words),
	OPTION("threads", KIND_U32, threads),
	OPTION("json", KIND_FLAG, is_json),
	OPTION("quiet", KIND_FLAG, is_quiet),
	OPTION("log", KIND_TEXT, log_level),
#undef OPTION
};

enum { TABLE_SIZE = sizeof(table) / sizeof(table[0]), DEVICES_MAX = 1000000, OTHER = 1000 };
enum { OPT_CALL = OTHER, OPT_CWMP, OPT_VERSION, OPT_HELP, OTHERS = 4 };

static void
fill_names(struct option names[TABLE_SIZE + OTHERS + 1])
{
	static const struct option others[OTHERS + 1] = {
		{"call", required_argument, NULL, OPT_CALL},
		{"cwmp", required_argument, NULL, OPT_CWMP},
		{"version", no_argument, NULL, OPT_VERSION}, {"help", no_argument, NULL, OPT_HELP},
		{NULL, 0, NULL, 0}};

	for (int i = 0; i < TABLE_SIZE; i++)
		names[i] = (struct option){table[i].name,
			table[i].kind == KIND_FLAG ? no_argument : required_argument, NULL, i};
	memcpy(names + TABLE_SIZE, others, sizeof(others));
}

/* ---- values ---- */

static bool
parse_time(const char *text, uint64_t *out)
{
	return sb_duration_parse(text, out) == 0 && *out != SB_UNITS_UNLIMITED;
}

static bool
parse_count(const char *text, uint64_t most, uint64_t *out)
{
	char *end;

	*out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && *out <= most;
}

static bool
parse_percent(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end) / 100;
	return end != text && *end == '\0' && *out >= 0 && *out <= 1;
}

static bool
parse_value(struct sim_options *o, int index, const char *text)
{
	void *to = (char *)o + table[index].offset;
	uint64_t number;

	switch (table[index].kind) {
	case KIND_TEXT:
		*(const char **)to = text;
		return true;
	case KIND_U32:
		if (!parse_count(text, UINT32_MAX, &number))
			return false;
		*(uint32_t *)to = (uint32_t)number;
		return true;
	case KIND_U64:
		return parse_count(text, UINT64_MAX, to);
	case KIND_TIME:
		return parse_time(text, to);
	case KIND_PERCENT:
		return parse_percent(text, to);
	case KIND_FLAG:
		*(bool *)to = true;
		return true;
	}
	return false;
}

static bool
parse_call(struct sim_options *o, const char *name)
{
	enum cwmp_method method = cwmp_method_of(name);

	if (o->call_count == SIM_CALLS_MAX || method == CWMP_OTHER_METHOD)
		return false;
	if (method != CWMP_GET_RPC_METHODS && method < CWMP_INFORM)
		return false;
	o->calls[o->call_count++] = method;
	return true;
}

static bool
parse_version(struct sim_options *o, const char *text)
{
	if (strncmp(text, "1.", 2) != 0 || text[2] < '0' || text[2] > '4' || text[3])
		return false;
	o->version = (enum cwmp_version)(text[2] - '0');
	return true;
}

static bool
parse_option(struct sim_options *o, int option)
{
	if (option == OPT_CALL)
		return parse_call(o, optarg);
	if (option == OPT_CWMP)
		return parse_version(o, optarg);
	return parse_value(o, option, optarg);
}

/* ---- all of it ---- */

static const char *
udp_complaint_on(const struct sim_options *o)
{
	union sb_socket_address address;

	if (o->udp_address && sb_sockaddr_parse(o->udp_address, &address))
		return "--udp-connection-requests: an address and a port, as 127.0.0.1:0";
	if (o->stun && sb_sockaddr_parse(o->stun, &address))
		return "--stun: an address and a port, as 192.0.2.1:3478";
	return o->stun && !o->udp_address ? "--stun wants --udp-connection-requests" : NULL;
}

static const char *
complaint_on(const struct sim_options *o)
{
	struct url url;

	if (url_parse(o->acs, &url))
		return "no http or https URL";
	if (o->devices == 0 || o->devices > DEVICES_MAX)
		return "--devices: 1 to 1000000";
	if (o->threads == 0 || o->threads > 64)
		return "--threads: 1 to 64";
	if (!o->certificate != !o->key)
		return "--cert and --key go together";
	if (o->retry_ms == 0 || o->retry_multiplier < 1000)
		return "--retry: more than 0; --retry-multiplier: at least 1000";
	return udp_complaint_on(o);
}

static int
checked(const struct sim_options *o)
{
	const char *complaint = complaint_on(o);

	if (!complaint)
		return 0;
	fprintf(stderr, "cwmp-sim: %s\n", complaint);
	return 2;
}

static int
usage(void)
{
	fputs("usage: cwmp-sim [option]... URL; see --help\n", stderr);
	return 2;
}

int
sim_parse_options(int argc, char **argv, struct sim_options *o)
{
	struct option names[TABLE_SIZE + OTHERS + 1];
	int option, index = 0;

	*o = (struct sim_options){.model = "tr181",
		.manufacturer = "Switchboard",
		.oui = "001122",
		.product_class = "Simulator",
		.serial = "SIM######",
		.log_level = "error",
		.version = CWMP_1_2,
		.devices = 1,
		.first = 1,
		.threads = 1,
		.interval_ms = 300000,
		.reboot_ms = 1000,
		.retry_ms = 5000,
		.retry_multiplier = 2000,
		.patience_ms = 60000};
	fill_names(names);
	while ((option = getopt_long(argc, argv, "h", names, &index)) != -1) {
		if (option == 'h' || option == OPT_HELP) {
			fputs(help, stdout);
			return 1;
		}
		if (option == OPT_VERSION) {
			printf("cwmp-sim %s\n", sb_version());
			return 1;
		}
		if (option == '?')
			return 2;
		if (!parse_option(o, option)) {
			fprintf(stderr, "cwmp-sim: --%s: bad value: %s\n", names[index].name,
				optarg);
			return 2;
		}
	}
	if (optind + 1 != argc)
		return usage();
	o->acs = argv[optind];
	return checked(o);
}
