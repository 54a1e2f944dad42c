/* A thread of the core's: without signals, which are the node's affair, and with a name for top(1).
 */
#ifndef SB_CORE_THREAD_INTERNAL_H
#define SB_CORE_THREAD_INTERNAL_H

#include <pthread.h>

/* `name` has at most 15 octets. 0 or SB_ENOMEM. */
int
sb_thread_start(pthread_t *thread, const char *name, void *(*run)(void *argument), void *argument);

#endif
