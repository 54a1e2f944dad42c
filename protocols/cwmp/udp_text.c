/* The request as it goes over UDP: a GET whose query is signed. */
#include "core/error.h"
#include "protocols/cwmp/udp_request.h"
#include "protocols/http/query.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SHA1_SIZE 20

/* HMAC-SHA1 of the values, one behind the other. */
static bool
sign(const char *time, const char *id, const char *username, const char *nonce,
	const char *password, char hex[2 * SHA1_SIZE + 1])
{
	uint8_t octets[EVP_MAX_MD_SIZE];
	char text[CWMP_UDP_TEXT_MAX];
	int size = snprintf(text, sizeof(text), "%s%s%s%s", time, id, username, nonce);

	if (size < 0 || (size_t)size >= sizeof(text) ||
		!HMAC(EVP_sha1(), password, (int)strlen(password), (const uint8_t *)text,
			(size_t)size, octets, NULL))
		return false;
	for (size_t i = 0; i < SHA1_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", octets[i]);
	return true;
}

size_t
cwmp_udp_text_encode(const struct cwmp_udp_text *text, const char *password, char *out, size_t size)
{
	char time[24], id[12], username[3 * 256 + 1], hex[2 * SHA1_SIZE + 1];
	int written;

	snprintf(time, sizeof(time), "%" PRId64, text->time_s);
	snprintf(id, sizeof(id), "%" PRIu32, text->id);
	if (http_percent_encode(sb_bytes_text(text->username), username, sizeof(username)) < 0 ||
		!sign(time, id, text->username, text->nonce, password, hex))
		return 0;
	written = snprintf(out, size,
		"GET http://%s?ts=%s&id=%s&un=%s&cn=%s&sig=%s HTTP/1.1\r\nHost: %s\r\n\r\n",
		text->host, time, id, username, text->nonce, hex, text->host);
	return written > 0 && (size_t)written < size ? (size_t)written : 0;
}

/* What is between the "?" of the target and its end, into `query`. */
static bool
read_query(struct sb_bytes in, char query[CWMP_UDP_TEXT_MAX])
{
	char *mark, *end;

	if (in.size >= CWMP_UDP_TEXT_MAX || in.size < 4 || memcmp(in.data, "GET ", 4) != 0)
		return false;
	memcpy(query, in.data, in.size);
	query[in.size] = '\0';
	mark = strchr(query, '?');
	end = mark ? strstr(mark, " HTTP/1.") : NULL;
	if (!end)
		return false;
	*end = '\0';
	memmove(query, mark + 1, (size_t)(end - mark));
	return true;
}

bool
cwmp_udp_text_check(struct sb_bytes in, const char *username, const char *password, int64_t *time_s,
	uint32_t *id)
{
	char query[CWMP_UDP_TEXT_MAX], time[24], number[12], name[257], nonce[257], given[64];
	char hex[2 * SHA1_SIZE + 1];
	uint64_t read_time, read_id;

	if (!read_query(in, query) || http_query_get(query, "ts", time, sizeof(time)) < 0 ||
		http_query_get(query, "id", number, sizeof(number)) < 0 ||
		http_query_get(query, "un", name, sizeof(name)) < 0 ||
		http_query_get(query, "cn", nonce, sizeof(nonce)) < 0 ||
		http_query_get(query, "sig", given, sizeof(given)) != 2 * SHA1_SIZE ||
		http_query_number(query, "ts", INT64_MAX, &read_time) ||
		http_query_number(query, "id", UINT32_MAX, &read_id))
		return false;
	*time_s = (int64_t)read_time;
	*id = (uint32_t)read_id;
	return strcmp(name, username) == 0 && sign(time, number, name, nonce, password, hex) &&
	       strcasecmp(given, hex) == 0;
}
