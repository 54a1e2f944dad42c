/*
 * Certificates for tests, made afresh: PEM files in a folder of their own under
 * the system's temporary one. NAME.pem is a certificate, NAME.key its key.
 *
 * certificates_open makes a usual set (P-256, valid ten years back and ahead, so that it suits the
 * clock of a simulation, too):
 *
 *	ca, other-ca            two authorities that know nothing of each other
 *	server                  localhost, 127.0.0.1, ::1, by ca
 *	expired, not-yet        the same, out of their time
 *	wrong-name              elsewhere.example
 *	other-server            localhost, 127.0.0.1, by other-ca
 *	wildcard                *.mc.example
 *	client                  CN=client, by ca
 *	expired-client          CN=client, by ca, expired
 *	other-client            CN=client, by other-ca
 */
#ifndef SB_TESTS_SUPPORT_CERTIFICATES_H
#define SB_TESTS_SUPPORT_CERTIFICATES_H

#include <stdbool.h>
#include <stddef.h>

#define CERTIFICATES_PATH 256

struct certificates {
	char folder[CERTIFICATES_PATH / 2];
	bool is_temporary;
};

struct certificate_options {
	const char *name;        /* of its files */
	const char *issuer;      /* a name made before; NULL: signs itself, and may sign others */
	const char *common_name; /* NULL: the name */
	size_t common_name_size; /* 0: to its NUL */
	const char *
		alt_names[9]; /* "DNS:localhost", "IP:127.0.0.1", "email:...", "URI:..."; to NULL */
	const char *passphrase; /* of the key; NULL: none */
	long from, until;       /* seconds from now; both 0: the usual */
};

/* Makes a temporary folder with the usual set. 0 or -1; what failed is said on standard error. */
int certificates_open(struct certificates *c);

/* The usual set into a folder that is there. */
int certificates_open_in(struct certificates *c, const char *folder);

/* Removes a temporary folder and all in it. */
void certificates_close(struct certificates *c);

/* Makes one more. 0 or -1. */
int certificates_add(const struct certificates *c, const struct certificate_options *options);

/* The path of a file, "server.pem", in `path` of CERTIFICATES_PATH octets, which is returned. */
const char *certificates_path(const struct certificates *c, const char *file, char *path);

#endif
