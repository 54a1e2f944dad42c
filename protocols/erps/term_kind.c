#include "protocols/erps/scan_internal.h"

enum erps_kind
erps_kind(struct erps_term term)
{
	static const uint8_t kinds[256] = {
#define X(name, tag, kind) [tag] = (kind),
		ERPS_TAG_MAP(X)
#undef X
	};

	if (!term.data)
		return ERPS_NONE;
	/* All octets whole: an ordinary binary, however it was written. */
	if (*term.data == ERPS_TAG_BIT_BINARY && term.data[5] == 8)
		return ERPS_BINARY;
	return (enum erps_kind)kinds[*term.data];
}
