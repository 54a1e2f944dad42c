#include "tests/bench/cwmp_load/cwmp_load.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
	"usage: cwmp-load [options] HOST:PORT\n"
	"  --connections N  devices with a session at a time (1)\n"
	"  --devices N      all devices, which take turns (as many as connections)\n"
	"  --parameters N   of the answer to a GetParameterValues (10)\n"
	"  --path PATH      (/)\n"
	"  --new            each session has a connection of its own\n"
	"  --hold           begin a session on each connection, and leave it there\n"
	"  --duration S     seconds (5)\n"
	"  --count N        sessions, instead of a duration\n"
	"  --tls            TLS, the server not verified; --ca FILE: verified\n"
	"  --control        open, print {\"ready\":N}, then obey lines of standard input:\n"
	"                   `run SECONDS`, `count N`, `quit`; one line of JSON for each run\n"
	"  --help           this\n";

static const struct option names[] = {{"connections", required_argument, NULL, 'c'},
	{"devices", required_argument, NULL, 'd'}, {"parameters", required_argument, NULL, 'P'},
	{"path", required_argument, NULL, 'p'}, {"new", no_argument, NULL, 'x'},
	{"hold", no_argument, NULL, 'H'}, {"duration", required_argument, NULL, 't'},
	{"count", required_argument, NULL, 'n'}, {"tls", no_argument, NULL, 'T'},
	{"ca", required_argument, NULL, 'C'}, {"control", no_argument, NULL, 'i'},
	{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};

static bool
parse_number(struct load_options *o, int option)
{
	switch (option) {
	case 'c':
		o->connections = (uint32_t)strtoul(optarg, NULL, 10);
		return o->connections > 0;
	case 'd':
		o->devices = (uint32_t)strtoul(optarg, NULL, 10);
		return o->devices > 0;
	case 'P':
		o->parameters = (uint32_t)strtoul(optarg, NULL, 10);
		return o->parameters < 1000000;
	case 't':
		o->seconds = strtod(optarg, NULL);
		return o->seconds > 0;
	case 'n':
		o->count = strtoull(optarg, NULL, 10);
		return o->count > 0;
	default:
		return false;
	}
}

static bool
parse_option(struct load_options *o, int option)
{
	switch (option) {
	case 'p':
		o->path = optarg;
		return true;
	case 'x':
		o->new_connections = true;
		return true;
	case 'H':
		o->hold = true;
		return true;
	case 'C':
		o->ca_file = optarg;
		/* fall through */
	case 'T':
		o->tls = true;
		return true;
	case 'i':
		o->control = true;
		return true;
	default:
		return parse_number(o, option);
	}
}

int
load_parse_options(int argc, char **argv, struct load_options *o)
{
	int option;

	*o = (struct load_options){.connections = 1, .parameters = 10, .path = "/", .seconds = 5};
	while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return 1;
		}
		if (!parse_option(o, option)) {
			fputs(help, stderr);
			return 2;
		}
	}
	if (o->devices < o->connections)
		o->devices = o->connections;
	if (optind + 1 != argc) {
		fputs(help, stderr);
		return 2;
	}
	o->server_text = argv[optind];
	return net_resolve(o->server_text, 7547, &o->server) == 0 ? 0 : 2;
}
