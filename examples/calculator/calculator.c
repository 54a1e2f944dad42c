#include "calculator.h"

#include <switchboard/protocols/erps/service.h>

/* One for each connection. */
struct state {
	const struct calculator_settings *settings;
	int64_t last;
};

/* ---- arithmetic: NULL, or why there is no result ---- */

static const char *
add(int64_t a, int64_t b, int64_t *result)
{
	return __builtin_add_overflow(a, b, result) ? "overflow" : NULL;
}

static const char *
sub(int64_t a, int64_t b, int64_t *result)
{
	return __builtin_sub_overflow(a, b, result) ? "overflow" : NULL;
}

static const char *
mul(int64_t a, int64_t b, int64_t *result)
{
	return __builtin_mul_overflow(a, b, result) ? "overflow" : NULL;
}

static const char *
divide(int64_t a, int64_t b, int64_t *result)
{
	if (b == 0)
		return "division by zero";
	if (a == INT64_MIN && b == -1)
		return "overflow";
	*result = a / b;
	return NULL;
}

static const struct {
	const char *pattern;
	const char *(*apply)(int64_t a, int64_t b, int64_t *result);
} operations[] = {
	{"{:add, a::int, b::int}", add},
	{"{:sub, a::int, b::int}", sub},
	{"{:mul, a::int, b::int}", mul},
	{"{:div, a::int, b::int}", divide},
};

static bool
is_within(int64_t operand, int64_t most)
{
	return operand <= most && operand >= -most;
}

static const char *
sum(struct erps_term list, int64_t most, int64_t *result)
{
	struct erps_walk walk = erps_walk(list);
	struct erps_term element;
	const char *reason = NULL;
	int64_t value;

	*result = 0;
	while (!reason && erps_next(&walk, &element)) {
		if (!erps_get_integer(element, &value) || !is_within(value, most))
			return "badarg";
		reason = add(*result, value, result);
	}
	return reason;
}

static const char *
calculate(const struct state *state, struct erps_term request, int64_t *result)
{
	int64_t most = state->settings->most, a, b;
	struct erps_term list;

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (erps_match(request, operations[i].pattern, &a, &b))
			return is_within(a, most) && is_within(b, most)
				       ? operations[i].apply(a, b, result)
				       : "badarg";
	if (erps_match(request, "{:sum, list}", &list) && erps_kind(list) == ERPS_LIST)
		return sum(list, most, result);
	return "badarg";
}

/* ---- the service ---- */

static int
init(struct sb_session *s, const void *args)
{
	struct state *state = erps_state(s);

	state->settings = args;
	return 0;
}

static void
handle_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	struct state *state = erps_state(s);
	int64_t result = state->last;
	const char *reason = NULL;

	if (!erps_is_atom(request, "last"))
		reason = calculate(state, request, &result);
	if (reason) {
		erps_reject(s, from, reason);
		return;
	}
	state->last = result;
	erps_reply_with(s, from, "result::int", result);
}

const struct erps_service calculator = {
	.name = "calculator",
	.state_size = sizeof(struct state),
	.init = init,
	.handle_call = handle_call,
};
