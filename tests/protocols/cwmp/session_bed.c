#include "tests/protocols/cwmp/session_bed.h"

#include <stdio.h>
#include <stdlib.h>

struct bed bed;

/* ---- the service ---- */

static void
on_filter(struct cwmp_session *c)
{
	struct sb_address found;

	assert_int_equal(cwmp_server_find(cwmp_core(c), cwmp_device(c), &found), 0);
	assert_true(sb_address_equal(found, sb_self(cwmp_core(c))));
	bed.session = c;
	bed.address = sb_self(cwmp_core(c));
	assert_ptr_equal(cwmp_of(cwmp_core(c)), c);
	assert_ptr_equal(cwmp_args(c), &bed);
	stand_tell(bed.trace, "filter %s", cwmp_device(c));
	if (bed.filter)
		bed.filter(c);
	else
		cwmp_accept(c);
}

static void
on_start(struct cwmp_session *c)
{
	stand_tell(bed.trace, "start");
	*(uint64_t *)cwmp_state(c) = 17;
	if (bed.start)
		bed.start(c);
	else
		cwmp_finish(c);
}

static void
on_request(struct cwmp_session *c, const struct cwmp_envelope *request)
{
	stand_tell(bed.trace, "request %s", request->message.name);
	assert_ptr_equal(cwmp_request(c), request);
	if (bed.request)
		bed.request(c, request);
	else
		assert_true(cwmp_answer_default(c) == 0 || bed.lacks_memory);
}

static void
on_message(struct cwmp_session *c, struct sb_message *m)
{
	(void)c;
	stand_tell(bed.trace, "message %u", m->type);
}

static void
on_end(struct cwmp_session *c, enum cwmp_end why)
{
	const union cwmp_body nothing = {0};

	stand_tell(bed.trace, "end %s", cwmp_end_name(why));
	assert_int_equal(cwmp_call(c, CWMP_REBOOT, &nothing, (struct cwmp_done){0}), SB_GONE);
	if (bed.session == c)
		bed.session = NULL;
}

static bool
on_identity(const struct cwmp_session *c)
{
	return !bed.is_device || bed.is_device(c);
}

static const struct cwmp_service service = {
	.name = "bed",
	.state_size = sizeof(uint64_t),
	.is_device = on_identity,
	.session_filter = on_filter,
	.session_start = on_start,
	.request = on_request,
	.message = on_message,
	.session_end = on_end,
};

static void
on_outcome(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	const struct cwmp_envelope *e = o->envelope;

	if (o->status == SB_EREMOTE)
		stand_tell(bed.trace, "%s fault %u", (const char *)context,
			e->message.body.fault.fault_code);
	else
		stand_tell(bed.trace, "%s %s", (const char *)context,
			o->status ? sb_error_name(o->status) : "done");
	assert_int_equal(e != NULL, o->status == 0 || o->status == SB_EREMOTE);
	if (bed.outcome)
		bed.outcome(c, o);
}

void
bed_reboot(struct cwmp_session *c)
{
	int err = cwmp_reboot(c, "key", (struct cwmp_done){on_outcome, (void *)"reboot"});

	assert_true(err == 0 || bed.lacks_memory);
}

void
bed_get(struct cwmp_session *c)
{
	const char *names[] = {"Device.A", "Device.B."};
	int err = cwmp_get_parameter_values(
		c, names, 2, (struct cwmp_done){on_outcome, (void *)"get"});

	assert_true(err == 0 || bed.lacks_memory);
}

/* ---- the bed ---- */

/* A calm machine needs no time, another one has to be given what its delays take. */
void
bed_turn(void)
{
	sim_run_for(bed.sim, bed.settle_ns);
}

void
bed_pass(uint64_t ms)
{
	sim_run_for(bed.sim, ms * 1000000);
}

void
bed_connect(void)
{
	bed.peer = sim_connect(bed.sim, BED_PORT);
	bed_turn();
}

static const struct bed_service *other; /* NULL: the bed's own */
static void *args;

void
bed_open_with(const struct cwmp_server_options *options, const struct sim_options *sim)
{
	static const struct sim_options calm = {.is_calm = true};
	const struct sb_listener_options listener = {.name = "bed", .address = "127.0.0.1:7547"};

	memset(&bed, 0, sizeof(bed));
	bed.sim = sim_new(sim ? sim : &calm);
	bed.settle_ns = sim && !sim->is_calm ? 1000000000 : 1000;
	bed.log = stand_log(&bed.log_fd);
	bed.node = stand_node(bed.sim, bed.log);
	args = other ? other->make(bed.node) : &bed;
	assert_int_equal(cwmp_server_new(&bed.server, bed.node, other ? other->service : &service,
				 args, options),
		0);
	assert_int_equal(cwmp_server_listen(bed.server, &listener, NULL), 0);
	bed_connect();
}

