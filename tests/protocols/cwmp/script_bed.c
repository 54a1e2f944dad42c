#include "tests/protocols/cwmp/script_bed.h"

#include "core/error.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "protocols/cwmp/decode.h"
#include "protocols/cwmp/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define MSG_ANSWER 1
#define MSG_END    2

static struct bed *open_bed;

/* What a session of protocols/cwmp is to scripts. */
struct cwmp_session {
	struct bed *bed;
	struct sb_session *core;
	struct sb_address address;
	unsigned number;
	struct cwmp_envelope *inform;
	struct cwmp_dialect dialect;
	struct cwmp_script *script;
	struct cwmp_done done; /* of the call under way */
	enum cwmp_method method;
	const char *answer;
	struct sb_timer timer;
	bool is_finished;
};

/* ---- service.h, as far as scripts need it ---- */

struct sb_session *
cwmp_core(const struct cwmp_session *c)
{
	return c->core;
}

void *
cwmp_state(const struct cwmp_session *c)
{
	return (void *)&c->script;
}

const void *
cwmp_args(const struct cwmp_session *c)
{
	return c->bed->scripts;
}

const struct cwmp_inform *
cwmp_inform(const struct cwmp_session *c)
{
	return &c->inform->message.body.inform;
}

const char *
cwmp_device(const struct cwmp_session *c)
{
	(void)c;
	return "00D09E-Gateway-1";
}

enum cwmp_version
cwmp_version(const struct cwmp_session *c)
{
	return c->dialect.version;
}

struct cwmp_dialect *
cwmp_dialect(struct cwmp_session *c)
{
	return &c->dialect;
}

const char *
cwmp_username(const struct cwmp_session *c)
{
	(void)c;
	return "";
}

const char *
cwmp_address(const struct cwmp_session *c)
{
	(void)c;
	return "192.0.2.1:40000";
}

void
cwmp_finish(struct cwmp_session *c)
{
	c->is_finished = true;
	stand_tell(c->bed->trace, "finish");
}

/* ---- the device ---- */

static struct cwmp_envelope *
decoded(struct bed *bed, const char *body)
{
	static const char head[] =
		"<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" "
		"xmlns:enc=\"http://schemas.xmlsoap.org/soap/encoding/\" "
		"xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
		"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
		"xmlns:cwmp=\"urn:dslforum-org:cwmp-1-0\"><e:Body>",
			  tail[] = "</e:Body></e:Envelope>";
	size_t size = sizeof(head) + sizeof(tail) + strlen(body);
	char *text = malloc(size);
	struct cwmp_decoder *decoder = NULL;
	struct cwmp_envelope *envelope = NULL;

	assert_non_null(text);
	snprintf(text, size, "%s%s%s", head, body, tail);
	/* Not from the node's environment: that memory is what tests count and take away. */
	(void)bed;
	decoder = cwmp_decoder_new(sb_env_system(), NULL);
	assert_non_null(decoder);
	assert_int_equal(cwmp_decode(decoder, sb_bytes_text(text), &envelope), 0);
	cwmp_decoder_free(decoder);
	free(text);
	return envelope;
}

static int
status_of(const struct cwmp_session *c, const struct cwmp_message *message)
{
	if (message->kind == CWMP_FAULT)
		return SB_EREMOTE;
	return message->method == c->method ? 0 : SB_EPROTO;
}

static void
give(struct cwmp_session *c, const char *body)
{
	struct cwmp_done done = c->done;
	struct cwmp_outcome outcome = {.status = SB_ENOENT};
	struct cwmp_envelope *envelope = *body ? decoded(c->bed, body) : NULL;

	c->done.function = NULL;
	if (envelope) {
		outcome.envelope = envelope;
		outcome.status = status_of(c, &envelope->message);
	}
	if (outcome.status == SB_EPROTO) {
		cwmp_envelope_free(envelope);
		outcome.envelope = envelope = NULL;
	}
	done.function(c, &outcome, done.context);
	cwmp_envelope_free(envelope);
}

static struct cwmp_session *
session_of(struct sb_session *s)
{
	return sb_state(s);
}

static void
give_next(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	give(session_of(s), session_of(s)->answer);
}

/* What stands in the Body, without the prefix of its elements; what cwmp_call says. */
static int
tell_call(struct bed *bed, enum cwmp_method method, const union cwmp_body *body)
{
	static char octets[1 << 20];
	struct cwmp_message message = {.kind = CWMP_REQUEST, .method = method};
	struct cwmp_dialect dialect;
	ssize_t size = 0;
	char *begin = NULL, *end = NULL;

	if (body)
		message.body = *body;
	cwmp_dialect_init(&dialect, CWMP_1_0);
	size = cwmp_encode(&message, &dialect, octets, sizeof(octets) - 1);
	if (size < 0 || (size_t)size >= sizeof(octets))
		return size < 0 ? (int)size : SB_ELIMIT;
	octets[size] = '\0';
	begin = strstr(octets, "Body>");
	assert_non_null(begin);
	end = strstr(begin, "</SOAP-ENV:Body>");
	assert_non_null(end);
	*end = '\0';
	if (strlen(begin) < 2000)
		stand_tell(bed->trace, "%s", begin + strlen("Body>"));
	else
		stand_tell(bed->trace, "a long request");
	return 0;
}

