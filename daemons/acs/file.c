#include "daemons/acs/file.h"

#include "core/bytes.h"
#include "core/error.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/kinds.h"
#include "daemons/acs/text_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
acs_file_name_is_fine(const char *name)
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "._-";
	size_t size = strlen(name);

	return size > 0 && size <= ACS_FILE_NAME_MAX && name[0] != '.' &&
	       strspn(name, fine) == size;
}

/* ---- JSON ---- */

/* A text that is not there is "". False: it does not fit. */
static bool
take(const json_t *object, const char *key, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (text && strlen(text) >= size)
		return false;
	memcpy(out, text ? text : "", text ? strlen(text) + 1 : 1);
	return true;
}

bool
acs_file_take(struct acs_file *file, const json_t *object)
{
	bool is_fine = true;

#define X(field, key, most) \
	is_fine = take(object, key, file->field, sizeof(file->field)) && is_fine;
	ACS_FILE_TEXT_MAP(X)
#undef X
	return is_fine;
}

static void
put(json_t *object, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(object, key, json_string(text));
}

static json_t *
texts_of(const struct acs_file *file)
{
	json_t *object = json_object();

	if (!object)
		return NULL;
	put(object, "name", file->name);
	put(object, "sha256", file->sha256);
#define X(field, key, most) put(object, key, file->field);
	ACS_FILE_TEXT_MAP(X)
#undef X
	return object;
}

json_t *
acs_file_object(const struct acs_file *file)
{
	unsigned before = acs_json_failures();
	json_t *object = texts_of(file);
	char changed[ACS_TIME_SIZE];

	if (!object)
		return NULL;
	json_object_set_new(object, "size", json_integer((json_int_t)file->size));
	acs_time_print(changed, file->changed_ms);
	put(object, "changed", changed);
	return acs_json_whole(object, before);
}

/* ---- rows ---- */

void
acs_file_head(const struct acs_file *file, uint8_t head[ACS_FILE_HEAD])
{
	struct sb_writer w = sb_writer_of(head, ACS_FILE_HEAD);

	sb_put_u64(&w, (uint64_t)file->changed_ms);
	sb_put_u64(&w, file->size);
	sb_put_u32(&w, file->pieces);
	sb_put_u8(&w, file->is_whole);
}

char *
acs_file_body(const struct acs_file *file)
{
	unsigned before = acs_json_failures();
	json_t *object = texts_of(file);

	put(object, "token", file->token);
	return acs_json_dump(object, before);
}

int
acs_file_read(struct acs_file *file, const struct sb_store_row *row)
{
	struct sb_reader r = sb_reader_of(sb_bytes(row->head, row->head_size));
	json_t *object;
	bool is_fine;
	int err = acs_json_load(&object, sb_bytes(row->body, row->body_size), 0, NULL);

	if (err)
		return err == SB_ENOMEM ? err : SB_ECORRUPT;
	*file = (struct acs_file){.id = row->id};
	file->changed_ms = (int64_t)sb_get_u64(&r);
	file->size = sb_get_u64(&r);
	file->pieces = sb_get_u32(&r);
	file->is_whole = sb_get_u8(&r) != 0;
	is_fine = acs_file_take(file, object) &&
		  take(object, "name", file->name, sizeof(file->name)) &&
		  take(object, "sha256", file->sha256, sizeof(file->sha256)) &&
		  take(object, "token", file->token, sizeof(file->token));
	is_fine = is_fine && !sb_reader_failed(&r);
	json_decref(object);
	return is_fine && acs_file_name_is_fine(file->name) ? 0 : SB_ECORRUPT;
}

uint64_t
acs_piece_id(uint64_t file, uint32_t number)
{
	return file << ACS_FILE_PIECE_BITS | number;
}

void
acs_piece_head(uint64_t file, uint32_t number, uint8_t head[ACS_PIECE_HEAD])
{
	struct sb_writer w = sb_writer_of(head, ACS_PIECE_HEAD);

	sb_put_u64(&w, file);
	sb_put_u32(&w, number);
}

int
acs_file_erase(struct sb_txn *txn, const struct acs_file *file)
{
	int err = sb_txn_del(txn, ACS_KIND_FILE, file->id);

	for (uint32_t i = 0; i < file->pieces && !err; i++)
		err = sb_txn_del(txn, ACS_KIND_CHUNK, acs_piece_id(file->id, i));
	return err;
}
