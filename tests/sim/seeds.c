#include "seeds.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile uint64_t current;

static void
say_seed(void)
{
	char line[64];
	int size = snprintf(line, sizeof(line), "failing seed: %" PRIu64 "\n", current);

	if (write(STDERR_FILENO, line, (size_t)size) < 0)
		_exit(3);
}

/* AddressSanitizer calls it before it reports. */
void __asan_on_error(void);

void
__asan_on_error(void)
{
	say_seed();
}

static void
on_abort(int signal_number)
{
	say_seed();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

void
seeds_check(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	say_seed();
	exit(1);
}

int
seeds_main(int argc, char **argv, unsigned count, void (*run)(uint64_t seed))
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t runs = argc > 2 ? strtoull(argv[2], NULL, 10) : count;

	signal(SIGABRT, on_abort);
	for (current = first; current < first + runs; current++)
		run(current);
	printf("%" PRIu64 " seeds passed\n", runs);
	return 0;
}
