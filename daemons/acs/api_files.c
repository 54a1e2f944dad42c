/* Routes of files: what people's programs do with them. Devices have others (front.c). */
#include "core/error.h"
#include "core/registry.h"
#include "core/session.h"
#include "daemons/acs/call.h"
#include "daemons/acs/file_read.h"
#include "daemons/acs/file_write.h"
#include "daemons/acs/json_memory.h"

#include <string.h>

/* ---- what the owner answers ---- */

/* Adds the address that devices fetch it from, which only this shard's list knows. */
static void
answer_file(struct acs_call *call, unsigned status, struct sb_bytes text)
{
	const struct acs_files *files = call->api->files;
	unsigned before = acs_json_failures();
	const struct acs_file *file;
	char url[ACS_URL_SIZE];
	json_t *object;

	(void)acs_json_load(&object, text, 0, NULL);
	file = acs_files_find(files, http_session(call->x), acs_json_text(object, "name", ""));
	if (file && acs_file_url(files, file, url) == 0)
		json_object_set_new(object, "url", json_string(url));
	acs_call_json(call, status, acs_json_whole(object, before));
}

static void
got(struct acs_call *call, const struct sb_message *m)
{
	if (m->status)
		acs_call_refused(call, m, ACS_PROBLEM_FILE_NOT_FOUND);
	else
		answer_file(call, 200, sb_bytes(m->data, m->size));
}

static void
listed(struct acs_call *call, const struct sb_message *m)
{
	if (m->status)
		acs_call_refused(call, m, ACS_PROBLEM_FILE_NOT_FOUND);
	else
		acs_call_text(call, 200, sb_bytes(m->data, m->size));
}

static void
deleted(struct acs_call *call, const struct sb_message *m)
{
	if (m->status)
		acs_call_refused(call, m, ACS_PROBLEM_FILE_NOT_FOUND);
	else
		acs_call_empty(call);
}

/* About the file of this name; "": about all. */
static void
ask(struct acs_call *call, enum acs_file_message type, const char *name, acs_answered *answered)
{
	struct acs_file_ask question = {0};
	struct sb_address owner;

	if (*name && !acs_file_name_is_fine(name)) {
		acs_call_fail(call, ACS_PROBLEM_FILE_NOT_FOUND, NULL);
		return;
	}
	if (sb_lookup(http_session(call->x), ACS_FILES_OWNER, &owner)) {
		acs_call_fail(call, ACS_PROBLEM_BUSY, NULL);
		return;
	}
	memcpy(question.file.name, name, strlen(name) + 1);
	(void)acs_call_ask(call, owner, type, SB_COPY(&question, sizeof(question)), 0, answered);
}

static void
list(struct acs_call *call)
{
	ask(call, ACS_FILE_LIST, "", listed);
}

static void
get(struct acs_call *call)
{
	ask(call, ACS_FILE_GET, call->segments[0], got);
}

static void
take_away(struct acs_call *call)
{
	ask(call, ACS_FILE_DELETE, call->segments[0], deleted);
}

/* ---- put: the body is the file ---- */

struct put {
	struct acs_call call; /* first */
	struct acs_file_writer writer;
};

static void
put_done(struct http_exchange *x, int status, struct sb_bytes text)
{
	struct put *put = http_state(x);

	if (status == SB_ELIMIT)
		acs_call_fail(&put->call, ACS_PROBLEM_TOO_LARGE, NULL);
	else if (status)
		acs_call_fail(&put->call, acs_problem_of_error(status), sb_error_text(status));
	else
		answer_file(&put->call, 201, text);
}

static const char *const put_query[] = {
	"fileType", "version", "oui", "productClass", "device", NULL};

/* What the query says of the file. False: it was answered. */
static bool
take_query(struct acs_call *call, struct acs_file *file)
{
#define X(field, key, most)                                                  \
	if (acs_call_query(call, key, file->field, sizeof(file->field)) < 0) \
		return false;
	ACS_FILE_TEXT_MAP(X)
#undef X
	return true;
}

