#include "tests/support/certificates.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY  (24 * 3600L)
#define YEAR (365 * DAY)

const char *
certificates_path(const struct certificates *c, const char *file, char *path)
{
	snprintf(path, CERTIFICATES_PATH, "%s/%s", c->folder, file);
	return path;
}

static FILE *
open_file(const struct certificates *c, const char *name, const char *suffix, const char *mode)
{
	char file[64], path[CERTIFICATES_PATH];

	snprintf(file, sizeof(file), "%s%s", name, suffix);
	return fopen(certificates_path(c, file, path), mode);
}

static X509 *
read_certificate(const struct certificates *c, const char *name)
{
	FILE *file = open_file(c, name, ".pem", "r");
	X509 *certificate = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

	if (file)
		fclose(file);
	return certificate;
}

static EVP_PKEY *
read_key(const struct certificates *c, const char *name)
{
	FILE *file = open_file(c, name, ".key", "r");
	EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;

	if (file)
		fclose(file);
	return key;
}

static bool
set_serial(X509 *certificate)
{
	uint64_t serial = 0;

	RAND_bytes((unsigned char *)&serial, sizeof(serial) - 1);
	return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial + 1);
}

static bool
set_subject(X509 *certificate, const struct certificate_options *options)
{
	const char *name = options->common_name ? options->common_name : options->name;
	size_t size = options->common_name_size ? options->common_name_size : strlen(name);
	X509_NAME *subject = X509_get_subject_name(certificate);

	return X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8,
		       (const unsigned char *)"Switchboard", -1, -1, 0) &&
	       X509_NAME_add_entry_by_txt(
		       subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, (int)size, -1, 0);
}

static bool
set_time(X509 *certificate, const struct certificate_options *options)
{
	bool is_usual = !options->from && !options->until;

	return X509_gmtime_adj(
		       X509_getm_notBefore(certificate), is_usual ? -10 * YEAR : options->from) &&
	       X509_gmtime_adj(
		       X509_getm_notAfter(certificate), is_usual ? 10 * YEAR : options->until);
}

static bool
add_alt_name(GENERAL_NAMES *names, const char *text)
{
	static const struct {
		const char *kind;
		int type;
	} kinds[] = {
		{"DNS:", GEN_DNS}, {"IP:", GEN_IPADD}, {"email:", GEN_EMAIL}, {"URI:", GEN_URI}};
	GENERAL_NAME *name = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !name; i++)
		if (strncmp(text, kinds[i].kind, strlen(kinds[i].kind)) == 0)
			name = a2i_GENERAL_NAME(
				NULL, NULL, NULL, kinds[i].type, text + strlen(kinds[i].kind), 0);
	return name && sk_GENERAL_NAME_push(names, name) > 0;
}

static bool
set_alt_names(X509 *certificate, const struct certificate_options *options)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	bool is_done = true;

	for (int i = 0; options->alt_names[i]; i++)
		is_done = is_done && add_alt_name(names, options->alt_names[i]);
	if (sk_GENERAL_NAME_num(names) > 0)
		is_done = is_done &&
			  X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0);
	GENERAL_NAMES_free(names);
	return is_done;
}

static bool
set_authority(X509 *certificate)
{
	X509_EXTENSION *extension =
		X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
	bool is_done = extension && X509_add_ext(certificate, extension, -1);

	X509_EXTENSION_free(extension);
	return is_done;
}

static bool
fill(X509 *certificate, const struct certificate_options *options, EVP_PKEY *key)
{
	return X509_set_version(certificate, X509_VERSION_3) && set_serial(certificate) &&
	       set_subject(certificate, options) && set_time(certificate, options) &&
	       set_alt_names(certificate, options) && X509_set_pubkey(certificate, key) &&
	       (options->issuer || set_authority(certificate));
}

