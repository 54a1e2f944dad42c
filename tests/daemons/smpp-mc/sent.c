/* Rows of what upstreams have, and the keys by which their receipts are known. */
#include "daemons/smpp-mc/sent.h"

#include "core/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t head[17], body[MC_SENT_BODY_MAX + 1];

/* As sb_txn_put would have got it. */
static struct sb_store_row
row_of(const struct mc_sent *sent)
{
	struct sb_writer w = sb_writer_of(head, sizeof(head));

	sb_put_u32(&w, sent->source);
	sb_put_u32(&w, sent->destination);
	sb_put_u8(&w, sent->part);
	sb_put_u64(&w, (uint64_t)sent->until_ms);
	memcpy(body, sent->body, sent->size);
	return (struct sb_store_row){sent->id, 1, head, sizeof(head), body, sent->size};
}

static void
test_a_row_comes_back_as_it_was(void **state)
{
	struct mc_sent sent = {
		.id = 77, .until_ms = 1764201600000, .source = 1, .destination = 2, .part = 3};
	struct sb_bytes name, id;
	struct sb_store_row row;
	struct mc_sent read;

	(void)state;
	mc_sent_fill(&sent, sb_bytes_text("carrier"), sb_bytes_text("00AbC"));
	row = row_of(&sent);
	assert_int_equal(mc_sent_read(&row, &read), 0);
	assert_int_equal(read.id, 77);
	assert_int_equal(read.until_ms, 1764201600000);
	assert_int_equal(read.source, 1);
	assert_int_equal(read.destination, 2);
	assert_int_equal(read.part, 3);
	mc_sent_split(&read, &name, &id);
	assert_true(sb_bytes_equal(name, sb_bytes_text("carrier")));
	assert_true(sb_bytes_equal(id, sb_bytes_text("00AbC")));
}

static void
test_a_damaged_row_is_refused(void **state)
{
	struct mc_sent sent = {.id = 77, .part = 1}, read;
	struct sb_store_row row;

	(void)state;
	mc_sent_fill(&sent, sb_bytes_text("carrier"), sb_bytes_text("1"));
	row = row_of(&sent);
	for (size_t size = 0; size < row.head_size; size++) {
		struct sb_store_row cut = row;

		cut.head_size = size;
		assert_int_equal(mc_sent_read(&cut, &read), SB_ECORRUPT);
	}
	/* Without an id, or inside the name. */
	for (size_t size = 0; size < row.body_size; size++) {
		struct sb_store_row cut = row;

		cut.body_size = size;
		assert_int_equal(mc_sent_read(&cut, &read), SB_ECORRUPT);
	}
	body[0] = 16;
	row.body_size = sizeof(body);
	assert_int_equal(mc_sent_read(&row, &read), SB_ECORRUPT);
	row.body_size = 40;
	assert_int_equal(mc_sent_read(&row, &read), SB_ECORRUPT);
	row = row_of(&sent);
	row.id = 0;
	assert_int_equal(mc_sent_read(&row, &read), SB_ECORRUPT);
}

static void
test_one_id_in_two_spellings_has_one_key(void **state)
{
	uint64_t key = mc_upstream_key("u", SMPP_ID_HEXADECIMAL, sb_bytes_text("00FF"));

	(void)state;
	assert_int_equal(mc_upstream_key("u", SMPP_ID_DECIMAL, sb_bytes_text("255")), key);
	assert_int_not_equal(mc_upstream_key("v", SMPP_ID_DECIMAL, sb_bytes_text("255")), key);
	assert_int_not_equal(mc_upstream_key("u", SMPP_ID_DECIMAL, sb_bytes_text("256")), key);
	assert_int_not_equal(mc_upstream_key("u", SMPP_ID_AS_IS, sb_bytes_text("A")),
		mc_upstream_key("u", SMPP_ID_AS_IS, sb_bytes_text("a")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_row_comes_back_as_it_was),
		cmocka_unit_test(test_a_damaged_row_is_refused),
		cmocka_unit_test(test_one_id_in_two_spellings_has_one_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
