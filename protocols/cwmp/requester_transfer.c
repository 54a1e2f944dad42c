/*
 * One GET through libcurl's multi interface: it says which sockets and which timer it waits
 * for, the session's loop tells it of them. A multi handle for each: with it go its sockets, so
 * that none of a device's connections outlives its request.
 *
 * libcurl would resolve names in a thread of its own. So it never does: it is told the addresses,
 * and a numeric host it takes as it is.
 */
#include "core/error.h"
#include "core/watch.h"
#include "protocols/cwmp/requester_internal.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of an answer: more of a head breaks it off, more of a body is not waited for. */
#define HEAD_MAX 16384
#define BODY_MAX 16384

/* ---- what libcurl asks for ---- */

static struct sb_watch **
watch_of(struct cwmp_transfer *t, int fd)
{
	for (size_t i = 0; i < CWMP_TRANSFER_WATCHES; i++)
		if (t->watches[i] && sb_watch_fd(t->watches[i]) == fd)
			return &t->watches[i];
	return NULL;
}

static void
stop_watching(struct cwmp_transfer *t, int fd)
{
	struct sb_watch **watch = watch_of(t, fd);

	if (!watch)
		return;
	sb_watch_stop(*watch);
	*watch = NULL;
}

static void act(struct cwmp_transfer *t, curl_socket_t fd, int events);

static void
socket_ready(struct sb_session *s, struct sb_watch *watch, int events)
{
	int flags = (events & SB_READABLE ? CURL_CSELECT_IN : 0) |
		    (events & SB_WRITABLE ? CURL_CSELECT_OUT : 0);

	(void)s;
	act(sb_watch_context(watch), sb_watch_fd(watch), flags);
}

/* -1 ends the transfer: without memory, or with more sockets than there is room for. */
static int
start_watching(struct cwmp_transfer *t, int fd, int events)
{
	for (size_t i = 0; i < CWMP_TRANSFER_WATCHES; i++)
		if (!t->watches[i])
			return sb_watch_start(
				       t->session, fd, events, socket_ready, t, &t->watches[i])
				       ? -1
				       : 0;
	return -1;
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *unused)
{
	struct cwmp_transfer *t = context;
	struct sb_watch **watch = watch_of(t, fd);
	int events =
		(what & CURL_POLL_IN ? SB_READABLE : 0) | (what & CURL_POLL_OUT ? SB_WRITABLE : 0);

	(void)easy;
	(void)unused;
	if (what == CURL_POLL_REMOVE)
		stop_watching(t, fd);
	else if (watch)
		sb_watch_change(*watch, events);
	else
		return start_watching(t, fd, events);
	return 0;
}

static void
timer_due(struct sb_session *s, struct sb_timer *timer)
{
	(void)s;
	act((struct cwmp_transfer *)((char *)timer - offsetof(struct cwmp_transfer, timer)),
		CURL_SOCKET_TIMEOUT, 0);
}

static int
on_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct cwmp_transfer *t = context;

	(void)multi;
	if (timeout_ms < 0)
		sb_timer_stop(t->session, &t->timer);
	else
		sb_timer_start(t->session, &t->timer, (uint64_t)timeout_ms, timer_due);
	return 0;
}

/* The last look at where we connect to: whatever it was that libcurl took the host for. */
static curl_socket_t
on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	const struct cwmp_transfer *t = context;

	(void)purpose;
	if (!cwmp_reach_has(&t->options->reach, &address->addr, t->from))
		return CURL_SOCKET_BAD;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int
on_close(void *context, curl_socket_t fd)
{
	stop_watching(context, fd);
	return close(fd);
}

static size_t
on_head(char *line, size_t size, size_t count, void *context)
{
	struct cwmp_transfer *t = context;

	t->head_bytes += size * count;
	if (size * count > 12 && strncasecmp(line, "HTTP/1.", 7) == 0 &&
		memcmp(line + 8, " 401", 4) == 0)
		t->was_challenged = true;
	return t->head_bytes > HEAD_MAX ? 0 : size * count;
}

static size_t
on_body(char *data, size_t size, size_t count, void *context)
{
	struct cwmp_transfer *t = context;

	(void)data;
	t->body_bytes += size * count;
	return t->body_bytes > BODY_MAX ? 0 : size * count;
}

/* ---- how it ends ---- */

static enum cwmp_request_outcome
outcome_of_status(long status)
{
	switch (status) {
	case 200:
	case 204:
		return CWMP_REQUEST_DONE;
	case 401:
		return CWMP_REQUEST_UNAUTHORIZED;
	case 503:
		return CWMP_REQUEST_BUSY;
	default:
		return CWMP_REQUEST_REFUSED;
	}
}

static enum cwmp_request_outcome
outcome_of(CURLcode code, long status)
{
	/* The head has said it, whatever becomes of the body. */
	if (code == CURLE_OK || code == CURLE_WRITE_ERROR || code == CURLE_PARTIAL_FILE ||
		outcome_of_status(status) == CWMP_REQUEST_DONE)
		return outcome_of_status(status);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return CWMP_REQUEST_TIMEOUT;
	if (code == CURLE_COULDNT_CONNECT || code == CURLE_GOT_NOTHING ||
		code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR)
		return CWMP_REQUEST_UNREACHABLE;
	return code == CURLE_OUT_OF_MEMORY ? CWMP_REQUEST_UNAVAILABLE : CWMP_REQUEST_REFUSED;
}

