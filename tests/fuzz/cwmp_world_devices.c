/* The devices of the world, and their lines: what they post, and that what they hear is right. */
#include "tests/fuzz/cwmp_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what devices hear ---- */

struct answer {
	unsigned status;
	const char *head;
	struct sb_bytes body;
};

/* The size of the answer at the front; 0: it is not whole. */
static size_t
read_answer(struct sb_bytes in, char head[TEXT], struct answer *answer)
{
	const char *text = (const char *)in.data;
	const char *end = in.size ? memmem(text, in.size, "\r\n\r\n", 4) : NULL;
	const char *length;
	size_t size;

	if (!end)
		return 0;
	HOLDS(end - text + 2 < TEXT);
	snprintf(head, TEXT, "%.*s", (int)(end - text + 2), text);
	length = strstr(head, "\r\nContent-Length: ");
	size = length ? (size_t)atoi(length + strlen("\r\nContent-Length: ")) : 0;
	if ((size_t)(end + 4 - text) + size > in.size)
		return 0;
	answer->head = head;
	answer->status = (unsigned)atoi(head + strlen("HTTP/1.1 "));
	answer->body = sb_bytes((const uint8_t *)end + 4, size);
	return (size_t)(end + 4 - text) + size;
}

/* Whoever posted on this line: devices share them as behind a proxy, and know by their cookies. */
static void
note_cookie(struct world *w, unsigned status, const char *head)
{
	const char *set = strstr(head, "\r\nSet-Cookie: session=");

	if (!set)
		return;
	set += strlen("\r\nSet-Cookie: ");
	snprintf(w->device->cookie, sizeof(w->device->cookie), "%.*s", (int)strcspn(set, ";"), set);
	if (strcmp(w->device->cookie, "session=") != 0)
		return;
	/* Only who broke the protocol has it end otherwise. */
	HOLDS(!w->device->is_held || status != 204 || w->is_rough);
	w->device->is_held = false;
}

static void
hear_call(struct world *w, const struct post *post, const struct cwmp_message *message)
{
	unsigned number;

	HOLDS(post->may_be_called || w->is_rough);
	HOLDS(message->header.id);
	snprintf(w->device->id, sizeof(w->device->id), "%s", message->header.id);
	w->device->asked[0] = '\0';
	if (message->method == CWMP_GET_RPC_METHODS)
		return;
	HOLDS(message->method == CWMP_GET_PARAMETER_VALUES);
	HOLDS(message->body.get_parameter_values.parameter_names.count == 1);
	snprintf(w->device->asked, sizeof(w->device->asked), "%s",
		message->body.get_parameter_values.parameter_names.each[0]);
	number = (unsigned)atoi(w->device->asked + 1);
	HOLDS(number < w->calls);
	if (w->is_rough)
		return;
	HOLDS(w->called[number].ended == 0 || w->called[number].ended == w->turn);
	HOLDS(w->sessions[w->called[number].session].device == w->device->number);
}

static void
hear_envelope(struct world *w, const struct post *post, struct sb_bytes body)
{
	struct cwmp_envelope *envelope;
	const struct cwmp_message *message;

	HOLDS(cwmp_decode(w->decoder, body, &envelope) == 0);
	HOLDS(envelope->repairs == 0 && envelope->defects == 0);
	message = &envelope->message;
	if (message->header.has_hold_requests)
		w->device->is_held = message->header.hold_requests;
	if (message->kind == CWMP_REQUEST)
		hear_call(w, post, message);
	else if (message->kind == CWMP_RESPONSE && !w->is_rough)
		HOLDS(!post->may_be_called && strcmp(message->header.id, post->id) == 0);
	cwmp_envelope_free(envelope);
}

