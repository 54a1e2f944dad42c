/* Making contexts: what all connections of a listener or a connector share. */
#include "core/error.h"
#include "core/tls_internal.h"

#include <openssl/err.h>
#include <string.h>

/* Sessions are resumed by tickets alone: nothing is kept for a client that is gone. */
static const unsigned char session_context[] = "switchboard";

static int
choose_context(SSL *ssl, int *alert, void *argument)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	/* A client that names nobody, or a name that we do not have, gets the first certificate: it
	 * may know what it does. */
	if (name)
		SSL_set_SSL_CTX(ssl, sb_tls_context_for(argument, name));
	return SSL_TLSEXT_ERR_OK;
}

static void
set_manners(SSL_CTX *context)
{
	SSL_CTX_set_options(context,
		SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
			/* Else an end without close_notify would forbid our last answers. */
			SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* What the chain file has is sent, and no more: looking for the rest among the signers of
	 * peers would cost every handshake time, and every peer the memory for our root. */
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					  SSL_MODE_NO_AUTO_CHAIN);
	/* One read of the socket takes what is there, not a record's head and then its body. */
	SSL_CTX_set_read_ahead(context, 1);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(context, session_context, sizeof(session_context) - 1);
	/* A peer of ours opens one connection, not the two that OpenSSL provides for. */
	SSL_CTX_set_num_tickets(context, 1);
}

static int
set_versions(SSL_CTX *context, const struct sb_tls_options *options)
{
	/* 1.0 and 1.1 are not on offer, whatever is configured. */
	const char *version = options->min_version ? options->min_version : "1.2";
	int lowest = 0;

	if (strcmp(version, "1.2") == 0)
		lowest = TLS1_2_VERSION;
	else if (strcmp(version, "1.3") == 0)
		lowest = TLS1_3_VERSION;
	if (!lowest || !SSL_CTX_set_min_proto_version(context, lowest))
		return SB_EINVAL;
	return 0;
}

/* "optional" asks and checks, but takes a client without a certificate. */
static void
set_verification(SSL_CTX *context, const struct sb_tls_options *options, bool is_server)
{
	int mode = SSL_VERIFY_NONE;

	if (options->verify != SB_TLS_VERIFY_NONE)
		mode = SSL_VERIFY_PEER;
	if (options->verify == SB_TLS_VERIFY_REQUIRED && is_server)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(context, mode, NULL);
}

static int
fill_context(SSL_CTX *context, const struct sb_tls_options *options,
	const struct sb_tls_certificate *certificate, bool is_server, struct sb_tls_reason reason)
{
	int err;

	set_manners(context);
	set_verification(context, options, is_server);
	if (set_versions(context, options))
		return sb_tls_explain(SB_EINVAL, "min_version", "is 1.2 or 1.3", reason);
	if (options->ciphers && !SSL_CTX_set_cipher_list(context, options->ciphers))
		return sb_tls_explain(SB_EINVAL, "ciphers", NULL, reason);
	if (certificate) {
		err = sb_tls_use_certificate(context, certificate, reason);
		if (err)
			return err;
	}
	if (options->verify == SB_TLS_VERIFY_NONE)
		return 0;
	return sb_tls_use_ca(context, options->ca, is_server, reason);
}

/* Counted before it is filled: sb_tls_free frees what is half made. */
static int
add_context(struct sb_tls *tls, const struct sb_tls_options *options,
	const struct sb_tls_certificate *certificate, struct sb_tls_reason reason)
{
	struct sb_tls_server_name *name = &tls->names[tls->name_count];

	name->context = SSL_CTX_new(tls->is_server ? TLS_server_method() : TLS_client_method());
	if (!name->context)
		return sb_tls_explain(SB_ENOMEM, "TLS", NULL, reason);
	tls->name_count++;
	if (certificate && certificate->server_name) {
		name->name = OPENSSL_strdup(certificate->server_name);
		if (!name->name)
			return sb_tls_explain(SB_ENOMEM, "TLS", NULL, reason);
	}
	return fill_context(name->context, options, certificate, tls->is_server, reason);
}

