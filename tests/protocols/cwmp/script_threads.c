/* Sets of scripts are replaced by one thread while others choose and hold them. */
#include "core/error.h"
#include "core/node.h"
#include "protocols/cwmp/script_internal.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 300

static struct cwmp_scripts *scripts;

static void *
choose(void *context)
{
	static const struct cwmp_inform inform = {.device_id = {"Acme", "00D09E", "Gate", "1"}};
	unsigned *wrong = context;

	for (unsigned i = 0; i < 10 * ROUNDS; i++) {
		char name[CWMP_SCRIPT_NAME_MAX + 1];
		struct script_set *set = script_set_get(scripts);
		const struct script_chunk *chunk = script_set_find(set, NULL, &inform);

		*wrong += !chunk || chunk->size != 8 || memcmp(chunk->text, "return", 6) != 0;
		*wrong += cwmp_scripts_choose(scripts, &inform, name) != 0;
		script_set_release(set);
	}
	return NULL;
}

static void
load(unsigned i)
{
	char name[16], text[16];
	const struct cwmp_script_source source = {
		.name = name, .text = text, .size = 8, .filter = {.oui = "00d09e"}};

	snprintf(name, sizeof(name), "s%u", i);
	snprintf(text, sizeof(text), "return %u", i % 10);
	assert_int_equal(cwmp_scripts_load(scripts, &source, 1, NULL), 0);
}

static void
test_sets_are_replaced_while_others_choose(void **state)
{
	struct sb_node *node = NULL;
	pthread_t threads[2];
	unsigned wrong[2] = {0, 0};

	(void)state;
	assert_int_equal(sb_node_new(&node, NULL), 0);
	assert_int_equal(cwmp_scripts_new(&scripts, node, NULL), 0);
	load(0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, choose, &wrong[i]), 0);
	for (unsigned i = 1; i < ROUNDS; i++)
		load(i);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(wrong[0] + wrong[1], 0);
	cwmp_scripts_free(scripts);
	sb_node_free(node);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets_are_replaced_while_others_choose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