void
bed_open(const struct cwmp_server_options *options)
{
	bed_open_with(options, NULL);
}

void
bed_open_service(const struct bed_service *service_of_the_test)
{
	other = service_of_the_test;
	bed_open(NULL);
}

int
bed_opened(void **state)
{
	(void)state;
	bed_open(NULL);
	return 0;
}

void
bed_close(void)
{
	sb_node_stop(bed.node);
	bed_turn();
	sb_node_stop(bed.node);
	bed_pass(60000);
	assert_true(sb_node_is_stopped(bed.node));
	assert_null(bed.session);
	assert_int_equal(cwmp_server_sessions(bed.server), 0);
	if (other)
		other->release(args);
	other = NULL;
	sb_node_free(bed.node);
	cwmp_server_free(bed.server);
	cwmp_server_free(bed.other);
	stand_log_free(bed.log, bed.log_fd);
	assert_int_equal(sim_open_sockets(bed.sim), 0);
	assert_int_equal(sim_live_allocations(bed.sim), 0);
	sim_free(bed.sim);
}

int
bed_closed(void **state)
{
	(void)state;
	bed_close();
	return 0;
}

uint64_t
bed_counter(const char *name)
{
	return stand_counter(bed.node, name);
}

/* ---- the device ---- */

void
bed_send_octets(const char *octets)
{
	sim_send(bed.peer, octets, strlen(octets));
}

void
bed_send(const char *body)
{
	static char request[BED_TEXT];
	int size = snprintf(request, sizeof(request),
		"POST /acs HTTP/1.1\r\nHost: acs\r\nContent-Length: %zu\r\n", strlen(body));

	if (*body)
		size += snprintf(request + size, sizeof(request) - (size_t)size,
			"Content-Type: text/xml\r\nSOAPAction:\r\n");
	if (*bed.cookie && !bed.has_no_cookies)
		size += snprintf(request + size, sizeof(request) - (size_t)size, "Cookie: %s\r\n",
			bed.cookie);
	if (bed.authorization)
		size += snprintf(request + size, sizeof(request) - (size_t)size,
			"Authorization: %s\r\n", bed.authorization);
	size += snprintf(request + size, sizeof(request) - (size_t)size, "\r\n%s", body);
	assert_in_range(size, 1, sizeof(request) - 1);
	bed_send_octets(request);
}

static void
note_cookie(void)
{
	const char *set = strstr(bed.head, "\r\nSet-Cookie: ");

	if (!set)
		return;
	set += strlen("\r\nSet-Cookie: ");
	(void)snprintf(bed.cookie, sizeof(bed.cookie), "%.*s", (int)strcspn(set, ";\r"), set);
	if (strcmp(bed.cookie, "session=") == 0)
		bed.cookie[0] = '\0';
}

/* The size of the answer at the front, its head and body in the bed; 0: it is not whole. */
static size_t
take_answer(struct sb_bytes in)
{
	const char *text = (const char *)in.data;
	const char *end = in.size ? memmem(text, in.size, "\r\n\r\n", 4) : NULL;
	const char *length;
	size_t size;

	if (!end)
		return 0;
	(void)snprintf(bed.head, sizeof(bed.head), "%.*s", (int)(end - text + 2), text);
	length = strstr(bed.head, "\r\nContent-Length: ");
	size = length ? (size_t)atoi(length + strlen("\r\nContent-Length: ")) : 0;
	if ((size_t)(end + 4 - text) + size > in.size)
		return 0;
	(void)snprintf(bed.body, sizeof(bed.body), "%.*s", (int)size, end + 4);
	return (size_t)(end + 4 - text) + size;
}

bool
bed_take(struct sim_peer *peer)
{
	size_t size = take_answer(sim_received(peer));

	bed.status = 0;
	if (!size)
		return false;
	sim_consume(peer, size);
	bed.status = (unsigned)atoi(bed.head + strlen("HTTP/1.1 "));
	note_cookie();
	return true;
}

void
bed_post(const char *body)
{
	bed_send(body);
	bed_turn();
	(void)bed_take(bed.peer);
}

