/* How often one device may be asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/cwmp/requester_internal.h"

#include <cmocka.h>

#define SECOND   UINT64_C(1000000000)
#define BURST    2
#define INTERVAL 10000

static struct cwmp_limiter limiter;

static bool
take(uint64_t device, uint64_t now_ns)
{
	return cwmp_limiter_take(&limiter, device, now_ns, BURST, INTERVAL);
}

static void
test_a_burst_passes_and_then_one_each_interval(void **state)
{
	uint64_t now = 1000 * SECOND;

	(void)state;
	memset(&limiter, 0, sizeof(limiter));
	assert_true(take(1, now));
	assert_true(take(1, now));
	assert_false(take(1, now));
	assert_false(take(1, now + 9 * SECOND));
	assert_true(take(1, now + 10 * SECOND));
	assert_false(take(1, now + 19 * SECOND));
	assert_true(take(1, now + 20 * SECOND));
	assert_true(take(0, now));
}

static void
test_the_one_asked_longest_ago_makes_room(void **state)
{
	uint64_t now = 1000 * SECOND;

	(void)state;
	memset(&limiter, 0, sizeof(limiter));
	/* All of one set. */
	for (uint64_t i = 0; i < CWMP_LIMITER_WAYS; i++)
		for (int n = 0; n < BURST; n++)
			assert_true(take(7 + i * CWMP_LIMITER_SETS, now + i * SECOND));
	assert_false(take(7, now + 5 * SECOND));
	assert_true(take(7 + CWMP_LIMITER_WAYS * CWMP_LIMITER_SETS, now + 6 * SECOND));
	/* Asked in vain is asked, too: the second had to go. */
	assert_false(take(7, now + 6 * SECOND));
	assert_true(take(7 + CWMP_LIMITER_SETS, now + 6 * SECOND));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_burst_passes_and_then_one_each_interval),
		cmocka_unit_test(test_the_one_asked_longest_ago_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
