#include "daemons/cwmp-sim/request.h"
#include "core/error.h"
#include "protocols/http/auth.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

enum { HEAD_ROOM = 8192, AUTHORIZATION_ROOM = 4096, CHUNK = 4096, GZIP = 15 + 16 };

/* A head under way; what does not fit is seen in its size. */
struct head {
	size_t size;
	char octets[HEAD_ROOM];
};

__attribute__((format(printf, 2, 3))) static void
put(struct head *head, const char *format, ...)
{
	size_t room = head->size < HEAD_ROOM ? HEAD_ROOM - head->size : 0;
	va_list arguments;

	va_start(arguments, format);
	head->size +=
		(size_t)vsnprintf(room ? head->octets + head->size : NULL, room, format, arguments);
	va_end(arguments);
}

static int
answer_challenge(struct client *client, struct sb_session *s, char *out, size_t room)
{
	struct http_auth_request request = {.username = client->username,
		.password = client->password,
		.method = client->request.method,
		.uri = client->url.target,
		.count = ++client->nonce_count};
	uint8_t random[8];
	char cnonce[2 * sizeof(random) + 1];

	sb_random(s, random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(cnonce + 2 * i, 3, "%02x", random[i]);
	request.cnonce = cnonce;
	return http_auth_answer(client->challenge, &request, out, room);
}

static int
put_authorization(struct client *client, struct sb_session *s, struct head *head)
{
	char value[AUTHORIZATION_ROOM];
	int err;

	if (!client->username || (!client->challenge && !client->settings->is_basic))
		return 0;
	err = client->challenge ? answer_challenge(client, s, value, sizeof(value)) : SB_ENOTSUP;
	/* What offers no Digest that we can is content with Basic. */
	if (err == SB_ENOTSUP)
		err = http_auth_basic(client->username, client->password, value, sizeof(value));
	if (!err)
		put(head, "Authorization: %s\r\n", value);
	return err;
}

static void
put_body_fields(const struct client *client, struct head *head)
{
	const struct client_request *r = &client->request;

	if (r->is_soap)
		put(head, "SOAPAction:\r\n");
	if (r->type)
		put(head, "Content-Type: %s\r\n", r->type);
	if (r->type && client->settings->compresses)
		put(head, "Content-Encoding: gzip\r\n");
	if (r->type && client->settings->is_chunked)
		put(head, "Transfer-Encoding: chunked\r\n");
	else if (strcmp(r->method, "GET") != 0)
		put(head, "Content-Length: %zu\r\n", r->size);
}

static int
put_head(struct client *client, struct sb_session *s, struct head *head)
{
	const struct url *url = &client->url;
	bool is_v6 = strchr(url->host, ':') != NULL;
	int err;

	put(head, "%s %s HTTP/1.1\r\nHost: %s%s%s:%u\r\nUser-Agent: cwmp-sim\r\n",
		client->request.method, url->target, is_v6 ? "[" : "", url->host, is_v6 ? "]" : "",
		url->port);
	put_body_fields(client, head);
	if (client->settings->compresses)
		put(head, "Accept-Encoding: gzip\r\n");
	if (client->settings->closes)
		put(head, "Connection: close\r\n");
	if (client->cookies)
		put(head, "Cookie: %s\r\n", client->cookies);
	err = put_authorization(client, s, head);
	put(head, "\r\n");
	return err || head->size < HEAD_ROOM ? err : SB_ELIMIT;
}

static int
write_chunks(struct sb_session *s, const uint8_t *data, size_t size)
{
	char line[24];
	int err = 0;

	while (!err && size) {
		size_t part = size < CHUNK ? size : CHUNK;
		int length = snprintf(line, sizeof(line), "%zx\r\n", part);

		err = sb_write(s, line, (size_t)length);
		if (!err)
			err = sb_write(s, data, part);
		if (!err)
			err = sb_write(s, "\r\n", 2);
		data += part;
		size -= part;
	}
	return err ? err : sb_write(s, "0\r\n\r\n", 5);
}

int
request_write(struct client *client, struct sb_session *s)
{
	const struct client_request *r = &client->request;
	struct head head = {0};
	int err = put_head(client, s, &head);

	if (!err)
		err = sb_write(s, head.octets, head.size);
	if (err || !r->type)
		return err;
	if (client->settings->is_chunked)
		return write_chunks(s, r->body, r->size);
	return r->size ? sb_write(s, r->body, r->size) : 0;
}

int
request_compress(struct client_request *request)
{
	z_stream z = {.next_in = request->body, .avail_in = (uInt)request->size};
	uLong room;
	uint8_t *out;
	int err;

	if (!request->type)
		return 0;
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY) !=
		Z_OK)
		return SB_ENOMEM;
	room = deflateBound(&z, request->size);
	out = malloc(room);
	z.next_out = out;
	z.avail_out = (uInt)room;
	err = out ? deflate(&z, Z_FINISH) : Z_MEM_ERROR;
	deflateEnd(&z);
	if (err != Z_STREAM_END) {
		free(out);
		return SB_ENOMEM;
	}
	free(request->body);
	request->body = out;
	request->size = z.total_out;
	return 0;
}
