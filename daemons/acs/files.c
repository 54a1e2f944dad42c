/* Where files are found, and what addresses they have for devices. */
#include "daemons/acs/files.h"

#include "core/error.h"
#include "core/listener.h"
#include "core/network.h"
#include "core/node.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "daemons/acs/files_internal.h"
#include "daemons/acs/logins.h"
#include "protocols/http/base64.h"
#include "protocols/http/percent.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- start ---- */

int
acs_files_start(struct acs_files *files, struct sb_node *node)
{
	int err;

	atomic_init(&files->url, files->options->url);
	files->shard_count = sb_node_shards(node);
	files->shards = aligned_alloc(64, files->shard_count * sizeof(*files->shards));
	if (!files->shards)
		return SB_ENOMEM;
	memset(files->shards, 0, files->shard_count * sizeof(*files->shards));
	err = sb_node_start_child(node, &(struct sb_child_spec){.id = "files",
						.module = &acs_files_owner_module,
						.args = files,
						.restart = SB_PERMANENT});
	for (unsigned i = 0; i < files->shard_count && !err; i++) {
		char id[32];

		snprintf(id, sizeof(id), "files.%u", i);
		err = sb_node_start_child(node, &(struct sb_child_spec){.id = id,
							.module = &acs_files_keeper_module,
							.args = files,
							.restart = SB_PERMANENT,
							.shard = (int)i});
	}
	return err;
}

void
acs_files_fini(struct acs_files *files)
{
	free(files->shards);
	files->shards = NULL;
}

/* ---- finding ---- */

static int
by_name(const void *name, const void *file)
{
	return strcmp(name, ((const struct acs_file *)file)->name);
}

const struct acs_file *
acs_files_find(const struct acs_files *files, struct sb_session *s, const char *name)
{
	const struct acs_file_list *list = files->shards[sb_session_shard(s)].list;

	if (!list)
		return NULL;
	return bsearch(name, list->each, list->count, sizeof(list->each[0]), by_name);
}

bool
acs_files_are_present(const struct acs_files *files, struct sb_session *s)
{
	const struct acs_file_list *list = files->shards[sb_session_shard(s)].list;

	return list && list->version == atomic_load(&files->version);
}

/* ---- addresses ---- */

static bool
is_any(const union sb_socket_address *at)
{
	if (at->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&at->v6.sin6_addr);
	return at->v4.sin_addr.s_addr == htonl(INADDR_ANY);
}

void
acs_files_listen_at(struct acs_files *files, const struct sb_listener *listener, bool is_tls)
{
	const union sb_socket_address *at = sb_listener_address(listener);
	char address[SB_SOCKADDR_TEXT_MAX];

	if (atomic_load(&files->url) || is_any(at))
		return;
	sb_sockaddr_format(&at->any, address, sizeof(address));
	snprintf(files->own_url, sizeof(files->own_url), "%s://%s", is_tls ? "https" : "http",
		address);
	atomic_store(&files->url, files->own_url);
}

static int
print_url(const struct acs_files *files, char *out, const char *format, const char *token,
	const char *device, const char *name)
{
	const char *url = atomic_load(&files->url);
	char encoded[3 * ACS_NAME_MAX + 1] = "";
	int size;

	if (!url)
		return SB_ECONFIG;
	if (http_percent_encode(sb_bytes_text(device), encoded, sizeof(encoded)) < 0)
		return SB_EINVAL;
	size = snprintf(out, ACS_URL_SIZE, "%s/%s/%s/%s%s%s", url, format, token, encoded,
		*encoded ? "/" : "", name);
	return size < 0 || size >= ACS_URL_SIZE ? SB_ELIMIT : 0;
}

int
acs_file_url(const struct acs_files *files, const struct acs_file *file, char *out)
{
	return print_url(files, out, "files", file->token, "", file->name);
}

/* What an upload's token is made of: when it was given, and a proof that it was given for this. */
#define GIVEN_SIZE 8
#define PROOF_SIZE 16
#define TOKEN_SIZE (GIVEN_SIZE + PROOF_SIZE)

/* 0, SB_EINVAL (too long a name), SB_ENOMEM. */
static int
prove(const struct acs_files *files, const uint8_t given[GIVEN_SIZE], const char *device,
	const char *name, uint8_t proof[PROOF_SIZE])
{
	uint8_t octets[GIVEN_SIZE + ACS_NAME_MAX + ACS_FILE_NAME_MAX + 2], whole[EVP_MAX_MD_SIZE];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));
	unsigned size = sizeof(whole);

	sb_put_bytes(&w, given, GIVEN_SIZE);
	sb_put_bytes(&w, device, strlen(device) + 1);
	sb_put_bytes(&w, name, strlen(name));
	if (sb_writer_failed(&w))
		return SB_EINVAL;
	if (!HMAC(EVP_sha256(), files->secret, sizeof(files->secret), octets, sb_writer_size(&w),
		    whole, &size))
		return SB_ENOMEM;
	memcpy(proof, whole, PROOF_SIZE);
	return 0;
}

