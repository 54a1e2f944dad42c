/*
 * The tags of Erlang's external term format (section 9 of the protocol), one table.
 * Those that no peer may send (funs, what only nodes of a cluster exchange) are named
 * for the fault alone.
 */
#ifndef SB_ERPS_TAG_H
#define SB_ERPS_TAG_H

#define ERPS_TERM_VERSION 131

/* X(name, tag, kind) */
#define ERPS_TAG_MAP(X)                        \
	X(NEW_FLOAT, 70, ERPS_FLOAT)           \
	X(BIT_BINARY, 77, ERPS_BITSTRING)      \
	X(NEW_PID, 88, ERPS_PID)               \
	X(NEW_PORT, 89, ERPS_PORT)             \
	X(NEWER_REFERENCE, 90, ERPS_REFERENCE) \
	X(SMALL_INTEGER, 97, ERPS_INTEGER)     \
	X(INTEGER, 98, ERPS_INTEGER)           \
	X(FLOAT, 99, ERPS_FLOAT)               \
	X(ATOM, 100, ERPS_ATOM)                \
	X(REFERENCE, 101, ERPS_REFERENCE)      \
	X(PORT, 102, ERPS_PORT)                \
	X(PID, 103, ERPS_PID)                  \
	X(SMALL_TUPLE, 104, ERPS_TUPLE)        \
	X(LARGE_TUPLE, 105, ERPS_TUPLE)        \
	X(NIL, 106, ERPS_LIST)                 \
	X(STRING, 107, ERPS_LIST)              \
	X(LIST, 108, ERPS_LIST)                \
	X(BINARY, 109, ERPS_BINARY)            \
	X(SMALL_BIG, 110, ERPS_INTEGER)        \
	X(LARGE_BIG, 111, ERPS_INTEGER)        \
	X(NEW_REFERENCE, 114, ERPS_REFERENCE)  \
	X(SMALL_ATOM, 115, ERPS_ATOM)          \
	X(MAP, 116, ERPS_MAP)                  \
	X(ATOM_UTF8, 118, ERPS_ATOM)           \
	X(SMALL_ATOM_UTF8, 119, ERPS_ATOM)     \
	X(V4_PORT, 120, ERPS_PORT)

/* X(name, tag) */
#define ERPS_FUN_MAP(X) X(NEW_FUN, 112) X(EXPORT, 113) X(FUN, 117)
#define ERPS_CLUSTER_MAP(X)        \
	X(DISTRIBUTION_HEADER, 68) \
	X(FRAGMENT_HEADER, 69)     \
	X(ATOM_CACHE, 78)          \
	X(ATOM_CACHE_REFERENCE, 82)

enum erps_tag {
#define X(name, tag, kind) ERPS_TAG_##name = (tag),
	ERPS_TAG_MAP(X)
#undef X
#define X(name, tag) ERPS_TAG_##name = (tag),
		ERPS_FUN_MAP(X) ERPS_CLUSTER_MAP(X)
#undef X
			ERPS_TAG_COMPRESSED = 80, /* right after 131 only */
};

#endif
