/* UDP sockets of the kernel. */
#include "core/env_system_internal.h"
#include "core/error.h"
#include "core/network.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

int
sb_system_datagram_open(void *context, const union sb_socket_address *at, int *fd)
{
	int made = socket(at->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	(void)context;
	if (made < 0)
		return sb_error_from_errno(errno);
	if (bind(made, &at->any, sb_sockaddr_length(&at->any))) {
		err = sb_error_from_errno(errno);
		close(made);
		return err;
	}
	*fd = made;
	return 0;
}

ssize_t
sb_system_datagram_receive(
	void *context, int fd, union sb_socket_address *from, void *buf, size_t size)
{
	socklen_t length = sizeof(*from);
	ssize_t n;

	(void)context;
	do {
		/* MSG_TRUNC gives the whole size of one that is too large, so that it is seen as
		 * such. */
		n = recvfrom(fd, buf, size, MSG_TRUNC, &from->any, &length);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? sb_error_from_errno(errno) : n;
}

int
sb_system_datagram_send(
	void *context, int fd, const union sb_socket_address *to, const void *data, size_t size)
{
	ssize_t n;

	(void)context;
	do {
		n = sendto(fd, data, size, MSG_NOSIGNAL, &to->any, sb_sockaddr_length(&to->any));
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	if (errno == EAGAIN || errno == ENOBUFS)
		return SB_FULL;
	return errno == EMSGSIZE ? SB_EINVAL : sb_error_from_errno(errno);
}