static uint64_t
left_ms(const struct cwmp_transfer *t)
{
	uint64_t now = sb_now(t->session);

	return t->due > now ? (t->due - now) / 1000000 + 1 : 1;
}

/* Some devices close the connection after their challenge, and do not say so. The nonce holds on
 * another connection. */
static bool
tries_again(struct cwmp_transfer *t, CURLcode code)
{
	bool was_cut =
		code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR;

	if (!was_cut || !t->was_challenged || t->is_second)
		return false;
	t->is_second = true;
	curl_multi_remove_handle(t->multi, t->easy);
	curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)left_ms(t));
	return curl_multi_add_handle(t->multi, t->easy) == CURLM_OK;
}

static void
finish(struct cwmp_transfer *t, enum cwmp_request_outcome outcome, uint32_t status)
{
	cwmp_transfer_end(t);
	t->done(t, outcome, status);
}

static void
act(struct cwmp_transfer *t, curl_socket_t fd, int events)
{
	int running, left;
	long status = 0;
	CURLMsg *m;
	CURLcode code;

	if (curl_multi_socket_action(t->multi, fd, events, &running)) {
		finish(t, CWMP_REQUEST_UNAVAILABLE, 0);
		return;
	}
	m = curl_multi_info_read(t->multi, &left);
	if (!m || m->msg != CURLMSG_DONE)
		return;
	code = m->data.result;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!tries_again(t, code))
		finish(t, outcome_of(code, status), (uint32_t)status);
}

/* ---- how it begins ---- */

/* "host:port:address,address", so that nobody looks the name up again. 0 or SB_ENOMEM. */
static int
pin_addresses(struct cwmp_transfer *t, const struct cwmp_place *place)
{
	char line[sizeof(place->host) + 8 + CWMP_TARGET_ADDRESSES * 64];
	union sb_socket_address numeric;
	int used;

	if (sb_sockaddr_parse_host(place->host, place->port, &numeric) == 0)
		return 0;
	used = snprintf(line, sizeof(line), "%s:%u:", place->host, (unsigned)place->port);
	for (size_t i = 0; i < place->count; i++) {
		char text[SB_SOCKADDR_TEXT_MAX];

		sb_sockaddr_format(&place->addresses[i].any, text, sizeof(text));
		*strrchr(text, ':') = '\0'; /* the port */
		used += snprintf(
			line + used, sizeof(line) - (size_t)used, "%s%s", i ? "," : "", text);
	}
	t->addresses = curl_slist_append(NULL, line);
	return t->addresses ? 0 : SB_ENOMEM;
}

static bool
set_multi(struct cwmp_transfer *t)
{
	return !curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_socket) &&
	       !curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t) &&
	       !curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timer) &&
	       !curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
}

static bool
set_callbacks(struct cwmp_transfer *t)
{
	return !curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, on_open) &&
	       !curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t) &&
	       !curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close) &&
	       !curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETDATA, t) &&
	       !curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_head) &&
	       !curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t) &&
	       !curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body) &&
	       !curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
}

/* Nothing but one GET of this host: no proxy of the environment, no redirects, no signals. */
static bool
set_bounds(struct cwmp_transfer *t, const struct cwmp_target *target, uint64_t timeout_ms)
{
	return !curl_easy_setopt(t->easy, CURLOPT_CURLU, target->url) &&
	       !curl_easy_setopt(t->easy, CURLOPT_RESOLVE, t->addresses) &&
	       !curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http") &&
	       !curl_easy_setopt(t->easy, CURLOPT_PROXY, "") &&
	       !curl_easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       !curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms) &&
	       !curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)t->options->connect_ms);
}

static bool
set_credentials(struct cwmp_transfer *t, const char *username, const char *password)
{
	unsigned long schemes = CURLAUTH_DIGEST | (t->options->allow_basic ? CURLAUTH_BASIC : 0);

	if (!username || !*username)
		return true;
	return !curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, schemes) &&
	       !curl_easy_setopt(t->easy, CURLOPT_USERNAME, username) &&
	       !curl_easy_setopt(t->easy, CURLOPT_PASSWORD, password ? password : "");
}

int
cwmp_transfer_begin(struct cwmp_transfer *t, const struct cwmp_target *target, const char *username,
	const char *password, uint64_t timeout_ms)
{
	int err = pin_addresses(t, &target->place);

	if (err)
		return err;
	t->due = sb_now(t->session) + timeout_ms * 1000000;
	t->multi = curl_multi_init();
	t->easy = curl_easy_init();
	if (t->multi && t->easy && set_multi(t) && set_callbacks(t) &&
		set_bounds(t, target, timeout_ms) && set_credentials(t, username, password) &&
		curl_multi_add_handle(t->multi, t->easy) == CURLM_OK)
		return 0;
	cwmp_transfer_end(t);
	return SB_ENOMEM;
}

void
cwmp_transfer_end(struct cwmp_transfer *t)
{
	/* After sb_close the core has ended the watches itself. */
	if (sb_is_closing(t->session))
		memset(t->watches, 0, sizeof(t->watches));
	if (t->multi) {
		curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, NULL);
		curl_multi_remove_handle(t->multi, t->easy);
	}
	curl_easy_cleanup(t->easy);
	curl_multi_cleanup(t->multi);
	curl_slist_free_all(t->addresses);
	sb_timer_stop(t->session, &t->timer);
	t->easy = NULL;
	t->multi = NULL;
	t->addresses = NULL;
}
