/* The name of a device: one for whatever keeps or finds it. Pure. */
#ifndef SB_CWMP_DEVICE_H
#define SB_CWMP_DEVICE_H

#include "message.h"

#include <sys/types.h>

/* Room for the longest name of a device that keeps to the XSD's lengths, its NUL included: 6 + 64 +
 * 64 characters of four octets, each three when it is encoded, and two dashes. */
#define CWMP_DEVICE_MAX 1611

/*
 * "OUI-ProductClass-SerialNumber", or "OUI-SerialNumber" of a device without a product class, into
 * `out`, NUL-terminated: its length. Octets other than letters, digits and "._~" are
 * percent-encoded, "-" too, so that no two devices share a name. SB_EINVAL: neither OUI nor serial
 * number; SB_ELIMIT: it does not fit.
 */
ssize_t cwmp_device_name(const struct cwmp_device_id *id, char *out, size_t size);

#endif
