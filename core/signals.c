/*
 * SIGTERM, SIGINT and SIGHUP, read from a descriptor by shard 0: a handler could do next
 * to nothing, a descriptor is watched like any other. They are blocked before the
 * threads start, which inherit that.
 */
#include "core/node_internal.h"
#include "core/session_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct sb_signals {
	struct sb_io io; /* first */
	struct sb_node *node;
	sigset_t mask, old_mask;
};

static void
hang_up(struct sb_node *node)
{
	if (node->hangup)
		node->hangup(node, node->hangup_context);
	else
		SB_LOG_TO(node->log, WARNING, "node.hangup");
}

void
sb_node_on_hangup(
	struct sb_node *node, void (*heard)(struct sb_node *node, void *context), void *context)
{
	node->hangup = heard;
	node->hangup_context = context;
}

static void
ready(struct sb_io *io, int events)
{
	struct sb_signals *signals = (struct sb_signals *)io;
	struct signalfd_siginfo info;

	(void)events;
	/* The environment has no signals: this is the real one's, or nobody's. */
	while (read(io->fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			hang_up(signals->node);
			continue;
		}
		SB_LOG_TO(signals->node->log, INFO, "node.signal", "signal",
			SB_STR(sigabbrev_np((int)info.ssi_signo)));
		sb_node_stop(signals->node);
	}
}

int
sb_signals_new(struct sb_node *node)
{
	struct sb_shard *shard = &node->shards[0];
	struct sb_signals *signals = calloc(1, sizeof(*signals));

	if (!signals)
		return SB_ENOMEM;
	sigemptyset(&signals->mask);
	sigaddset(&signals->mask, SIGTERM);
	sigaddset(&signals->mask, SIGINT);
	/* Who means "reload" by it must not cut every peer off. */
	if (node->survives_hangup)
		sigaddset(&signals->mask, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals->mask, &signals->old_mask);
	signals->node = node;
	signals->io.ready = ready;
	signals->io.fd = signalfd(-1, &signals->mask, SFD_NONBLOCK | SFD_CLOEXEC);
	if (signals->io.fd < 0) {
		pthread_sigmask(SIG_SETMASK, &signals->old_mask, NULL);
		free(signals);
		return SB_EMFILE;
	}
	node->signals = signals;
	shard->env->loop_watch(shard->loop, &signals->io, SB_READABLE);
	return 0;
}

void
sb_signals_free(struct sb_node *node)
{
	struct sb_signals *signals = node->signals;
	struct sb_shard *shard = &node->shards[0];
	const struct timespec no_wait = {0};

	if (!signals)
		return;
	shard->env->loop_watch(shard->loop, &signals->io, 0);
	close(signals->io.fd);
	/* One that came after the stop must not end a process that has ended well. */
	while (sigtimedwait(&signals->mask, NULL, &no_wait) > 0)
		;
	pthread_sigmask(SIG_SETMASK, &signals->old_mask, NULL);
	free(signals);
	node->signals = NULL;
}
