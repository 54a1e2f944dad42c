/* Memory that is out: at each allocation of acs, and of its libraries on its behalf. */
#include "tests/daemons/acs/things.h"
#include "tests/support/memory/failing_memory.h"

static void
runs(bool is_running)
{
	failing_memory_pause(!is_running);
}

static void
setup(void)
{
	whole.bed.runs = runs;
	whole.bed.kernel_memory = failing_memory_spare;
}

int
main(void)
{
	static const struct trouble memory = {
		.name = "memory",
		.setup = setup,
		.begin = failing_memory_begin,
		.end = failing_memory_end,
		.has_failed = failing_memory_has_failed,
		.tries = 12,
	};

	return things_main(&memory);
}
