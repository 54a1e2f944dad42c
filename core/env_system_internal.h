/* The parts of the real environment. */
#ifndef SB_CORE_ENV_SYSTEM_INTERNAL_H
#define SB_CORE_ENV_SYSTEM_INTERNAL_H

#include "env.h"

/* env_socket.c */
int sb_system_listen(
	void *context, const union sb_socket_address *at, int backlog, bool is_first, int *fd);
int sb_system_adopt(void *context, int fd);
int sb_system_accept(void *context, int fd, union sb_socket_address *peer, int *accepted);
void sb_system_refuse(void *context, int fd);
int sb_system_connect(void *context, const union sb_socket_address *to,
	const union sb_socket_address *from, int *fd);
int sb_system_tune(void *context, int fd, const struct sb_socket_options *options);
int sb_system_error(void *context, int fd);
int sb_system_name(void *context, int fd, union sb_socket_address *local);
ssize_t sb_system_read(void *context, int fd, void *buf, size_t size);
ssize_t sb_system_write(void *context, int fd, const void *data, size_t size);
int sb_system_finish(void *context, int fd);
void sb_system_close(void *context, int fd);
void sb_system_abort(void *context, int fd);

/* env_datagram.c */
int sb_system_datagram_open(void *context, const union sb_socket_address *at, int *fd);
ssize_t sb_system_datagram_receive(
	void *context, int fd, union sb_socket_address *from, void *buf, size_t size);
int sb_system_datagram_send(
	void *context, int fd, const union sb_socket_address *to, const void *data, size_t size);

/* env_loop.c */
int sb_system_loop_new(void *context, unsigned shard, struct sb_loop **loop);
void sb_system_loop_free(struct sb_loop *loop);
void sb_system_loop_watch(struct sb_loop *loop, struct sb_io *io, int events);
void sb_system_loop_poll(struct sb_loop *loop, int64_t wait_ns);
void sb_system_loop_wake(struct sb_loop *loop);

/* env_work.c */
int sb_system_work_submit(void *context, struct sb_work *work);

#endif