int
cwmp_call(struct cwmp_session *c, enum cwmp_method method, const union cwmp_body *body,
	struct cwmp_done done)
{
	struct bed *bed = c->bed;
	int err = 0;

	assert_null(c->done.function);
	if (c->is_finished)
		return SB_GONE;
	err = tell_call(bed, method, body);
	if (err)
		return err;
	c->done = done;
	c->method = method;
	if (bed->answered < bed->answer_count) {
		c->answer = bed->answers[bed->answered++];
		sb_timer_start(c->core, &c->timer, 0, give_next);
	}
	return 0;
}

/* ---- the session ---- */

struct begin {
	struct bed *bed;
	const char *name;
};

static void
on_done(struct cwmp_session *c, const struct cwmp_script_end *end, void *context)
{
	struct bed *bed = c->bed;

	assert_ptr_equal(context, bed);
	c->script = NULL;
	bed->end = *end;
	snprintf(bed->end_text, sizeof(bed->end_text), "%s", end->text);
	snprintf(bed->end_trace, sizeof(bed->end_trace), "%s", end->trace);
	bed->end.script = bed->end.text = bed->end.trace = NULL;
	stand_tell(bed->trace, "done %s", end->status ? sb_error_name(end->status) : "0");
}

static int
session_start(struct sb_session *s, const void *args)
{
	const struct begin *begin = args;
	struct bed *bed = begin->bed;
	struct cwmp_session *c = session_of(s);
	int err = 0;

	c->bed = bed;
	c->core = s;
	c->address = sb_self(s);
	c->number = bed->session_count;
	c->inform = decoded(bed, bed->inform);
	cwmp_dialect_init(&c->dialect, bed->version);
	assert_true(bed->session_count < BED_SESSIONS);
	bed->sessions[bed->session_count++] = c;
	err = cwmp_script_start(
		&c->script, c, bed->scripts, begin->name, (struct cwmp_script_done){on_done, bed});
	if (err)
		stand_tell(bed->trace, "not started %s", sb_error_name(err));
	return 0;
}

static void
session_message(struct sb_session *s, struct sb_message *m)
{
	struct cwmp_session *c = session_of(s);
	const char *body = NULL;

	if (m->type == MSG_END) {
		sb_close(s, SB_END_LOCAL);
		return;
	}
	memcpy(&body, m->data, sizeof(body));
	assert_non_null(c->done.function);
	give(c, body);
}

static void
session_closed(struct sb_session *s, enum sb_end why)
{
	struct cwmp_session *c = session_of(s);
	struct cwmp_done done = c->done;
	const struct cwmp_outcome gone = {.status = SB_GONE};

	(void)why;
	c->done.function = NULL;
	if (done.function)
		done.function(c, &gone, done.context);
	cwmp_script_stop(c->script);
	cwmp_envelope_free(c->inform);
	c->bed->sessions[c->number] = NULL;
}

static const struct sb_module module = {
	.abi = SB_MODULE_ABI,
	.name = "cwmp.bed",
	.state_size = sizeof(struct cwmp_session),
	.start = session_start,
	.message = session_message,
	.closed = session_closed,
};

static const char our_inform[] =
	"<cwmp:Inform><DeviceId><Manufacturer>Acme</Manufacturer><OUI>00D09E</OUI>"
	"<ProductClass>Gateway</ProductClass><SerialNumber>1</SerialNumber></DeviceId>"
	"<Event enc:arrayType=\"cwmp:EventStruct[2]\">"
	"<EventStruct><EventCode>1 BOOT</EventCode><CommandKey></CommandKey></EventStruct>"
	"<EventStruct><EventCode>M Reboot</EventCode><CommandKey>k1</CommandKey></EventStruct>"
	"</Event><MaxEnvelopes>1</MaxEnvelopes><CurrentTime>2026-11-27T10:00:00Z</CurrentTime>"
	"<RetryCount>3</RetryCount>"
	"<ParameterList enc:arrayType=\"cwmp:ParameterValueStruct[2]\"><ParameterValueStruct>"
	"<Name>Device.DeviceInfo.SoftwareVersion</Name><Value xsi:type=\"xsd:string\">2.0</Value>"
	"</ParameterValueStruct><ParameterValueStruct><Name>Device.DeviceInfo.UpTime</Name>"
	"<Value xsi:type=\"xsd:unsignedInt\">77</Value></ParameterValueStruct></ParameterList>"
	"</cwmp:Inform>";

