/* Why a server answers for itself: one list makes the status, the word for logs and metrics, and
 * how the connection ends. */
#ifndef SB_HTTP_REFUSAL_INTERNAL_H
#define SB_HTTP_REFUSAL_INTERNAL_H

/* X(name, status, end, text) */
#define HTTP_REFUSAL_MAP(X)                                                                \
	X(MALFORMED, 400, PROTOCOL, "malformed")   /* what llhttp does not take */         \
	X(LINES, 400, PROTOCOL, "lines")           /* a bare CR or LF, a folded field */   \
	X(FIELD_NAME, 400, PROTOCOL, "field name") /* not a token */                       \
	X(HOST, 400, PROTOCOL, "host")             /* not exactly one, or no host */       \
	X(TARGET, 400, PROTOCOL, "target")                                                 \
	X(FRAMING, 400, PROTOCOL, "framing") /* a body that could end at two places */     \
	X(CHUNK, 400, PROTOCOL, "chunk")     /* its size, or what stands between chunks */ \
	X(CONTENT, 400, PROTOCOL, "content") /* does not inflate */                        \
	X(HEAD_TIME, 408, DEADLINE, "head time")                                           \
	X(BODY_TIME, 408, DEADLINE, "body time")                                           \
	X(BODY_SIZE, 413, LIMIT, "body size")                                              \
	X(INFLATED, 413, LIMIT, "inflated size")                                           \
	X(TARGET_SIZE, 414, LIMIT, "target size")                                          \
	X(CONTENT_CODING, 415, PROTOCOL, "content coding")                                 \
	X(EXPECTATION, 417, PROTOCOL, "expectation")                                       \
	X(HEAD_SIZE, 431, LIMIT, "head size")                                              \
	X(FIELD_COUNT, 431, LIMIT, "field count")                                          \
	X(METHOD, 501, PROTOCOL, "method")                                                 \
	X(TRANSFER_CODING, 501, PROTOCOL, "transfer coding")                               \
	X(ANSWER_TIME, 504, DEADLINE, "answer time")                                       \
	X(VERSION, 505, PROTOCOL, "version")                                               \
	X(MEMORY, 503, LIMIT, "memory")

enum http_refusal {
	HTTP_NO_REFUSAL,
#define X(name, status, end, text) HTTP_REFUSAL_##name,
	HTTP_REFUSAL_MAP(X)
#undef X
		HTTP_REFUSALS
};

#endif
