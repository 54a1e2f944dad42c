/* Certificates, keys and signers: from PEM files into a context. */
#include "core/error.h"
#include "core/tls_internal.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <unistd.h>

int
sb_tls_explain(int error, const char *subject, const char *text, struct sb_tls_reason reason)
{
	/* The oldest error is the cause, those after it say where it was met. */
	if (!text)
		text = ERR_reason_error_string(ERR_peek_error());
	if (reason.text && reason.size)
		snprintf(reason.text, reason.size, "%s: %s", subject,
			text ? text : sb_error_text(error));
	/* The queue is the thread's: what stays in it would be the next caller's error. */
	ERR_clear_error();
	return error;
}

/* A key with a passphrase is refused: OpenSSL's own would ask at the terminal, and wait. */
static int
no_passphrase(char *buf, int size, int is_writing, void *context)
{
	(void)buf;
	(void)size;
	(void)is_writing;
	(void)context;
	return -1;
}

/* Asked before OpenSSL opens it, for an answer in our own terms. */
static int
can_read(const char *file, struct sb_tls_reason reason)
{
	if (access(file, R_OK) == 0)
		return 0;
	if (errno == EACCES)
		return sb_tls_explain(SB_EACCES, file, "permission denied", reason);
	return sb_tls_explain(SB_ENOENT, file, "no such file", reason);
}

int
sb_tls_use_certificate(
	SSL_CTX *context, const struct sb_tls_certificate *certificate, struct sb_tls_reason reason)
{
	const char *chain = certificate->certificate, *key = certificate->key;
	int err;

	if (!chain || !key)
		return sb_tls_explain(SB_EINVAL, chain ? "key" : "certificate", "missing", reason);
	err = can_read(chain, reason);
	if (!err)
		err = can_read(key, reason);
	if (err)
		return err;
	SSL_CTX_set_default_passwd_cb(context, no_passphrase);
	if (SSL_CTX_use_certificate_chain_file(context, chain) != 1)
		return sb_tls_explain(SB_ETLS, chain, NULL, reason);
	/* This also says whether the key belongs to the certificate. */
	if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
		return sb_tls_explain(SB_ETLS, key, NULL, reason);
	return 0;
}

/* For a server also the list that it shows; a client trusts the system's signers unless it is told
 * whom. */
int
sb_tls_use_ca(SSL_CTX *context, const char *ca, bool is_server, struct sb_tls_reason reason)
{
	STACK_OF(X509_NAME) * names;
	int err;

	if (!ca) {
		if (SSL_CTX_set_default_verify_paths(context) != 1)
			return sb_tls_explain(SB_ETLS, "system's ca", NULL, reason);
		return 0;
	}
	err = can_read(ca, reason);
	if (err)
		return err;
	if (SSL_CTX_load_verify_file(context, ca) != 1)
		return sb_tls_explain(SB_ETLS, ca, NULL, reason);
	if (!is_server)
		return 0;
	/* Told to clients, so that those with several certificates choose one that we take. */
	names = SSL_load_client_CA_file(ca);
	if (!names)
		return sb_tls_explain(SB_ETLS, ca, NULL, reason);
	SSL_CTX_set_client_CA_list(context, names);
	return 0;
}