static void
put_begin(struct http_exchange *x)
{
	struct put *put = http_state(x);
	struct acs_file file = {0};

	if (!acs_call_begin(&put->call, x) || !take_query(&put->call, &file))
		return;
	if (!acs_file_name_is_fine(put->call.segments[0])) {
		acs_call_fail(&put->call, ACS_PROBLEM_BAD_BODY,
			"a name has 1 to 128 letters, digits and ._- without a dot in front");
		return;
	}
	memcpy(file.name, put->call.segments[0], strlen(put->call.segments[0]) + 1);
	acs_file_write_begin(&put->writer, x, put->call.api->files, &file, 0, put_done);
}

static void
put_body(struct http_exchange *x, struct sb_bytes part)
{
	struct put *put = http_state(x);

	acs_file_write_body(&put->writer, part);
}

static void
put_end(struct http_exchange *x)
{
	struct put *put = http_state(x);

	acs_file_write_end(&put->writer);
}

static void
put_message(struct http_exchange *x, struct sb_message *m)
{
	struct put *put = http_state(x);

	if (put->writer.x)
		acs_file_write_message(&put->writer, m);
}

static void
put_closed(struct http_exchange *x, bool is_complete)
{
	struct put *put = http_state(x);

	(void)is_complete;
	if (put->writer.x)
		acs_file_write_fini(&put->writer);
	acs_call_fini(&put->call);
}

static const struct http_handler put_handler = {
	.state_size = sizeof(struct put),
	.begin = put_begin,
	.body = put_body,
	.end = put_end,
	.message = put_message,
	.closed = put_closed,
};

/* ---- content ---- */

struct content {
	struct acs_call call; /* first */
	struct acs_file_reader reader;
};

static void
content_end(struct http_exchange *x)
{
	struct content *content = http_state(x);
	struct acs_call *call = &content->call;
	const struct acs_file *file;

	if (http_has_responded(x))
		return;
	file = acs_files_find(call->api->files, http_session(x), call->segments[0]);
	if (file)
		acs_file_read_begin(&content->reader, x, call->api->files->store, file);
	else if (acs_files_are_present(call->api->files, http_session(x)))
		acs_call_fail(call, ACS_PROBLEM_FILE_NOT_FOUND, NULL);
	else
		acs_call_fail(call, ACS_PROBLEM_BUSY, NULL);
}

static void
content_begin(struct http_exchange *x)
{
	struct content *content = http_state(x);

	(void)acs_call_begin(&content->call, x);
}

static void
content_message(struct http_exchange *x, struct sb_message *m)
{
	struct content *content = http_state(x);

	acs_file_read_message(&content->reader, m);
}

static void
content_drained(struct http_exchange *x)
{
	struct content *content = http_state(x);

	acs_file_read_drained(&content->reader);
}

static void
content_closed(struct http_exchange *x, bool is_complete)
{
	struct content *content = http_state(x);

	(void)is_complete;
	acs_file_read_closed(&content->reader);
	acs_call_fini(&content->call);
}

static const struct http_handler content_handler = {
	.state_size = sizeof(struct content),
	.begin = content_begin,
	.end = content_end,
	.message = content_message,
	.drained = content_drained,
	.closed = content_closed,
};

const struct acs_route acs_file_routes[] = {
	{HTTP_METHOD_GET, "/files", NULL, ACS_RIGHT_READ, false, list, NULL},
	{HTTP_METHOD_GET, "/files/{file}", NULL, ACS_RIGHT_READ, false, get, NULL},
	{HTTP_METHOD_PUT, "/files/{file}", put_query, ACS_RIGHT_WRITE, false, NULL, &put_handler},
	{HTTP_METHOD_DELETE, "/files/{file}", NULL, ACS_RIGHT_WRITE, false, take_away, NULL},
	{HTTP_METHOD_GET, "/files/{file}/content", NULL, ACS_RIGHT_READ, false, NULL,
		&content_handler},
	{0},
};