static bool
sign(const struct certificates *c, X509 *certificate, const char *issuer, EVP_PKEY *own_key)
{
	X509 *signer = issuer ? read_certificate(c, issuer) : NULL;
	EVP_PKEY *key = issuer ? read_key(c, issuer) : NULL;
	X509_NAME *name = X509_get_subject_name(signer ? signer : certificate);
	bool is_done = (!issuer || (signer && key)) && X509_set_issuer_name(certificate, name) &&
		       X509_sign(certificate, key ? key : own_key, EVP_sha256());

	EVP_PKEY_free(key);
	X509_free(signer);
	return is_done;
}

static bool
write_files(const struct certificates *c, const struct certificate_options *options,
	X509 *certificate, EVP_PKEY *key)
{
	FILE *out = open_file(c, options->name, ".pem", "w");
	FILE *key_out = open_file(c, options->name, ".key", "w");
	const char *passphrase = options->passphrase;
	bool is_done = out && key_out && PEM_write_X509(out, certificate) &&
		       PEM_write_PrivateKey(key_out, key, passphrase ? EVP_aes_128_cbc() : NULL,
			       (const unsigned char *)passphrase,
			       passphrase ? (int)strlen(passphrase) : 0, NULL, NULL);

	if (out)
		is_done = fclose(out) == 0 && is_done;
	if (key_out)
		is_done = fclose(key_out) == 0 && is_done;
	return is_done;
}

int
certificates_add(const struct certificates *c, const struct certificate_options *options)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	bool is_done = key && certificate && fill(certificate, options, key) &&
		       sign(c, certificate, options->issuer, key) &&
		       write_files(c, options, certificate, key);

	if (!is_done) {
		fprintf(stderr, "certificate %s in %s:\n", options->name, c->folder);
		ERR_print_errors_fp(stderr);
	}
	X509_free(certificate);
	EVP_PKEY_free(key);
	return is_done ? 0 : -1;
}

#define LOCAL_NAMES                                       \
	{                                                 \
		"DNS:localhost", "IP:127.0.0.1", "IP:::1" \
	}

static const struct certificate_options usual[] = {
	{.name = "ca"},
	{.name = "other-ca"},
	{.name = "server", .issuer = "ca", .alt_names = LOCAL_NAMES},
	{.name = "expired",
		.issuer = "ca",
		.alt_names = LOCAL_NAMES,
		.from = -11 * YEAR,
		.until = -9 * YEAR},
	{.name = "not-yet",
		.issuer = "ca",
		.alt_names = LOCAL_NAMES,
		.from = 9 * YEAR,
		.until = 10 * YEAR},
	{.name = "wrong-name", .issuer = "ca", .alt_names = {"DNS:elsewhere.example"}},
	{.name = "other-server", .issuer = "other-ca", .alt_names = LOCAL_NAMES},
	{.name = "wildcard", .issuer = "ca", .alt_names = {"DNS:*.mc.example"}},
	{.name = "client", .issuer = "ca"},
	{.name = "expired-client",
		.issuer = "ca",
		.common_name = "client",
		.from = -11 * YEAR,
		.until = -9 * YEAR},
	{.name = "other-client", .issuer = "other-ca", .common_name = "client"},
};

int
certificates_open_in(struct certificates *c, const char *folder)
{
	*c = (struct certificates){0};
	snprintf(c->folder, sizeof(c->folder), "%s", folder);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (certificates_add(c, &usual[i]))
			return -1;
	return 0;
}

int
certificates_open(struct certificates *c)
{
	const char *where = getenv("TMPDIR");
	char folder[sizeof(c->folder)];

	snprintf(folder, sizeof(folder), "%s/switchboard-XXXXXX", where ? where : "/tmp");
	if (!mkdtemp(folder)) {
		perror(folder);
		return -1;
	}
	if (certificates_open_in(c, folder))
		return -1;
	c->is_temporary = true;
	return 0;
}

void
certificates_close(struct certificates *c)
{
	DIR *folder = c->is_temporary ? opendir(c->folder) : NULL;
	struct dirent *entry;
	char path[CERTIFICATES_PATH];

	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.' && strlen(entry->d_name) < CERTIFICATES_PATH / 2)
			unlink(certificates_path(c, entry->d_name, path));
	closedir(folder);
	rmdir(c->folder);
}
