#include "daemons/smpp-mc/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct mc_slab entries, lanes;
static struct mc_queue queue;
static bool has_room_now;

static int
open_queue(void **state)
{
	(void)state;
	mc_slab_init(&entries, sizeof(struct mc_entry));
	mc_slab_init(&lanes, sizeof(struct mc_lane));
	mc_queue_init(&queue, &entries, &lanes, 3);
	has_room_now = true;
	return 0;
}

static int
close_queue(void **state)
{
	(void)state;
	assert_int_equal(mc_queue_length(&queue), 0);
	assert_int_equal(lanes.used, 0);
	mc_queue_fini(&queue);
	mc_slab_fini(&entries);
	mc_slab_fini(&lanes);
	return 0;
}

static uint32_t
add(uint32_t destination, uint8_t priority)
{
	static uint64_t id;
	uint32_t number = mc_slab_take(&entries);
	struct mc_entry *entry = mc_entry_at(&entries, number);

	entry->id = ++id;
	entry->source = 1;
	entry->destination = destination;
	entry->priority = priority;
	mc_queue_add(&queue, number);
	return number;
}

static bool
has_room(void *context, uint16_t bind)
{
	assert_ptr_equal(context, &queue);
	assert_int_equal(bind, 9);
	return has_room_now;
}

static uint32_t
take(void)
{
	uint16_t bind;

	return mc_queue_take(&queue, has_room, &queue, &bind);
}

static uint32_t
fly(void)
{
	uint32_t number = take();

	if (number)
		assert_int_equal(mc_queue_fly(&queue, number, 9), 0);
	return number;
}

static void
finish(uint32_t number)
{
	mc_queue_land(&queue, number);
}

static void
test_entries_go_by_priority_and_then_in_order(void **state)
{
	uint32_t a = add(1, 0), b = add(2, 3), c = add(3, 0), d = add(4, 3), e = add(5, 200);

	(void)state;
	assert_int_equal(take(), e);
	assert_int_equal(take(), b);
	assert_int_equal(take(), d);
	assert_int_equal(take(), a);
	assert_int_equal(take(), c);
	assert_int_equal(take(), 0);
}

static void
test_what_comes_back_has_its_old_place(void **state)
{
	uint32_t a = add(1, 0), b = add(2, 0), c = add(3, 0);

	(void)state;
	assert_int_equal(take(), a);
	assert_int_equal(take(), b);
	mc_queue_return(&queue, b);
	mc_queue_return(&queue, a);
	assert_int_equal(take(), a);
	assert_int_equal(take(), b);
	assert_int_equal(take(), c);
}

static void
test_a_lane_stays_with_its_bind_and_parks_what_has_no_room(void **state)
{
	uint32_t a = add(1, 0), b = add(1, 0), c = add(1, 0), other = add(2, 0);
	uint16_t bind;

	(void)state;
	assert_int_equal(fly(), a);
	assert_int_equal(mc_queue_take(&queue, has_room, &queue, &bind), b);
	assert_int_equal(bind, 9);
	assert_int_equal(mc_queue_fly(&queue, b, 9), 0);
	has_room_now = false;
	assert_int_equal(mc_queue_take(&queue, has_room, &queue, &bind), other);
	assert_int_equal(bind, MC_NO_BIND);
	assert_int_equal(mc_entry_at(&entries, c)->state, MC_ENTRY_PARKED);
	assert_int_equal(take(), 0);
	finish(a);
	assert_int_equal(take(), 0); /* still none */
	has_room_now = true;
	finish(b);
	assert_int_equal(fly(), c);
	finish(c);
}

static void
test_a_lane_that_backs_off_keeps_its_order(void **state)
{
	uint32_t a = add(1, 0), b = add(1, 0), c, lane;

	(void)state;
	assert_int_equal(fly(), a);
	assert_int_equal(fly(), b);
	finish(a);
	lane = mc_queue_park(&queue, a);
	((struct mc_lane *)mc_slab_at(&lanes, lane))->place = 1;
	finish(b);
	assert_int_equal(mc_queue_park(&queue, b), lane);
	c = add(1, 0);
	assert_int_equal(take(), 0);
	((struct mc_lane *)mc_slab_at(&lanes, lane))->place = 0;
	mc_queue_wake(&queue, lane);
	assert_int_equal(fly(), a);
	assert_int_equal(fly(), b);
	assert_int_equal(fly(), c);
	finish(a);
	finish(b);
	finish(c);
}

