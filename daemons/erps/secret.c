/*
 * What packets are signed with: a secret from a file, so that it is in no list of
 * processes, and the key that names it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemons/erps/cli.h"

#define SECRET_MAX 4096

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* 32 hexadecimal digits are the 16 octets themselves. */
static bool
read_hex(struct arguments *a)
{
	uint8_t *key = a->secret.key;

	if (strlen(a->secret_key) != 2 * sizeof(a->secret.key))
		return false;
	for (size_t i = 0; i < sizeof(a->secret.key); i++) {
		int high = hex_digit(a->secret_key[2 * i]);
		int low = hex_digit(a->secret_key[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Others are a text, with zeros behind it: as erpsd reads them. */
static bool
read_key(struct arguments *a)
{
	size_t size = strlen(a->secret_key);

	if (read_hex(a))
		return true;
	memset(a->secret.key, 0, sizeof(a->secret.key));
	if (size == 0 || size > sizeof(a->secret.key)) {
		complain("--secret-key: a key has 1 to 16 octets, or 32 hexadecimal digits");
		return false;
	}
	memcpy(a->secret.key, a->secret_key, size);
	return true;
}

static bool
read_file(struct arguments *a)
{
	static char secret[SECRET_MAX];
	FILE *file = fopen(a->secret_file, "re");
	size_t size;

	if (!file) {
		complain("%s: %s", a->secret_file, strerror(errno));
		return false;
	}
	size = fread(secret, 1, sizeof(secret), file);
	fclose(file);
	/* An editor's. */
	if (size && secret[size - 1] == '\n')
		size--;
	if (size == 0 || size == sizeof(secret)) {
		complain("%s: a secret has 1 to %d octets", a->secret_file, SECRET_MAX - 1);
		return false;
	}
	a->secret.secret = secret;
	a->secret.size = size;
	return true;
}

bool
secret_read(struct arguments *a)
{
	if (!a->secret_key && !a->secret_file)
		return true;
	if (!a->secret_key || !a->secret_file) {
		complain("--secret-key and --secret-file go together");
		return false;
	}
	if (!read_key(a) || !read_file(a))
		return false;
	a->client.secret = &a->secret;
	return true;
}