/* ---- envelopes ---- */

/* Several at once, for tests that hold two. */
static char *
room(void)
{
	static char rooms[4][16384];
	static unsigned next;

	return rooms[next++ % 4];
}

const char *
bed_envelope(const char *id, const char *body)
{
	char *out = room(), header[256] = "";

	if (id)
		(void)snprintf(header, sizeof(header),
			"<soap:Header><cwmp:ID soap:mustUnderstand=\"1\">%s</cwmp:ID>"
			"</soap:Header>",
			id);
	(void)snprintf(out, 16384,
		"<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" "
		"xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\" "
		"xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
		"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
		"xmlns:cwmp=\"urn:dslforum-org:cwmp-1-0\">%s<soap:Body>%s</soap:Body>"
		"</soap:Envelope>",
		header, body);
	return out;
}

const char *
bed_inform_of(const char *id, const char *serial)
{
	char body[2048];

	(void)snprintf(body, sizeof(body),
		"<cwmp:Inform><DeviceId><Manufacturer>M</Manufacturer><OUI>00259E</OUI>"
		"<ProductClass>C</ProductClass><SerialNumber>%s</SerialNumber></DeviceId>"
		"<Event soapenc:arrayType=\"cwmp:EventStruct[1]\"><EventStruct>"
		"<EventCode>2 PERIODIC</EventCode><CommandKey></CommandKey></EventStruct></Event>"
		"<MaxEnvelopes>1</MaxEnvelopes><CurrentTime>2026-01-01T00:00:00Z</CurrentTime>"
		"<RetryCount>0</RetryCount>"
		"<ParameterList soapenc:arrayType=\"cwmp:ParameterValueStruct[1]\">"
		"<ParameterValueStruct><Name>Device.DeviceInfo.SoftwareVersion</Name>"
		"<Value xsi:type=\"xsd:string\">1.0</Value></ParameterValueStruct>"
		"</ParameterList></cwmp:Inform>",
		serial);
	return bed_envelope(id, body);
}

const char *
bed_fault(const char *id, unsigned code)
{
	char body[1024];

	(void)snprintf(body, sizeof(body),
		"<soap:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring>"
		"<detail><cwmp:Fault><FaultCode>%u</FaultCode><FaultString>no</FaultString>"
		"</cwmp:Fault></detail></soap:Fault>",
		code);
	return bed_envelope(id, body);
}

const char *
bed_id(void)
{
	char *out = room();
	const char *at = strstr(bed.body, "<cwmp:ID ");

	assert_non_null(at);
	at = strchr(at, '>') + 1;
	(void)snprintf(out, 64, "%.*s", (int)strcspn(at, "<"), at);
	return out;
}

const char *
bed_values(const char *id)
{
	return bed_envelope(id, "<cwmp:GetParameterValuesResponse>"
				"<ParameterList soapenc:arrayType=\"cwmp:ParameterValueStruct[1]\">"
				"<ParameterValueStruct><Name>Device.A</Name>"
				"<Value xsi:type=\"xsd:string\">a</Value></ParameterValueStruct>"
				"</ParameterList></cwmp:GetParameterValuesResponse>");
}

const char *
bed_done(const char *id)
{
	return bed_envelope(id, "<cwmp:RebootResponse></cwmp:RebootResponse>");
}

void
bed_begin(void)
{
	bed_post(bed_inform("1"));
	bed_expect_status(200);
	bed_post("");
}

/* ---- what is expected ---- */

void
bed_expect_status_at(unsigned status, const char *file, int line)
{
	if (bed.status == status)
		return;
	print_error("status %u, not %u, with:\n%s\n%s\ntrace: %s\n", bed.status, status, bed.head,
		bed.body, bed.trace);
	_fail(file, line);
}

void
bed_expect_body_at(const char *part, const char *file, int line)
{
	if (strstr(bed.body, part))
		return;
	print_error("no %s in:\n%s\n", part, bed.body);
	_fail(file, line);
}

void
bed_expect_nothing_at(const char *file, int line)
{
	bed_turn();
	if (!bed_take(bed.peer))
		return;
	print_error("an answer: %s\n%s\n", bed.head, bed.body);
	_fail(file, line);
}

void
bed_expect_trace_at(const char *trace, const char *file, int line)
{
	if (strcmp(bed.trace, trace) != 0) {
		print_error("was told: %s\nexpected: %s\n", bed.trace, trace);
		_fail(file, line);
	}
	bed.trace[0] = '\0';
}
