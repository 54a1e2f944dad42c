/* A UDP socket owned by a session. */
#ifndef SB_CORE_DATAGRAM_H
#define SB_CORE_DATAGRAM_H

#include "bytes.h"
#include "peer.h"

#include <stddef.h>
#include <stdint.h>

struct sb_datagram;
struct sb_session;

struct sb_datagram_options {
	const char *address;  /* "0.0.0.0:3478" to bind to; copied */
	size_t max_size;      /* larger datagrams are dropped and counted; 0: 2048 */
	uint32_t turn_budget; /* datagrams received a turn; 0: 64 */
	void (*received)(struct sb_session *s, struct sb_datagram *socket,
		const union sb_socket_address *from, struct sb_bytes in);
};

/* Opens a socket that ends with its session. 0, SB_EINVAL, SB_EADDRINUSE, SB_EACCES, SB_EMFILE,
 * SB_ENOMEM, SB_ENOTSUP (the environment has no datagrams), SB_GONE (after sb_close). */
int sb_datagram_open(struct sb_session *s, const struct sb_datagram_options *options,
	struct sb_datagram **socket);
void sb_datagram_close(struct sb_datagram *socket);

/* Sends one datagram now: 0, SB_FULL when the kernel has no room (it is not queued), or an error.
 */
int sb_datagram_send(struct sb_datagram *socket, const union sb_socket_address *to,
	const void *data, size_t size);
uint16_t sb_datagram_port(const struct sb_datagram *socket);

#endif
