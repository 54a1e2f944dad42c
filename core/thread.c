#include "core/thread_internal.h"

#include "core/error.h"

#include <signal.h>

/* Blocked before it begins, since the node may begin to block them later than this. */
int
sb_thread_start(pthread_t *thread, const char *name, void *(*run)(void *argument), void *argument)
{
	sigset_t all, old;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	failed = pthread_create(thread, NULL, run, argument);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (failed)
		return SB_ENOMEM;
	/* Without its name it runs as well. */
	(void)pthread_setname_np(*thread, name);
	return 0;
}
