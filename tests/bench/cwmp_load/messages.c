#include "core/error.h"
#include "tests/bench/cwmp_load/cwmp_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEAD_ROOM = 1024,
	PARAMETER_ROOM = 320,
	INFORM_ROOM = 4096,
	SERIAL_DIGITS = 12,
	CHANGING_DIGITS = 10
};

#define ENVELOPE                                                        \
	"<SOAP-ENV:Envelope"                                            \
	" xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\"" \
	" xmlns:SOAP-ENC=\"http://schemas.xmlsoap.org/soap/encoding/\"" \
	" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""               \
	" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""      \
	" xmlns:cwmp=\"urn:dslforum-org:cwmp-1-2\">"                    \
	"<SOAP-ENV:Header><cwmp:ID SOAP-ENV:mustUnderstand=\"1\">"
#define AFTER_ID     "</cwmp:ID></SOAP-ENV:Header><SOAP-ENV:Body>"
#define ENVELOPE_END "</SOAP-ENV:Body></SOAP-ENV:Envelope>"
#define PARAMETER                               \
	"<ParameterValueStruct><Name>%s</Name>" \
	"<Value xsi:type=\"xsd:string\">%s</Value></ParameterValueStruct>"

static const char *const informed[][2] = {
	{"Device.DeviceInfo.HardwareVersion", "VX-230 rev. C"},
	{"Device.DeviceInfo.SoftwareVersion", "5.20.13-b0042"},
	{"Device.DeviceInfo.ProvisioningCode", "SWITCHBOARD.BENCH"},
	{"Device.RootDataModelVersion", "2.11"},
	{"Device.ManagementServer.ParameterKey", "generation-17"},
	{"Device.ManagementServer.ConnectionRequestURL", "http://127.0.0.1:7547/c0ffee"},
	{"Device.ManagementServer.AliasBasedAddressing", "false"},
	{"Device.IP.Interface.1.IPv4Address.1.IPAddress", "192.0.2.217"},
};

static size_t
put_inform(char *out, size_t room)
{
	size_t count = sizeof(informed) / sizeof(informed[0]);
	int size = snprintf(out, room,
		ENVELOPE "1" AFTER_ID "<cwmp:Inform><DeviceId><Manufacturer>Example</Manufacturer>"
			 "<OUI>001122</OUI><ProductClass>Gateway</ProductClass>"
			 "<SerialNumber>000000000000</SerialNumber></DeviceId>"
			 "<Event SOAP-ENC:arrayType=\"cwmp:EventStruct[1]\"><EventStruct>"
			 "<EventCode>2 PERIODIC</EventCode><CommandKey></CommandKey></EventStruct>"
			 "</Event><MaxEnvelopes>1</MaxEnvelopes>"
			 "<CurrentTime>2026-11-27T10:00:00Z</CurrentTime><RetryCount>0</RetryCount>"
			 "<ParameterList SOAP-ENC:arrayType=\"cwmp:ParameterValueStruct[%zu]\">",
		count);

	for (size_t i = 0; i < count; i++)
		size += snprintf(
			out + size, room - (size_t)size, PARAMETER, informed[i][0], informed[i][1]);
	size += snprintf(
		out + size, room - (size_t)size, "</ParameterList></cwmp:Inform>" ENVELOPE_END);
	return (size_t)size;
}

/* Behind the ID; about 180 octets a parameter. */
static size_t
put_response(char *out, size_t room, uint32_t parameters)
{
	int size = snprintf(out, room,
		AFTER_ID "<cwmp:GetParameterValuesResponse><ParameterList "
			 "SOAP-ENC:arrayType=\"cwmp:ParameterValueStruct[%u]\">",
		parameters);
	char name[128], value[32];

	for (uint32_t i = 0; i < parameters; i++) {
		snprintf(name, sizeof(name),
			"Device.WiFi.AccessPoint.%u.AssociatedDevice.1.SignalStrength", i + 1);
		snprintf(value, sizeof(value), "value number %010u", i * 7919);
		size += snprintf(out + size, room - (size_t)size, PARAMETER, name, value);
	}
	size += snprintf(out + size, room - (size_t)size,
		"</ParameterList></cwmp:GetParameterValuesResponse>" ENVELOPE_END);
	return (size_t)size;
}

int
messages_init(struct messages *m, uint32_t parameters)
{
	size_t room = HEAD_ROOM + (size_t)parameters * PARAMETER_ROOM;
	const char *serial, *changing;

	m->inform = malloc(INFORM_ROOM);
	m->response = malloc(room);
	if (!m->inform || !m->response)
		return SB_ENOMEM;
	m->inform_size = put_inform(m->inform, INFORM_ROOM);
	serial = strstr(m->inform, "<SerialNumber>");
	m->serial_at = (size_t)(serial - m->inform) + strlen("<SerialNumber>");
	m->response_size = put_response(m->response, room, parameters);
	changing = strstr(m->response, "value number ");
	if (changing)
		m->changing_at = (size_t)(changing - m->response) + strlen("value number ");
	return 0;
}

void
messages_fini(struct messages *m)
{
	free(m->inform);
	free(m->response);
}

size_t
messages_room(const struct messages *m)
{
	return 2 * HEAD_ROOM + INFORM_ROOM + m->response_size;
}

static size_t
put_head(struct load *load, const struct session *s, size_t body_size)
{
	const char *type =
		body_size ? "Content-Type: text/xml; charset=utf-8\r\nSOAPAction:\r\n" : "";

	return (size_t)snprintf(load->out, HEAD_ROOM,
		"POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: cwmp-load\r\n%s%s%s%s"
		"Content-Length: %zu\r\n\r\n",
		load->options.path, load->options.server_text, type,
		s->cookie_size ? "Cookie: " : "", s->cookie, s->cookie_size ? "\r\n" : "",
		body_size);
}

size_t
messages_inform(struct load *load, const struct session *s)
{
	const struct messages *m = &load->messages;
	size_t head = put_head(load, s, m->inform_size);
	char digits[SERIAL_DIGITS + 1];

	memcpy(load->out + head, m->inform, m->inform_size);
	snprintf(digits, sizeof(digits), "%012u", s->device);
	memcpy(load->out + head + m->serial_at, digits, SERIAL_DIGITS);
	return head + m->inform_size;
}

size_t
messages_empty(struct load *load, const struct session *s)
{
	return put_head(load, s, 0);
}

size_t
messages_response(struct load *load, const struct session *s)
{
	const struct messages *m = &load->messages;
	const char *id = strstr(s->body, ":ID "), *end;
	size_t size, head;

	if (!id || !strstr(s->body, ":GetParameterValues>"))
		return 0;
	id = strchr(id, '>');
	end = id ? strchr(id, '<') : NULL;
	if (!end)
		return 0;
	size = (size_t)(end - id - 1);
	head = put_head(load, s, sizeof(ENVELOPE) - 1 + size + m->response_size);
	memcpy(load->out + head, ENVELOPE, sizeof(ENVELOPE) - 1);
	head += sizeof(ENVELOPE) - 1;
	memcpy(load->out + head, id + 1, size);
	memcpy(load->out + head + size, m->response, m->response_size);
	if (m->changing_at) {
		char digits[CHANGING_DIGITS + 1];

		snprintf(digits, sizeof(digits), "%010u", (uint32_t)load->run.sent);
		memcpy(load->out + head + size + m->changing_at, digits, CHANGING_DIGITS);
	}
	return head + size + m->response_size;
}
