/* Decoders of several threads at once, the first ones of the process; an envelope is freed on a
 * thread that did not make it. */
#include "tests/protocols/cwmp/documents.h"

#include <pthread.h>

#define THREADS   4
#define DOCUMENTS 200

static struct cwmp_envelope *last[THREADS];

static void *
decode_many(void *argument)
{
	struct cwmp_envelope **envelope = argument;
	struct cwmp_decoder *decoder = cwmp_decoder_new(sb_env_system(), NULL);
	int failed = decoder == NULL;

	for (int i = 0; !failed && i < DOCUMENTS; i++) {
		cwmp_envelope_free(*envelope);
		/* Every other one with a complaint of libxml2's. */
		failed = cwmp_decode(
			decoder, sb_bytes_text(i % 2 ? VALUE("v & v") : VALUE("v")), envelope);
	}
	cwmp_decoder_free(decoder);
	return failed ? argument : NULL;
}

static void
test_decoders_of_several_threads_know_nothing_of_each_other(void **state)
{
	pthread_t threads[THREADS];
	void *failed;

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, decode_many, &last[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
		assert_int_equal(last[i]->repairs, 1);
		cwmp_envelope_free(last[i]);
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decoders_of_several_threads_know_nothing_of_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
