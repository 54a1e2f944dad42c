/*
 * The real environment: sessions on several threads, whose devices come on connections of other
 * threads, and begin anew while their first session lives elsewhere. What is shared between threads
 * is what ThreadSanitizer is here for.
 */
#include "core/log.h"
#include "core/node.h"
#include "protocols/cwmp/server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SHARDS   3
#define CLIENTS  6
#define ROUNDS   40
#define TEXT     4096
#define DEADLINE 20 /* seconds: a bound of the test, not a wait */

static struct sb_log *errors;
static struct sb_node *node;
static struct cwmp_server *server;
static struct sb_listener *listener;
static pthread_t node_thread;
static atomic_uint begun, ended, calls, outcomes;
static atomic_uint open_sessions[CLIENTS]; /* of each device */

/* ---- the service ---- */

static atomic_uint *
open_of(const struct cwmp_session *c)
{
	return &open_sessions[atoi(cwmp_inform(c)->device_id.serial_number)];
}

static void
on_filter(struct cwmp_session *c)
{
	assert_int_equal(atomic_fetch_add(open_of(c), 1), 0);
	atomic_fetch_add(&begun, 1);
	cwmp_accept(c);
}

static void
on_outcome(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	(void)context;
	(void)o;
	atomic_fetch_add(&outcomes, 1);
	cwmp_finish(c);
}

static void
on_start(struct cwmp_session *c)
{
	assert_int_equal(cwmp_reboot(c, "", (struct cwmp_done){on_outcome, NULL}), 0);
	atomic_fetch_add(&calls, 1);
}

static void
on_end(struct cwmp_session *c, enum cwmp_end why)
{
	assert_true(why == CWMP_END_DONE || why == CWMP_END_REPLACED);
	assert_int_equal(atomic_fetch_sub(open_of(c), 1), 1);
	atomic_fetch_add(&ended, 1);
}

static const struct cwmp_service service = {
	.name = "threads",
	.session_filter = on_filter,
	.session_start = on_start,
	.session_end = on_end,
};

/* ---- a device ---- */

struct client {
	int device;
	int fd;
	char cookie[64];
	char answer[TEXT];
	unsigned done;
};

static void
reconnect(struct client *client)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(sb_listener_port(listener)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct timeval patience = {.tv_sec = DEADLINE};

	if (client->fd >= 0)
		close(client->fd);
	client->fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(connect(client->fd, (const struct sockaddr *)&to, sizeof(to)), 0);
}

/* Whether the answer is whole, and what it says of the cookie. */
static bool
is_whole(struct client *client, size_t size)
{
	const char *end = strstr(client->answer, "\r\n\r\n");
	const char *length = strstr(client->answer, "Content-Length: ");
	const char *set = strstr(client->answer, "Set-Cookie: ");

	if (!end || (length && length < end &&
			    (size_t)(end + 4 - client->answer) + (size_t)atoi(length + 16) > size))
		return false;
	if (set)
		(void)snprintf(client->cookie, sizeof(client->cookie), "%.*s",
			(int)strcspn(set + 12, ";"), set + 12);
	return true;
}

static int
post(struct client *client, const char *body)
{
	char request[TEXT];
	int length = snprintf(request, sizeof(request),
		"POST / HTTP/1.1\r\nHost: acs\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
		*client->cookie ? "Cookie: " : "", client->cookie, *client->cookie ? "\r\n" : "",
		strlen(body), body);
	size_t size = 0;

	assert_int_equal(write(client->fd, request, (size_t)length), length);
	do {
		ssize_t got = read(client->fd, client->answer + size, TEXT - 1 - size);

		assert_true(got > 0);
		size += (size_t)got;
		client->answer[size] = '\0';
	} while (!is_whole(client, size));
	return atoi(client->answer + strlen("HTTP/1.1 "));
}

