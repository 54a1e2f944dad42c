#include "daemons/acs/front.h"

#include "core/error.h"
#include "core/node.h"
#include "core/session.h"
#include "daemons/acs/file_read.h"
#include "daemons/acs/file_write.h"
#include "daemons/acs/logins.h"
#include "protocols/http/query.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TARGET_MOST 4096

struct connection {
	struct cwmp_connection cwmp; /* first */
	const struct acs_entrance *entrance;
};

static const struct acs_entrance *
entrance_of(const struct http_exchange *x)
{
	const struct connection *connection = http_connection_state(x);

	return connection->entrance;
}

static const struct acs_front *
front_of(const struct http_exchange *x)
{
	return entrance_of(x)->front;
}

static void
answer(struct http_exchange *x, unsigned status)
{
	(void)http_respond(x, status, NULL, sb_bytes(NULL, 0));
}

/* ---- who asks ---- */

static void
challenge(struct http_exchange *x, bool is_stale)
{
	struct sb_session *s = http_session(x);
	char text[512];
	uint8_t salt[8];

	sb_random(s, salt, sizeof(salt));
	for (unsigned i = 0; http_auth_challenge(&entrance_of(x)->auth, i, is_stale,
		     sb_wall_ms(s) / 1000, salt, text, sizeof(text));
		i++)
		(void)http_set_field(x, "WWW-Authenticate", text);
	answer(x, 401);
}

static bool
may_by_certificate(struct http_exchange *x)
{
	const struct sb_peer *peer = sb_session_peer(http_session(x));

	if (peer->tls && peer->tls->verified)
		return true;
	answer(x, 403);
	return false;
}

static bool
may_by_password(struct http_exchange *x)
{
	struct http_auth_claim claim;
	char target[TARGET_MOST];
	enum http_auth_result result;

	snprintf(target, sizeof(target), "%s%s%s", http_path(x), *http_query(x) ? "?" : "",
		http_query(x));
	result = http_auth_check(&entrance_of(x)->auth, http_field(x, "Authorization"),
		http_method_name(x), target, sb_wall_ms(http_session(x)) / 1000, &claim);
	if (result == HTTP_AUTH_OK)
		return true;
	if (result == HTTP_AUTH_WRONG)
		SB_LOG_LIMITED(http_session(x), WARNING, "acs.file_refused", "username",
			SB_STR(claim.username));
	challenge(x, result == HTTP_AUTH_STALE);
	return false;
}

/* Devices may show who they are here as they do in their sessions. False: it was answered. A
 * listener that asks for nothing is not there then: the configuration refuses it. */
static bool
may(struct http_exchange *x)
{
	if (!front_of(x)->config->files.is_authenticated)
		return true;
	return entrance_of(x)->policy->asks_certificate ? may_by_certificate(x)
							: may_by_password(x);
}

/* ---- downloads ---- */

struct download {
	struct acs_file_reader reader;
};

static bool
is_token(const struct acs_file *file, struct sb_bytes token)
{
	return token.size == strlen(file->token) &&
	       CRYPTO_memcmp(token.data, file->token, token.size) == 0;
}

/* A wrong token and a name that is not there look alike. */
static const struct acs_file *
asked_for(struct http_exchange *x)
{
	struct sb_bytes parts[2];
	char name[ACS_FILE_NAME_MAX + 1];
	const struct acs_file *file;

	if (!http_path_matches("/files/{token}/{name}", http_path(x), parts, 2) ||
		http_percent_decode(parts[1], false, name, sizeof(name)) < 0)
		return NULL;
	file = acs_files_find(front_of(x)->files, http_session(x), name);
	return file && is_token(file, parts[0]) ? file : NULL;
}

static void
download_begin(struct http_exchange *x)
{
	struct download *download = http_state(x);
	const struct acs_file *file;

	if (http_method(x) != HTTP_METHOD_GET && http_method(x) != HTTP_METHOD_HEAD) {
		(void)http_set_field(x, "Allow", "GET, HEAD");
		answer(x, 405);
		return;
	}
	if (!may(x))
		return;
	file = asked_for(x);
	if (!file) {
		answer(x, acs_files_are_present(front_of(x)->files, http_session(x)) ? 404 : 503);
		return;
	}
	SB_LOG(http_session(x), INFO, "acs.file_fetched", "name", SB_STR(file->name));
	acs_file_read_begin(&download->reader, x, front_of(x)->files->store, file);
}

static void
download_message(struct http_exchange *x, struct sb_message *m)
{
	struct download *download = http_state(x);

	acs_file_read_message(&download->reader, m);
}

static void
download_drained(struct http_exchange *x)
{
	struct download *download = http_state(x);

	acs_file_read_drained(&download->reader);
}

static void
download_closed(struct http_exchange *x, bool is_complete)
{
	struct download *download = http_state(x);

	(void)is_complete;
	acs_file_read_closed(&download->reader);
}

static const struct http_handler download_handler = {
	.state_size = sizeof(struct download),
	.begin = download_begin,
	.message = download_message,
	.drained = download_drained,
	.closed = download_closed,
};

/* ---- uploads ---- */

struct upload {
	struct acs_file_writer writer;
};

static unsigned
status_of(int err)
{
	switch (err) {
	case 0:
		return 201;
	case SB_ELIMIT:
		return 413;
	case SB_EEXIST:
		return 409;
	case SB_FULL:
	case SB_GONE:
	case SB_ENOMEM:
		return 503;
	default:
		return 500;
	}
}

