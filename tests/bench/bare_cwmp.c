/*
 * bare-cwmp: the least an ACS can do. llhttp finds the requests, libxml2's SAX2 push parser
 * reads the envelopes; an Inform is answered, an empty POST gets 204, or, with
 * --parameters N, first a GetParameterValues of N names. The session is its connection:
 * no authentication, no registry, no timers, no logs.
 */
#include "tests/bench/bare_server.h"
#include "tests/bench/bare_soap.h"

#include <llhttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWERS_BYTES = 512 * 1024, NAME_BYTES = 128, ROOM_FOR_HEAD = 1024 };

#define ENVELOPE                                                                \
	"<SOAP-ENV:Envelope"                                                    \
	" xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\""         \
	" xmlns:SOAP-ENC=\"http://schemas.xmlsoap.org/soap/encoding/\""         \
	" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""                       \
	" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""              \
	" xmlns:cwmp=\"urn:dslforum-org:cwmp-1-2\"><SOAP-ENV:Header>"           \
	"<cwmp:ID SOAP-ENV:mustUnderstand=\"1\">%s</cwmp:ID></SOAP-ENV:Header>" \
	"<SOAP-ENV:Body>"
#define ENVELOPE_END "</SOAP-ENV:Body></SOAP-ENV:Envelope>"

struct session {
	llhttp_t http;
	bool has_begun;
	bool has_asked;         /* for the parameters, in this session */
	struct bare_soap *soap; /* the envelope that is coming */
};

static llhttp_settings_t settings;
static struct bare_soap *idle;
static size_t asked_for; /* parameters; 0: none */
static char *question;   /* the GetParameterValues, as it is sent */
static size_t question_size;
static char answers[ANSWERS_BYTES];
static size_t answers_size;

static void
answer(const char *octets, size_t size)
{
	if (size > sizeof(answers) - answers_size)
		return;
	memcpy(answers + answers_size, octets, size);
	answers_size += size;
}

static void
answer_inform(const struct bare_soap *inform)
{
	char body[ROOM_FOR_HEAD], head[ROOM_FOR_HEAD];
	int size = snprintf(body, sizeof(body),
		ENVELOPE "<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></"
			 "cwmp:InformResponse>" ENVELOPE_END,
		inform->id);
	int head_size = snprintf(head, sizeof(head),
		"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n"
		"Set-Cookie: session=0000000000000000000000; Path=/\r\nContent-Length: %d\r\n\r\n",
		size);

	answer(head, (size_t)head_size);
	answer(body, (size_t)size);
}

static void
answer_nothing(void)
{
	static const char text[] = "HTTP/1.1 204 No Content\r\n\r\n";

	answer(text, sizeof(text) - 1);
}

static int
on_body(llhttp_t *http, const char *data, size_t size)
{
	struct session *s = http->data;

	if (!s->soap) {
		s->soap = idle ? idle : bare_soap_new();
		if (!s->soap)
			return -1;
		idle = s->soap->next;
		bare_soap_begin(s->soap);
	}
	bare_soap_push(s->soap, data, size);
	return 0;
}

static int
serve_envelope(struct session *s, const struct bare_soap *soap)
{
	if (!soap->is_whole)
		return -1;
	if (strcmp(soap->method, "Inform") == 0) {
		s->has_asked = false;
		answer_inform(soap);
		return 0;
	}
	if (soap->parameter_count != asked_for)
		return -1;
	answer_nothing();
	return 0;
}

static int
on_complete(llhttp_t *http)
{
	struct session *s = http->data;
	struct bare_soap *soap = s->soap;
	int err;

	if (soap) {
		bare_soap_end(soap);
		err = serve_envelope(s, soap);
		soap->next = idle;
		idle = soap;
		s->soap = NULL;
		return err;
	}
	if (!asked_for || s->has_asked) {
		answer_nothing();
		return 0;
	}
	s->has_asked = true;
	answer(question, question_size);
	return 0;
}

static struct bare_served
serve(void *state, uint8_t *octets, size_t size)
{
	struct session *s = state;

	if (!s->has_begun) {
		llhttp_init(&s->http, HTTP_REQUEST, &settings);
		s->http.data = s;
		s->has_begun = true;
	}
	answers_size = 0;
	if (llhttp_execute(&s->http, (const char *)octets, size) != HPE_OK)
		return (struct bare_served){.used = size, .close = true};
	return (struct bare_served){
		.used = size, .answer = answers_size, .from = (const uint8_t *)answers};
}

static void
closed(void *state)
{
	struct session *s = state;

	bare_soap_free(s->soap);
}

/* The names are those that cwmp-load answers with. */
static int
prepare_question(size_t count)
{
	size_t room = ROOM_FOR_HEAD * 2 + count * NAME_BYTES;
	char *body = malloc(room);
	int size;

	question = malloc(room + ROOM_FOR_HEAD);
	if (!body || !question) {
		free(body);
		return -1;
	}
	size = snprintf(body, room,
		ENVELOPE "<cwmp:GetParameterValues>"
			 "<ParameterNames SOAP-ENC:arrayType=\"xsd:string[%zu]\">",
		"1", count);
	for (size_t i = 0; i < count; i++)
		size += snprintf(body + size, room - (size_t)size,
			"<string>Device.WiFi.AccessPoint.%zu.AssociatedDevice.1.SignalStrength"
			"</string>",
			i + 1);
	size += snprintf(body + size, room - (size_t)size,
		"</ParameterNames></cwmp:GetParameterValues>" ENVELOPE_END);
	question_size = (size_t)snprintf(question, room + ROOM_FOR_HEAD,
		"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n"
		"Content-Length: %d\r\n\r\n%s",
		size, body);
	free(body);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct bare_service service = {
		.state_size = sizeof(struct session), .serve = serve, .closed = closed};
	int status;

	if (argc > 2 && strcmp(argv[1], "--parameters") == 0) {
		asked_for = strtoul(argv[2], NULL, 10);
		argv[2] = argv[0];
		argc -= 2;
		argv += 2;
	}
	llhttp_settings_init(&settings);
	settings.on_body = on_body;
	settings.on_message_complete = on_complete;
	if (asked_for && prepare_question(asked_for) < 0)
		return 1;
	status = bare_server_main(argc, argv, "bare-cwmp", &service);
	free(question);
	while (idle) {
		struct bare_soap *next = idle->next;

		bare_soap_free(idle);
		idle = next;
	}
	return status;
}
