/*
 * Why a session ended, from one map: which ends are normal decides whether a
 * transient child is started again.
 */
#include "core/end.h"

static const struct {
	const char *name;
	bool is_normal;
} ends[] = {
#define X(name, text, normal) [SB_END_##name] = {text, normal},
	SB_END_MAP(X)
#undef X
};

const char *
sb_end_name(enum sb_end end)
{
	return (unsigned)end < SB_END_COUNT ? ends[end].name : "unknown";
}

bool
sb_end_is_normal(enum sb_end end)
{
	return (unsigned)end < SB_END_COUNT && ends[end].is_normal;
}