static int
add_contexts(struct sb_tls *tls, const struct sb_tls_options *options, size_t count,
	struct sb_tls_reason reason)
{
	for (size_t i = 0; i < count; i++) {
		const struct sb_tls_certificate *certificate =
			options->certificate_count ? &options->certificates[i] : NULL;
		int err = add_context(tls, options, certificate, reason);

		if (err)
			return err;
	}
	return 0;
}

/* Whether the options make sense together. */
static int
check_options(const struct sb_tls_options *options, bool is_server, struct sb_tls_reason reason)
{
	if (is_server && !options->certificate_count)
		return sb_tls_explain(SB_EINVAL, "certificate", "a server needs one", reason);
	if (is_server && options->verify != SB_TLS_VERIFY_NONE && !options->ca)
		return sb_tls_explain(SB_EINVAL, "ca", "needed to verify clients", reason);
	for (size_t i = 1; i < options->certificate_count; i++)
		if (!options->certificates[i].server_name)
			return sb_tls_explain(
				SB_EINVAL, "server_name", "missing after the first", reason);
	return 0;
}

static struct sb_tls *
tls_alloc(const struct sb_tls_options *options, size_t count, bool is_server)
{
	struct sb_tls *tls = OPENSSL_zalloc(sizeof(*tls) + count * sizeof(tls->names[0]));

	if (!tls)
		return NULL;
	tls->references = 1;
	tls->is_server = is_server;
	tls->verify = options->verify;
	tls->bio_method = sb_tls_bio_method_new();
	if (tls->bio_method)
		return tls;
	OPENSSL_free(tls);
	return NULL;
}

static int
tls_new(struct sb_tls **out, const struct sb_tls_options *options, bool is_server,
	struct sb_tls_reason reason)
{
	/* A client has one certificate to show, or none. */
	size_t count = is_server ? options->certificate_count : 1;
	struct sb_tls *tls;
	int err = check_options(options, is_server, reason);

	if (err)
		return err;
	tls = tls_alloc(options, count, is_server);
	if (!tls)
		return sb_tls_explain(SB_ENOMEM, "TLS", NULL, reason);
	err = add_contexts(tls, options, count, reason);
	if (err) {
		sb_tls_free(tls);
		return err;
	}
	*out = tls;
	return 0;
}

int
sb_tls_server_new(
	struct sb_tls **tls, const struct sb_tls_options *options, char *reason, size_t reason_size)
{
	SSL_CTX *first;
	int err = tls_new(tls, options, true, (struct sb_tls_reason){reason, reason_size});

	if (err)
		return err;
	first = (*tls)->names[0].context;
	/* On the first alone: every handshake begins with it. */
	SSL_CTX_set_tlsext_servername_callback(first, choose_context);
	SSL_CTX_set_tlsext_servername_arg(first, *tls);
	return 0;
}

int
sb_tls_client_new(
	struct sb_tls **tls, const struct sb_tls_options *options, char *reason, size_t reason_size)
{
	return tls_new(tls, options, false, (struct sb_tls_reason){reason, reason_size});
}

/* For each connection: the context outlives its listener as long as one of them lives. */
struct sb_tls *
sb_tls_hold(struct sb_tls *tls)
{
	atomic_fetch_add_explicit(&tls->references, 1, memory_order_relaxed);
	return tls;
}

/* Contexts are counted, since connections outlive a configuration that was reloaded. */
void
sb_tls_free(struct sb_tls *tls)
{
	if (!tls || atomic_fetch_sub_explicit(&tls->references, 1, memory_order_acq_rel) > 1)
		return;
	for (size_t i = 0; i < tls->name_count; i++) {
		SSL_CTX_free(tls->names[i].context);
		OPENSSL_free(tls->names[i].name);
	}
	BIO_meth_free(tls->bio_method);
	OPENSSL_free(tls);
}