static void
hear(struct world *w, struct peer *peer)
{
	char head[TEXT];
	struct answer answer;
	size_t size;

	if (peer->is_raw)
		sim_consume(peer->line, sim_received(peer->line).size);
	while ((size = read_answer(sim_received(peer->line), head, &answer)) != 0) {
		HOLDS(peer->count > 0);
		w->good_status = answer.status;
		note_cookie(w, answer.status, answer.head);
		if (answer.body.size)
			hear_envelope(w, &peer->posts[0], answer.body);
		memmove(peer->posts, peer->posts + 1, --peer->count * sizeof(*peer->posts));
		sim_consume(peer->line, size);
	}
}

void
cwmp_world_turn(struct world *w, uint64_t ns)
{
	w->turn++;
	sim_run_for(w->sim, ns);
	for (size_t i = 0; i < PEERS; i++)
		if (w->peers[i].line)
			hear(w, &w->peers[i]);
}

/* ---- what devices do ---- */

void
cwmp_world_connect(struct world *w)
{
	*w->peer = (struct peer){.line = sim_connect(w->sim, 7547)};
	cwmp_world_turn(w, 1000);
}

void
cwmp_world_post_octets(struct world *w, struct post post, struct sb_bytes body)
{
	struct peer *peer = w->peer;
	char head[256], cookie[80] = "";
	size_t size, whole;

	if (sim_has_ended(peer->line) || sim_was_reset(peer->line) || peer->count == POSTS)
		cwmp_world_connect(w);
	if (w->has_cookie && *w->device->cookie)
		snprintf(cookie, sizeof(cookie), "Cookie: %s\r\n", w->device->cookie);
	else /* It passes for whoever was on this line before. */
		w->is_rough |= strcmp(post.id, INFORM_ID) != 0;
	size = (size_t)snprintf(head, sizeof(head),
		"POST / HTTP/1.1\r\nHost: acs\r\n%sContent-Length: %zu\r\n\r\n", cookie, body.size);
	whole = w->is_cut ? body.size / 2 : body.size;
	sim_send(peer->line, head, size);
	sim_send(peer->line, body.data, whole);
	peer->posts[peer->count++] = post;
	peer->is_raw |= w->is_cut;
	if (w->has_pause)
		cwmp_world_turn(w, 1000);
	w->is_cut = false;
	w->has_pause = true;
}

void
cwmp_world_post(struct world *w, const char *id, const char *body)
{
	struct post post = {
		.may_be_called = !*body || strstr(body, "Response") || strstr(body, "e:Fault>")};
	char header[80] = "", *last = w->device->last;

	if (!post.may_be_called)
		snprintf(post.id, sizeof(post.id), "%s", id);
	if (*id)
		snprintf(header, sizeof(header), "<cwmp:ID>%s</cwmp:ID>", id);
	snprintf(last, TEXT,
		"<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" "
		"xmlns:cwmp=\"urn:dslforum-org:cwmp-1-0\"><e:Header>%s</e:Header><e:Body>"
		"%s</e:Body></e:Envelope>",
		header, body);
	if (!*body)
		*last = '\0';
	cwmp_world_post_octets(w, post, sb_bytes_text(last));
}

void
cwmp_world_post_answer(struct world *w, const char *id)
{
	const char *asked = w->device->asked;
	char body[TEXT / 2];

	if (*asked)
		snprintf(body, sizeof(body),
			"<cwmp:GetParameterValuesResponse><ParameterList><ParameterValueStruct>"
			"<Name>%s</Name><Value>1</Value></ParameterValueStruct></ParameterList>"
			"</cwmp:GetParameterValuesResponse>",
			asked);
	else
		snprintf(body, sizeof(body),
			"<cwmp:GetRPCMethodsResponse><MethodList/></cwmp:GetRPCMethodsResponse>");
	cwmp_world_post(w, id, body);
}

void
cwmp_world_post_inform(struct world *w)
{
	char body[256];

	w->device->is_held = false;
	snprintf(body, sizeof(body),
		"<cwmp:Inform><DeviceId><OUI>00259E</OUI><SerialNumber>%u</SerialNumber>"
		"</DeviceId></cwmp:Inform>",
		w->device->number);
	cwmp_world_post(w, INFORM_ID, body);
}
