/*
 * What the API says when it does not do what it was asked for: a problem object (RFC 9457)
 * with a code that stays the same from version to version, for programs; title and detail
 * are for people.
 *
 *	{"code": "device_not_found", "status": 404, "title": "No such device",
 *	 "detail": "202BC1-BM632w-000000"}
 */
#ifndef ACS_PROBLEM_H
#define ACS_PROBLEM_H

#include <jansson.h>

#define ACS_PROBLEM_TYPE "application/problem+json"

/* X(constant, status, code, title). docs/acs-openapi.json lists the codes, too; a test compares. */
#define ACS_PROBLEM_MAP(X)                                                                     \
	X(BAD_REQUEST, 400, "bad_request", "The request is no HTTP that is understood")        \
	X(BAD_QUERY, 400, "bad_query", "A parameter of the query is wrong")                    \
	X(BAD_JSON, 400, "bad_json", "The body is no JSON")                                    \
	X(BAD_BODY, 400, "bad_body", "The body does not say what is expected")                 \
	X(UNAUTHORIZED, 401, "unauthorized", "A token is needed")                              \
	X(FORBIDDEN, 403, "forbidden", "The token does not allow this")                        \
	X(NO_ROUTE, 404, "no_route", "There is nothing at this path")                          \
	X(DEVICE_NOT_FOUND, 404, "device_not_found", "No such device")                         \
	X(TASK_NOT_FOUND, 404, "task_not_found", "No such task")                               \
	X(PRESET_NOT_FOUND, 404, "preset_not_found", "No such preset")                         \
	X(SCRIPT_NOT_FOUND, 404, "script_not_found", "No such script")                         \
	X(CREDENTIALS_NOT_FOUND, 404, "credentials_not_found", "No such credentials")          \
	X(FAULT_NOT_FOUND, 404, "fault_not_found", "No such fault")                            \
	X(FILE_NOT_FOUND, 404, "file_not_found", "No such file")                               \
	X(METHOD_NOT_ALLOWED, 405, "method_not_allowed", "The path does not take this method") \
	X(TOO_SLOW, 408, "too_slow", "The request did not come in time")                       \
	X(CONFLICT, 409, "conflict", "Not in this state")                                      \
	X(TOO_LARGE, 413, "too_large", "More than the limit")                                  \
	X(MEDIA_TYPE, 415, "media_type", "The body must be application/json")                  \
	X(BAD_SCRIPT, 422, "bad_script", "The script cannot be compiled")                      \
	X(LIMIT_REACHED, 429, "limit_reached", "A limit is reached")                           \
	X(TOO_SOON, 429, "too_soon", "The device was asked just now")                          \
	X(INTERNAL, 500, "internal", "Something went wrong here")                              \
	X(DEVICE_UNREACHABLE, 502, "device_unreachable", "The device does not answer")         \
	X(BUSY, 503, "busy", "Too much is waiting: try again")                                 \
	X(STORE_FAILED, 503, "store_failed", "What was to be kept could not be stored")        \
	X(TIMEOUT, 504, "timeout", "No answer in time")

enum acs_problem_code {
	ACS_NO_PROBLEM,
#define X(constant, status, code, title) ACS_PROBLEM_##constant,
	ACS_PROBLEM_MAP(X)
#undef X
		ACS_PROBLEM_COUNT,
};

/* One, as validators fill it in. Zeroed: none. */
struct acs_problem {
	enum acs_problem_code code;
	char detail[256]; /* may be empty */
};

/* The first problem stays. Returns -1, for who returns it on. */
int acs_problem_set(struct acs_problem *problem, enum acs_problem_code code, const char *format,
	...) __attribute__((format(printf, 3, 4)));

unsigned acs_problem_status(enum acs_problem_code code);
const char *acs_problem_name(enum acs_problem_code code);

/* The object; NULL without memory. */
json_t *acs_problem_object(const struct acs_problem *problem);

/* The object that a status stands for where no route was asked, as text: for
 * http_server_options.refusal. */
size_t acs_problem_of_refusal(unsigned status, char *out, size_t size);

/* The problem that an error of ours (core/error.h) is to who asked. */
enum acs_problem_code acs_problem_of_error(int error);

#endif
