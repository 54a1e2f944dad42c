/* A login as a row: when, and whether it is used, in the head; all else is JSON. */
#include "core/bytes.h"
#include "core/error.h"
#include "daemons/acs/json.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/keeper.h"
#include "daemons/acs/login.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_SIZE \
	(sizeof(((struct http_auth_hash *)0)->md5) + sizeof(((struct http_auth_hash *)0)->sha256))

void
acs_login_head(const struct acs_login_facts *facts, uint8_t head[ACS_LOGIN_HEAD])
{
	struct sb_writer w = sb_writer_of(head, ACS_LOGIN_HEAD);

	sb_put_u64(&w, (uint64_t)facts->changed_ms);
	sb_put_u8(&w, facts->is_used);
}

/* ---- writing ---- */

static json_t *
secret_json(const struct acs_secret *secret)
{
	char hex[2 * HASH_SIZE + 1], id[ACS_ID_SIZE];
	const struct http_auth_hash *hash = &secret->hash;

	for (size_t i = 0; i < sizeof(hash->md5); i++)
		snprintf(hex + 2 * i, 3, "%02x", hash->md5[i]);
	for (size_t i = 0; i < sizeof(hash->sha256); i++)
		snprintf(hex + 2 * (sizeof(hash->md5) + i), 3, "%02x", hash->sha256[i]);
	acs_id_print(id, secret->id);
	return json_pack("{s:s, s:s, s:s}", "username", secret->username, "id", id, "hash", hex);
}

char *
acs_login_body(const struct acs_login_facts *facts)
{
	unsigned before = acs_json_failures();
	json_t *object = json_pack("{s:s, s:s}", "device", facts->device, "realm", facts->realm);

	if (*facts->now.username)
		json_object_set_new(object, "now", secret_json(&facts->now));
	if (*facts->before.username)
		json_object_set_new(object, "before", secret_json(&facts->before));
	if (*facts->request.username)
		json_object_set_new(object, "request",
			json_pack("{s:s, s:s, s:I}", "username", facts->request.username,
				"password", facts->request.password, "changed",
				(json_int_t)facts->request.changed_ms));
	return acs_json_dump(object, before);
}

void
acs_login_body_free(char *body)
{
	if (body)
		OPENSSL_cleanse(body, strlen(body));
	free(body);
}

/* ---- reading ---- */

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
hex_read(const char *hex, uint8_t *out, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		int high = digit_of(hex[2 * i]), low = digit_of(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* A member that is not there is none. */
static bool
secret_read(const json_t *object, const char *name, struct acs_secret *secret)
{
	const json_t *member = json_object_get(object, name);
	const char *hex = acs_json_text(member, "hash", "");
	struct http_auth_hash *hash = &secret->hash;

	secret->username = acs_json_text(member, "username", "");
	if (!member)
		return true;
	return *secret->username && strlen(secret->username) < HTTP_AUTH_TEXT_MAX &&
	       acs_id_parse(acs_json_text(member, "id", ""), &secret->id) && secret->id &&
	       strlen(hex) == 2 * HASH_SIZE && hex_read(hex, hash->md5, sizeof(hash->md5)) &&
	       hex_read(hex + 2 * sizeof(hash->md5), hash->sha256, sizeof(hash->sha256));
}

static bool
facts_read(const json_t *object, const struct sb_store_row *row, struct acs_login_facts *facts)
{
	struct sb_reader r = sb_reader_of(sb_bytes(row->head, row->head_size));
	const json_t *request = json_object_get(object, "request");

	*facts = (struct acs_login_facts){
		.id = row->id,
		.device = acs_json_text(object, "device", ""),
		.realm = acs_json_text(object, "realm", ""),
		.request = {.username = acs_json_text(request, "username", ""),
			.password = acs_json_text(request, "password", ""),
			.changed_ms = acs_json_integer(request, "changed", 0)},
	};
	facts->changed_ms = (int64_t)sb_get_u64(&r);
	facts->is_used = sb_get_u8(&r) != 0;
	return !sb_reader_failed(&r) && *facts->device && strlen(facts->device) <= ACS_NAME_MAX &&
	       secret_read(object, "now", &facts->now) &&
	       secret_read(object, "before", &facts->before);
}

int
acs_login_read(const struct sb_store_row *row, struct acs_login **login)
{
	struct acs_login_facts facts;
	json_t *object;
	int err = acs_json_load(&object, sb_bytes(row->body, row->body_size), 0, NULL);

	*login = NULL;
	if (err)
		return err == SB_ENOMEM ? err : SB_ECORRUPT;
	if (facts_read(object, row, &facts))
		*login = acs_login_new(&facts);
	else
		row = NULL;
	json_decref(object);
	if (*login)
		return 0;
	return row ? SB_ENOMEM : SB_ECORRUPT;
}