struct cwmp_session *
bed_begin(struct bed *bed, const char *name)
{
	const struct begin begin = {bed, name};
	const struct sb_child_spec spec = {.module = &module,
		.args = &begin,
		.args_size = sizeof(begin),
		.restart = SB_TEMPORARY};
	unsigned before = bed->session_count;
	int err = sb_node_start_child(bed->node, &spec);

	assert_true(!err || bed->lacks_memory);
	bed_turn(bed);
	return bed->session_count > before ? bed->sessions[before] : NULL;
}

struct cwmp_session *
bed_run(struct bed *bed, const char *text)
{
	bed_load(bed, text);
	return bed_begin(bed, "test");
}

void
bed_will_answer(struct bed *bed, const char *body)
{
	assert_true(bed->answer_count < BED_ANSWERS);
	bed->answers[bed->answer_count++] = body;
}

static void
post(struct bed *bed, const struct cwmp_session *c, uint32_t type, const char *body)
{
	struct sb_payload payload = {.data = &body, .size = sizeof(body)};

	assert_int_equal(sb_node_post(bed->node, c->address, type, 0, payload), 0);
	bed_turn(bed);
}

void
bed_answer(struct bed *bed, struct cwmp_session *c, const char *body)
{
	post(bed, c, MSG_ANSWER, body);
}

void
bed_end(struct bed *bed, struct cwmp_session *c)
{
	post(bed, c, MSG_END, NULL);
}

/* ---- the bed ---- */

void
bed_turn(struct bed *bed)
{
	sim_run_for(bed->sim, 1000000);
}

static struct sb_log *
log_to_memory(int *fd)
{
	struct sb_log_options options = {.level = SB_LOG_DEBUG};

	*fd = memfd_create("log", 0);
	options.fd = *fd;
	options.limit_burst = 10000;
	return sb_log_new(&options);
}

bool
bed_logged(struct bed *bed, const char *part)
{
	static char text[1 << 20];
	ssize_t size = pread(bed->log_fd, text, sizeof(text) - 1, 0);

	text[size > 0 ? size : 0] = '\0';
	return strstr(text, part) != NULL;
}

void
bed_open(struct bed *bed, const struct cwmp_scripts_options *options)
{
	static const struct sim_options calm = {.is_calm = true};

	memset(bed, 0, sizeof(*bed));
	open_bed = bed;
	bed->inform = our_inform;
	bed->version = CWMP_1_1;
	bed->sim = sim_new(&calm);
	bed->log = log_to_memory(&bed->log_fd);
	bed->node = stand_node(bed->sim, bed->log);
	assert_int_equal(cwmp_scripts_new(&bed->scripts, bed->node, options), 0);
}

void
bed_close(struct bed *bed)
{
	sb_node_stop(bed->node);
	bed_turn(bed);
	sb_node_stop(bed->node);
	sim_run_for(bed->sim, 60000000000);
	assert_true(sb_node_is_stopped(bed->node));
	assert_int_equal(stand_counter(bed->node, "cwmp_scripts_running"), 0);
	cwmp_scripts_free(bed->scripts);
	sb_node_free(bed->node);
	sb_log_free(bed->log);
	close(bed->log_fd);
	assert_int_equal(sim_live_allocations(bed->sim), 0);
	sim_free(bed->sim);
}

int
bed_closed(void **state)
{
	(void)state;
	bed_close(open_bed);
	return 0;
}

int
bed_try_load(
	struct bed *bed, const char *name, const char *text, struct cwmp_script_mistake *mistake)
{
	const struct cwmp_script_source source = {.name = name, .text = text, .size = strlen(text)};

	return cwmp_scripts_load(bed->scripts, &source, 1, mistake);
}

void
bed_load(struct bed *bed, const char *text)
{
	struct cwmp_script_mistake mistake = {0};
	int err = bed_try_load(bed, "test", text, &mistake);

	if (err)
		fail_msg("%s: %s", sb_error_name(err), mistake.text);
}

void
bed_expect_at(struct bed *bed, const char *trace, const char *file, int line)
{
	_assert_string_equal(bed->trace, trace, file, line);
	bed->trace[0] = '\0';
}

void
bed_expect_end_at(struct bed *bed, int status, const char *part, const char *file, int line)
{
	if (!strstr(bed->end_text, part) || bed->end.status != status)
		print_message("%s: %s\n", sb_error_name(bed->end.status), bed->end_text);
	_assert_int_equal(bed->end.status, status, file, line);
	_assert_true(strstr(bed->end_text, part) != NULL, part, file, line);
	bed->end = (struct cwmp_script_end){.status = 1};
	bed->end_text[0] = '\0';
	bed->end_trace[0] = '\0';
	bed->trace[0] = '\0';
}
