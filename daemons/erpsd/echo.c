#include "daemons/erpsd/echo.h"

static bool
echoed(struct erps_term request, struct erps_term *term)
{
	return erps_count(request) == 2 && erps_element(request, 1, term);
}

static void
echo_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	struct erps_term term;

	if (echoed(request, &term))
		(void)erps_reply(s, from, term);
	else if (erps_is_atom(request, "ping"))
		(void)erps_reply_with(s, from, ":pong");
	else
		(void)erps_reject(s, from, "badarg");
}

static void
echo_cast(struct sb_session *s, struct erps_term request)
{
	struct erps_term term;

	if (echoed(request, &term))
		(void)erps_push(s, term);
}

static const struct erps_service service = {
	.name = "echo",
	.handle_call = echo_call,
	.handle_cast = echo_cast,
};

static const char *const methods[] = {"echo", "ping", NULL};
static const char *const atoms[] = {"pong", NULL};

const struct erps_plugin erpsd_echo_plugin = {
	.abi = ERPS_PLUGIN_ABI,
	.name = "echo",
	.service = &service,
	.methods = methods,
	.atoms = atoms,
};