/* Found by the sink that fails every other time: the leader met its own lane's back-off. */
static void
test_a_leader_that_meets_a_back_off_leads_again_later(void **state)
{
	uint32_t a = add(1, 0), b = add(1, 0), lane;

	(void)state;
	assert_int_equal(fly(), a);
	has_room_now = false;
	assert_int_equal(take(), 0);
	has_room_now = true;
	finish(a); /* b is the leader now */
	lane = mc_queue_park(&queue, a);
	((struct mc_lane *)mc_slab_at(&lanes, lane))->place = 1;
	assert_int_equal(take(), 0);
	((struct mc_lane *)mc_slab_at(&lanes, lane))->place = 0;
	mc_queue_wake(&queue, lane);
	assert_int_equal(fly(), a);
	finish(a);
	assert_int_equal(fly(), b);
	finish(b);
}

static void
test_a_removed_leader_lets_the_next_one_lead(void **state)
{
	uint32_t a = add(1, 0), b = add(1, 0), c = add(1, 0);

	(void)state;
	assert_int_equal(fly(), a);
	has_room_now = false;
	assert_int_equal(take(), 0);
	finish(a);
	mc_queue_remove(&queue, b);
	has_room_now = true;
	assert_int_equal(fly(), c);
	finish(c);
}

static void
test_what_a_lost_bind_had_comes_before_what_waited(void **state)
{
	uint32_t a = add(1, 0), b = add(1, 0), c = add(1, 0);

	(void)state;
	assert_int_equal(fly(), a);
	assert_int_equal(fly(), b);
	has_room_now = false;
	assert_int_equal(take(), 0);
	mc_queue_park(&queue, b);
	mc_queue_park(&queue, a);
	mc_queue_land_pair(&queue, 1, 1);
	mc_queue_land_pair(&queue, 1, 1);
	has_room_now = true;
	assert_int_equal(fly(), a);
	assert_int_equal(fly(), b);
	assert_int_equal(fly(), c);
	finish(a);
	finish(b);
	finish(c);
}

/* Found by the centre that is cut at any instant. */
static void
test_what_a_lost_bind_had_comes_before_the_leader_as_well(void **state)
{
	uint32_t a = add(1, 0), b = add(1, 0), c = add(1, 0);

	(void)state;
	assert_int_equal(fly(), a);
	assert_int_equal(fly(), b);
	has_room_now = false;
	assert_int_equal(take(), 0);
	finish(b); /* and c leads */
	has_room_now = true;
	mc_queue_park(&queue, a);
	mc_queue_land_pair(&queue, 1, 1);
	assert_int_equal(fly(), a);
	assert_int_equal(fly(), c);
	finish(a);
	finish(c);
}

/* The same: its text was read from the store, and a later one had its own at hand. */
static void
test_nothing_overtakes_what_is_being_read(void **state)
{
	uint32_t a = add(1, 0), b = add(1, 0), other = add(2, 0);

	(void)state;
	assert_int_equal(take(), a);
	mc_queue_lead(&queue, a);
	assert_int_equal(fly(), other);
	assert_int_equal(mc_entry_at(&entries, b)->state, MC_ENTRY_PARKED);
	mc_queue_return(&queue, a);
	assert_int_equal(fly(), a);
	assert_int_equal(fly(), b);
	finish(a);
	finish(b);
	finish(other);
}

static void
test_a_parked_entry_can_be_removed(void **state)
{
	uint32_t a = add(1, 0), b = add(1, 0);

	(void)state;
	assert_int_equal(fly(), a);
	has_room_now = false;
	assert_int_equal(take(), 0);
	assert_true(mc_queue_has_lane(&queue, 1, 1));
	mc_queue_remove(&queue, b);
	finish(a);
	assert_false(mc_queue_has_lane(&queue, 1, 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_queue, close_queue)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_entries_go_by_priority_and_then_in_order),
		TEST(test_what_comes_back_has_its_old_place),
		TEST(test_a_lane_stays_with_its_bind_and_parks_what_has_no_room),
		TEST(test_a_lane_that_backs_off_keeps_its_order),
		TEST(test_a_leader_that_meets_a_back_off_leads_again_later),
		TEST(test_a_removed_leader_lets_the_next_one_lead),
		TEST(test_what_a_lost_bind_had_comes_before_what_waited),
		TEST(test_what_a_lost_bind_had_comes_before_the_leader_as_well),
		TEST(test_nothing_overtakes_what_is_being_read),
		TEST(test_a_parked_entry_can_be_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
