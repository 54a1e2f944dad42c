#include "protocols/erps/extension_internal.h"

#include <string.h>

#include "protocols/erps/match.h"
#include "protocols/erps/tag.h"

/* In a header; the identifier follows. */
#define VERSION_AT 9

/* The version is the extensions': a peer that knows others has another. */
static const struct erps_version version = {1, 0, 0};
static const char identifier[] = "switchboard";

bool
erps_ref_is_mark(struct erps_term ref)
{
	static const uint8_t mark[] = {ERPS_TAG_INTEGER, ERPS_MARK >> 24, ERPS_MARK >> 16 & 0xff,
		ERPS_MARK >> 8 & 0xff, ERPS_MARK & 0xff};

	return ref.size == sizeof(mark) && memcmp(ref.data, mark, sizeof(mark)) == 0;
}

void
erps_put_mark(uint8_t head[ERPS_HEADER_SIZE])
{
	uint8_t *at = head + VERSION_AT;

	*at++ = version.major;
	*at++ = version.minor;
	*at++ = version.patch;
	memcpy(at, identifier, sizeof(identifier) - 1);
}

bool
erps_has_mark(const struct erps_packet *answer)
{
	return answer->version.major == version.major && answer->version.minor == version.minor &&
	       answer->version.patch == version.patch &&
	       sb_bytes_equal(answer->identifier, sb_bytes_text(identifier));
}

/* A number of an option that may be left out. */
static bool
get_option(
	struct erps_term options, const char *name, uint32_t max, bool *is_there, uint32_t *value)
{
	struct erps_term term;
	uint64_t number;

	*is_there = erps_map_get(options, name, &term);
	if (!*is_there)
		return true;
	if (!erps_get_unsigned(term, &number))
		return false;
	*value = number < max ? (uint32_t)number : max;
	return true;
}

bool
erps_split_call_with(struct erps_term payload, struct erps_call_payload *asked)
{
	struct erps_term options;
	bool has_credit;

	*asked = (struct erps_call_payload){0};
	return erps_match(payload, "{ref, request, options}", &asked->ref, &asked->request,
		       &options) &&
	       erps_kind(options) == ERPS_MAP &&
	       get_option(options, "deadline", UINT32_MAX - 1, &asked->has_deadline,
		       &asked->deadline_ms) &&
	       get_option(options, "credit", ERPS_CREDIT_MAX, &has_credit, &asked->credit);
}

void
erps_put_call_options(struct erps_builder *b, const struct erps_call_payload *asked)
{
	erps_put_map(b, (size_t)asked->has_deadline + (asked->credit != 0));
	if (asked->has_deadline) {
		erps_put_atom(b, "deadline");
		erps_put_unsigned(b, asked->deadline_ms);
	}
	if (asked->credit) {
		erps_put_atom(b, "credit");
		erps_put_unsigned(b, asked->credit);
	}
}
