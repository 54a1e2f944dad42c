/* Rows are read as octets from a wire are: whoever has the file can write into it. */
#include "daemons/erpsd/kv_row.h"

#include "core/bytes.h"
#include "core/error.h"

#define EXTERNAL_TERM 131

/* As erpsd_kv_head_put writes it. A compare-and-swap leaves it alone. */
static const struct sb_store_column columns[] = {
	{"key_size", 2, "octets of the key: with them the body begins, the value follows"},
	{"is_atom", 1, "1: the key is an atom; 0: a binary"},
	{"created_ms", 8, "when the key was put last, compare-and-swaps not counted"},
};

const struct sb_store_kind erpsd_kinds[ERPSD_KIND_COUNT] = {
	[ERPSD_KIND_KV] = {.name = "kv",
		.version = 1,
		.columns = columns,
		.column_count = sizeof(columns) / sizeof(columns[0])},
};

/* Values that are one small thing are shown as text, all others in hexadecimal, as they travel. */
const char erpsd_views[] =
	"DROP VIEW IF EXISTS pairs;"
	"CREATE VIEW pairs AS "
	"SELECT CASE is_atom WHEN 1 THEN ':' ELSE '' END || CAST(substr(body, 1, key_size) AS TEXT)"
	" AS key,"
	" CASE hex(substr(value, 2, 1))"
	"  WHEN '6D' THEN '\"' || CAST(substr(value, 7) AS TEXT) || '\"'"
	"  WHEN '77' THEN ':' || CAST(substr(value, 4) AS TEXT)"
	"  WHEN '73' THEN ':' || CAST(substr(value, 4) AS TEXT)"
	"  WHEN '64' THEN ':' || CAST(substr(value, 5) AS TEXT)"
	"  WHEN '76' THEN ':' || CAST(substr(value, 5) AS TEXT)"
	"  WHEN '6A' THEN '[]'"
	"  ELSE hex(value) END AS value,"
	" revision, length(value) AS octets,"
	" strftime('%Y-%m-%dT%H:%M:%SZ', created_ms / 1000, 'unixepoch') AS put, id "
	"FROM (SELECT *, substr(body, 1 + key_size) AS value FROM kv);";

size_t
erpsd_kv_key(struct erps_term term, size_t limit, uint8_t *out)
{
	char name[1021];
	struct sb_bytes octets;

	if (erps_get_binary(term, &octets)) {
		out[0] = 'b';
	} else if (erps_copy_atom(term, name)) {
		octets = sb_bytes_text(name);
		out[0] = 'a';
	} else {
		return 0;
	}
	if (octets.size > limit || octets.size > ERPSD_KV_KEY_MAX)
		return 0;
	if (octets.size)
		memcpy(out + 1, octets.data, octets.size);
	return 1 + octets.size;
}

void
erpsd_kv_put_key(struct erps_builder *b, struct sb_bytes key)
{
	struct sb_bytes octets = sb_bytes(key.data + 1, key.size - 1);
	char name[ERPSD_KV_KEY_MAX + 1];

	if (key.data[0] == 'b') {
		erps_put_binary(b, octets);
		return;
	}
	memcpy(name, octets.data, octets.size);
	name[octets.size] = '\0';
	erps_put_atom(b, name);
}

void
erpsd_kv_head_put(uint8_t head[ERPSD_KV_HEAD_SIZE], struct sb_bytes key, int64_t now_ms)
{
	struct sb_writer w = sb_writer_of(head, ERPSD_KV_HEAD_SIZE);

	sb_put_u16(&w, (uint16_t)(key.size - 1));
	sb_put_u8(&w, key.data[0] == 'a');
	sb_put_u64(&w, (uint64_t)now_ms);
}

int
erpsd_kv_row_read(
	const struct sb_store_row *row, uint8_t *out, size_t *key_size, struct sb_bytes *value)
{
	struct sb_reader head = sb_reader_of(sb_bytes(row->head, row->head_size));
	struct sb_reader body = sb_reader_of(sb_bytes(row->body, row->body_size));
	size_t size = sb_get_u16(&head);
	uint8_t is_atom = sb_get_u8(&head);
	struct sb_bytes key = sb_get_bytes(&body, size);

	*value = sb_get_bytes(&body, sb_reader_left(&body));
	if (sb_reader_failed(&head) || sb_reader_failed(&body) || is_atom > 1 ||
		size > ERPSD_KV_KEY_MAX || value->size < 2 || value->data[0] != EXTERNAL_TERM)
		return SB_ECORRUPT;
	out[0] = is_atom ? 'a' : 'b';
	if (size)
		memcpy(out + 1, key.data, size);
	*key_size = 1 + size;
	return 0;
}