static int
post_message(struct client *client, const char *id, const char *body)
{
	char envelope[2048];

	(void)snprintf(envelope, sizeof(envelope),
		"<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" "
		"xmlns:cwmp=\"urn:dslforum-org:cwmp-1-0\"><e:Header><cwmp:ID>%s</cwmp:ID>"
		"</e:Header><e:Body>%s</e:Body></e:Envelope>",
		id, body);
	return post(client, envelope);
}

static int
post_inform(struct client *client)
{
	char body[512];

	(void)snprintf(body, sizeof(body),
		"<cwmp:Inform><DeviceId><OUI>00259E</OUI><SerialNumber>%d</SerialNumber>"
		"</DeviceId></cwmp:Inform>",
		client->device);
	return post_message(client, "1", body);
}

static int
answer_call(struct client *client)
{
	const char *at = strstr(client->answer, "mustUnderstand=\"1\">");
	char id[40];

	assert_non_null(at);
	at += strlen("mustUnderstand=\"1\">");
	(void)snprintf(id, sizeof(id), "%.*s", (int)strcspn(at, "<"), at);
	return post_message(client, id, "<cwmp:RebootResponse/>");
}

/* Another device of this name may end it at any point: 400. */
static void
have_a_session(struct client *client)
{
	int status = post_inform(client);

	assert_true(status == 200 || status == 400);
	if (status != 200)
		return;
	reconnect(client);
	status = post(client, "");
	if (status == 200) {
		reconnect(client);
		status = answer_call(client);
		client->done += status == 204;
	}
	assert_true(status == 204 || status == 400);
}

static void *
be_a_device(void *context)
{
	struct client *client = context;

	client->fd = -1;
	for (int i = 0; i < ROUNDS; i++) {
		reconnect(client);
		client->cookie[0] = '\0';
		have_a_session(client);
	}
	close(client->fd);
	return NULL;
}

/* ---- the test ---- */

static void *
run(void *context)
{
	assert_int_equal(sb_node_run(context), 0);
	return NULL;
}

static int
start_node(void **state)
{
	const struct sb_log_options log = {.level = SB_LOG_ERROR, .fd = 2};
	const struct sb_listener_options at = {.name = "cwmp", .address = "127.0.0.1:0"};
	struct sb_node_options options = {.threads = SHARDS};

	(void)state;
	errors = sb_log_new(&log);
	options.log = errors;
	assert_int_equal(sb_node_new(&node, &options), 0);
	assert_int_equal(cwmp_server_new(&server, node, &service, NULL, NULL), 0);
	assert_int_equal(cwmp_server_listen(server, &at, &listener), 0);
	return pthread_create(&node_thread, NULL, run, node);
}

static int
stop_node(void **state)
{
	(void)state;
	sb_node_stop(node);
	pthread_join(node_thread, NULL);
	sb_node_free(node);
	cwmp_server_free(server);
	sb_log_free(errors);
	return 0;
}

static void
be_devices(struct client clients[CLIENTS])
{
	pthread_t threads[CLIENTS];

	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, be_a_device, &clients[i]), 0);
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(threads[i], NULL);
}

static void
test_devices_have_whole_sessions_over_connections_of_all_threads(void **state)
{
	struct client clients[CLIENTS] = {0};

	(void)state;
	for (int i = 0; i < CLIENTS; i++)
		clients[i].device = i;
	be_devices(clients);
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(clients[i].done, ROUNDS);
}

static void
test_devices_of_one_name_have_one_session_at_a_time(void **state)
{
	struct client clients[CLIENTS] = {0};

	(void)state;
	be_devices(clients); /* all are device 0 */
	sb_node_stop(node);
	for (int i = 0; i < DEADLINE * 1000 && atomic_load(&begun) != atomic_load(&ended); i++)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	assert_int_equal(atomic_load(&begun), atomic_load(&ended));
	assert_int_equal(atomic_load(&calls), atomic_load(&outcomes));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_devices_have_whole_sessions_over_connections_of_all_threads),
		cmocka_unit_test(test_devices_of_one_name_have_one_session_at_a_time),
	};

	return cmocka_run_group_tests(tests, start_node, stop_node);
}
