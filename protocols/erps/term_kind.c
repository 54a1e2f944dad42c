#include "protocols/erps/term.h"

#include "protocols/erps/tag.h"

enum erps_kind
erps_kind(struct erps_term term)
{
	static const uint8_t kinds[256] = {
#define X(name, tag, kind) [tag] = (kind),
		ERPS_TAG_MAP(X)
#undef X
	};

	return term.data ? (enum erps_kind)kinds[*term.data] : ERPS_NONE;
}