static void
upload_done(struct http_exchange *x, int status, struct sb_bytes text)
{
	(void)text;
	if (status)
		SB_LOG(http_session(x), WARNING, "acs.upload_failed", "error", SB_ERR(status));
	answer(x, status_of(status));
}

/* What the path says of the file that is to come; false: it was answered. */
static bool
place_of(struct http_exchange *x, struct acs_file *file, int64_t *given_ms)
{
	const struct acs_files *files = front_of(x)->files;
	struct sb_bytes parts[3];
	char token[64];
	bool is_fine;
	int err;

	is_fine = http_path_matches("/uploads/{token}/{device}/{name}", http_path(x), parts, 3) &&
		  http_percent_decode(parts[0], false, token, sizeof(token)) > 0 &&
		  http_percent_decode(parts[1], false, file->device, sizeof(file->device)) > 0 &&
		  http_percent_decode(parts[2], false, file->name, sizeof(file->name)) > 0 &&
		  acs_file_name_is_fine(file->name);
	err = is_fine ? acs_upload_check(files, token, file->device, file->name,
				sb_wall_ms(http_session(x)), given_ms)
		      : SB_ENOENT;
	if (err) {
		answer(x, err == SB_ENOMEM ? 503 : 404);
		return false;
	}
	return true;
}

static void
upload_begin(struct http_exchange *x)
{
	struct upload *upload = http_state(x);
	struct acs_file file = {0};
	int64_t given_ms = 0;

	if (http_method(x) != HTTP_METHOD_PUT && http_method(x) != HTTP_METHOD_POST) {
		(void)http_set_field(x, "Allow", "PUT, POST");
		answer(x, 405);
		return;
	}
	if (may(x) && place_of(x, &file, &given_ms))
		acs_file_write_begin(
			&upload->writer, x, front_of(x)->files, &file, given_ms, upload_done);
}

static void
upload_body(struct http_exchange *x, struct sb_bytes part)
{
	struct upload *upload = http_state(x);

	acs_file_write_body(&upload->writer, part);
}

static void
upload_end(struct http_exchange *x)
{
	struct upload *upload = http_state(x);

	acs_file_write_end(&upload->writer);
}

static void
upload_message(struct http_exchange *x, struct sb_message *m)
{
	struct upload *upload = http_state(x);

	if (upload->writer.x)
		acs_file_write_message(&upload->writer, m);
}

static void
upload_closed(struct http_exchange *x, bool is_complete)
{
	struct upload *upload = http_state(x);

	(void)is_complete;
	if (upload->writer.x)
		acs_file_write_fini(&upload->writer);
}

static const struct http_handler upload_handler = {
	.state_size = sizeof(struct upload),
	.begin = upload_begin,
	.body = upload_body,
	.end = upload_end,
	.message = upload_message,
	.closed = upload_closed,
};

/* ---- routes ---- */

static const struct http_handler *
route(struct http_exchange *x, void *context)
{
	const struct acs_entrance *entrance = context;
	struct connection *connection = http_connection_state(x);
	const char *path = http_path(x);

	connection->entrance = entrance;
	if (strncmp(path, "/files/", 7) == 0)
		return &download_handler;
	if (strncmp(path, "/uploads/", 9) == 0)
		return &upload_handler;
	connection->cwmp.auth = &entrance->auth;
	connection->cwmp.entrance = entrance->policy;
	return cwmp_server_route(entrance->front->cwmp, x);
}

/* Beyond what a CWMP session takes for its turn: it answers then, whatever comes. */
#define ANSWER_MS 30000u

static int
entrance_init(struct acs_entrance *entrance, struct sb_node *node)
{
	const struct acs_config *config = entrance->front->config;
	const struct sb_env *env = sb_node_env(node);
	const struct http_server_options options = {
		.name = "acs.cwmp",
		.limits = {.body_bytes = config->cwmp.decode.bytes,
			.answer_ms = config->cwmp.turn_ms + ANSWER_MS},
		.route = route,
		.context = entrance,
		.connection_size = sizeof(struct connection),
		.is_needed = cwmp_connection_is_needed,
	};

	entrance->auth = (struct http_auth){
		.scheme = entrance->policy->scheme,
		.realm = config->credentials.realm,
		.nonce_lifetime_s = config->credentials.nonce_lifetime_s,
		.password = acs_logins_password,
		.known = acs_logins_known,
		.context = entrance->front->logins,
	};
	env->random(env->context, entrance->auth.secret, sizeof(entrance->auth.secret));
	return http_server_new(&entrance->server, node, &options);
}

int
acs_front_init(struct acs_front *front, struct sb_node *node)
{
	const struct acs_config *config = front->config;
	int err = 0;

	front->entrances = calloc(config->listeners.count + 1, sizeof(*front->entrances));
	if (!front->entrances)
		return SB_ENOMEM;
	for (size_t i = 0; i < config->listeners.count && !err; i++) {
		struct acs_entrance *entrance = &front->entrances[i];

		entrance->front = front;
		entrance->policy = &config->policies[i];
		if (config->serves[i] == ACS_SERVES_CWMP)
			err = entrance_init(entrance, node);
	}
	return err;
}

void
acs_front_fini(struct acs_front *front)
{
	for (size_t i = 0; front->entrances && i < front->config->listeners.count; i++)
		http_server_free(front->entrances[i].server);
	free(front->entrances);
	front->entrances = NULL;
}
