#include "device_bed.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/error.h"

#include <cmocka.h>

static int
password_of(void *context, const char *username, char *out, size_t size)
{
	(void)context;
	snprintf(out, size, "secret");
	return strcmp(username, "acs") == 0 ? 0 : SB_ENOENT;
}

void
device_open(struct device *device)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t length = sizeof(at);

	*device = (struct device){.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
	device->auth = (struct http_auth){
		.scheme = HTTP_AUTH_DIGEST_MD5, .realm = "device", .password = password_of};
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	device->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(device->listener > 0);
	assert_int_equal(bind(device->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(device->listener, 16), 0);
	assert_int_equal(getsockname(device->listener, (struct sockaddr *)&at, &length), 0);
	device->port = ntohs(at.sin_port);
}

static void
hang_up(struct device_connection *c)
{
	close(c->fd);
	*c = (struct device_connection){0};
}

void
device_close(struct device *device)
{
	for (size_t i = 0; i < DEVICE_CONNECTIONS; i++)
		if (device->open[i].fd)
			hang_up(&device->open[i]);
	close(device->listener);
}

static void
take_connections(struct device *device)
{
	for (size_t i = 0; i < DEVICE_CONNECTIONS; i++) {
		struct device_connection *c = &device->open[i];
		int fd;

		if (c->fd)
			continue;
		fd = accept4(device->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		*c = (struct device_connection){.fd = fd};
		device->connections++;
	}
}

/* The value of Authorization, NULL without one. */
static const char *
authorization(char *request, char *value, size_t size)
{
	static const char name[] = "\r\nAuthorization: ";
	const char *at = strcasestr(request, name);

	if (!at)
		return NULL;
	at += sizeof(name) - 1;
	snprintf(value, size, "%.*s", (int)strcspn(at, "\r"), at);
	return value;
}

static bool
is_right(struct device *device, char *request)
{
	struct http_auth_claim who;
	char value[1024], target[512] = "";

	sscanf(request, "GET %511s", target);
	return http_auth_check(&device->auth, authorization(request, value, sizeof(value)), "GET",
		       target, 1000, &who) == HTTP_AUTH_OK;
}

static void
send_text(struct device_connection *c, const char *text)
{
	size_t size = strlen(text);

	(void)!send(c->fd, text, size, MSG_NOSIGNAL);
}

static void
challenge(struct device *device, struct device_connection *c)
{
	static const uint8_t salt[8] = "salt";
	char field[512] = "", text[1024];

	http_auth_challenge(&device->auth, 0, false, 1000, salt, field, sizeof(field));
	snprintf(text, sizeof(text),
		"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: %s\r\nContent-Length: 5\r\n\r\n"
		"hello",
		field);
	send_text(c, text);
}

static void
serve(struct device *device, struct device_connection *c)
{
	device->requests++;
	c->requests++;
	snprintf(device->last, sizeof(device->last), "%s", c->in);
	if (device->is_silent)
		return;
	if (device->cuts_second_requests && c->requests == 2) {
		hang_up(c);
		return;
	}
	if (is_right(device, c->in)) {
		device->right++;
		send_text(c, device->answer);
	} else {
		challenge(device, c);
	}
	if (device->closes_after_answers)
		hang_up(c);
}

static void
read_connection(struct device *device, struct device_connection *c)
{
	ssize_t size = recv(c->fd, c->in + c->used, sizeof(c->in) - 1 - c->used, 0);

	if (size == 0)
		hang_up(c);
	if (size <= 0)
		return;
	c->used += (size_t)size;
	c->in[c->used] = '\0';
	if (!strstr(c->in, "\r\n\r\n"))
		return;
	c->used = 0;
	serve(device, c);
}

void
device_turn(struct device *device)
{
	take_connections(device);
	for (size_t i = 0; i < DEVICE_CONNECTIONS; i++)
		if (device->open[i].fd)
			read_connection(device, &device->open[i]);
}