int
acs_upload_url(const struct acs_files *files, struct sb_session *s, const char *device,
	const char *name, char *out)
{
	char text[HTTP_BASE64_SIZE(TOKEN_SIZE)];
	uint8_t token[TOKEN_SIZE];
	struct sb_writer w = sb_writer_of(token, sizeof(token));
	int err;

	if (!acs_file_name_is_fine(name))
		return SB_EINVAL;
	sb_put_u64(&w, (uint64_t)sb_wall_ms(s));
	err = prove(files, token, device, name, token + GIVEN_SIZE);
	if (err)
		return err;
	(void)http_base64_encode(
		HTTP_BASE64_URL, sb_bytes(token, sizeof(token)), text, sizeof(text));
	return print_url(files, out, "uploads", text, device, name);
}

int
acs_upload_check(const struct acs_files *files, const char *token, const char *device,
	const char *name, int64_t now_ms, int64_t *given_ms)
{
	uint8_t octets[TOKEN_SIZE], proof[PROOF_SIZE];
	struct sb_reader r = sb_reader_of(sb_bytes(octets, sizeof(octets)));
	int err;

	if (http_base64_decode(sb_bytes_text(token), octets, sizeof(octets)) != TOKEN_SIZE)
		return SB_EACCES;
	err = prove(files, octets, device, name, proof);
	if (err == SB_ENOMEM)
		return err;
	if (err || CRYPTO_memcmp(proof, octets + GIVEN_SIZE, PROOF_SIZE) != 0)
		return SB_EACCES;
	*given_ms = (int64_t)sb_get_u64(&r);
	return now_ms - *given_ms > files->options->upload_ms ? SB_TIMEOUT : 0;
}

/* ---- tasks ---- */

#define URL_MOST 256 /* characters: of the XSD */

const char *
acs_files_why_not(const struct acs_files *files, const char *device, const json_t *task)
{
	const char *method = json_string_value(json_object_get(task, "method"));
	const char *name = json_string_value(json_object_get(task, "file"));
	char url[ACS_URL_SIZE];
	int err;

	if (!method || !name || json_object_get(task, "URL"))
		return NULL;
	if (!acs_file_name_is_fine(name))
		return "file: not a name that a file can have";
	/* Any token is as long as this one. */
	if (strcmp(method, "upload") == 0)
		err = print_url(
			files, url, "uploads", "abcdefghijklmnopqrstuvwxyz012345", device, name);
	else
		err = print_url(files, url, "files", "abcdefghijklmnopqrstuv", "", name);
	if (err == SB_ECONFIG)
		return "file: no URL leads to it from a device: files.url is to be configured";
	if (err || strlen(url) > URL_MOST)
		return "file: its URL would have over 256 characters, with files.url and the names "
		       "that are in it";
	return NULL;
}

static int
set(json_t *task, const char *name, json_t *value)
{
	return json_object_set_new(task, name, value) ? SB_ENOMEM : 0;
}

/* Devices show who they are for files as for sessions; the name is theirs. */
static int
set_password(const struct acs_files *files, const char *device, json_t *task)
{
	char password[HTTP_AUTH_TEXT_MAX];
	int err;

	if (!files->options->is_authenticated)
		return 0;
	/* It may have others, which we do not know: it has them configured. */
	if (acs_logins_has(files->logins, device) ||
		acs_logins_password(files->logins, device, password, sizeof(password)))
		return 0;
	err = set(task, "Username", json_string(device));
	return err ? err : set(task, "Password", json_string(password));
}

static int
complete_download(json_t *task, const struct acs_file *file)
{
	int err = 0;

	if (file->size <= UINT32_MAX)
		err = set(task, "FileSize", json_integer((json_int_t)file->size));
	if (!err && *file->file_type && !json_object_get(task, "FileType"))
		err = set(task, "FileType", json_string(file->file_type));
	return err;
}

int
acs_files_complete(void *context, struct sb_session *s, const char *device, json_t *task)
{
	const struct acs_files *files = context;
	const char *method = json_string_value(json_object_get(task, "method"));
	const char *name = json_string_value(json_object_get(task, "file"));
	const struct acs_file *file = NULL;
	char url[ACS_URL_SIZE];
	int err;

	if (!method || !name)
		return SB_ENOENT;
	if (strcmp(method, "upload") == 0) {
		err = acs_upload_url(files, s, device, name, url);
	} else {
		file = acs_files_find(files, s, name);
		err = acs_files_are_present(files, s) ? SB_ENOENT : SB_AGAIN;
		if (file)
			err = acs_file_url(files, file, url);
	}
	if (!err)
		err = set(task, "URL", json_string(url));
	if (!err && file)
		err = complete_download(task, file);
	return err ? err : set_password(files, device, task);
}
