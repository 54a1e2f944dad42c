/*
 * `cpe`, the device of the session: each method makes a request by the schema, lets the script
 * sleep, and makes what the device answered a value. Most methods are a line of a table.
 */
#include "protocols/cwmp/schema.h"
#include "protocols/cwmp/script_internal.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
check_self(lua_State *L)
{
	bool is_cpe = false;

	if (lua_istable(L, 1) && lua_getmetatable(L, 1)) {
		luaL_getmetatable(L, SCRIPT_CPE_META);
		is_cpe = lua_rawequal(L, -1, -2);
		lua_pop(L, 2);
	}
	luaL_argcheck(L, is_cpe, 1, "cpe expected: write cpe:method(...)");
}

/* Everything that a call needs; its anchor is on the top. */
struct script_take
script_begin_call(lua_State *L, enum cwmp_method method)
{
	check_self(L);
	script_check_yields(L);
	luaL_checkstack(L, 16, NULL);
	lua_newtable(L);
	return (struct script_take){L, lua_gettop(L), script_of(L), cwmp_method_name(method)};
}

/* Sends it; what the script gave (the first `keep` values) is there again in `finish`. */
int
script_call_device(struct script_take *take, enum cwmp_method method, const union cwmp_body *body,
	int keep, lua_KFunction finish)
{
	struct cwmp_script *script = take->script;
	int err = cwmp_call(
		script->session, method, body, (struct cwmp_done){script_outcome, script});

	if (err)
		script_throw_fault(take->L, 0, sb_error_text(err), NULL);
	script->state = SCRIPT_CALLING;
	lua_settop(take->L, keep);
	return lua_yieldk(take->L, 0, (lua_KContext)method, finish);
}

/* The response; no return when it is none. */
const union cwmp_body *
script_response(lua_State *L)
{
	const struct cwmp_outcome *o = script_of(L)->outcome;

	if (o->status)
		script_throw_outcome(L, o);
	return &o->envelope->message.body;
}

/* ---- any method, by the specification's names ---- */

static int
finish_call(lua_State *L, int status, lua_KContext method)
{
	const union cwmp_body *body = script_response(L);

	(void)status;
	if ((enum cwmp_method)method == CWMP_GET_PARAMETER_VALUES) {
		script_push_parameters(
			L, script_of(L), &body->get_parameter_values_response.parameter_list);
		lua_pop(L, 1);
	}
	script_push_struct(L, cwmp_body_shape(CWMP_RESPONSE, (enum cwmp_method)method), body);
	return 1;
}

static int
call_method(lua_State *L, enum cwmp_method method, int arguments)
{
	struct script_take take = script_begin_call(L, method);
	union cwmp_body body;

	memset(&body, 0, sizeof(body));
	if (!lua_isnoneornil(L, arguments) && arguments < take.anchor) {
		luaL_checktype(L, arguments, LUA_TTABLE);
		script_take_struct(&take, arguments, cwmp_body_shape(CWMP_REQUEST, method), &body);
	}
	return script_call_device(&take, method, &body, 1, finish_call);
}

/* cpe:call("Reboot", {CommandKey = "x"}) */
static int
cpe_call(lua_State *L)
{
	enum cwmp_method method = cwmp_method_of(luaL_checkstring(L, 2));

	if (method == CWMP_OTHER_METHOD ||
		!(cwmp_method_schema(method)->sent_by & CWMP_SENT_BY_ACS))
		return luaL_error(L, "there is no method '%s' to call", lua_tostring(L, 2));
	return call_method(L, method, 3);
}

/* cpe:download{...}: upvalue 1 is the method. */
static int
cpe_call_fixed(lua_State *L)
{
	return call_method(L, (enum cwmp_method)lua_tointeger(L, lua_upvalueindex(1)), 2);
}

/* ---- methods with a few arguments in order, and a few results ---- */

struct plain {
	const char *name;
	enum cwmp_method method;
	const char *arguments[2];
	const char *results[2];
};

static const struct plain plain_methods[] = {
	{"add", CWMP_ADD_OBJECT, {"ObjectName", "ParameterKey"}, {"InstanceNumber", "Status"}},
	{"delete", CWMP_DELETE_OBJECT, {"ObjectName", "ParameterKey"}, {"Status", NULL}},
	{"reboot", CWMP_REBOOT, {"CommandKey", NULL}, {NULL, NULL}},
	{"factory_reset", CWMP_FACTORY_RESET, {NULL, NULL}, {NULL, NULL}},
	{"schedule_inform", CWMP_SCHEDULE_INFORM, {"DelaySeconds", "CommandKey"}, {NULL, NULL}},
	{"cancel_transfer", CWMP_CANCEL_TRANSFER, {"CommandKey", NULL}, {NULL, NULL}},
	{"methods", CWMP_GET_RPC_METHODS, {NULL, NULL}, {"MethodList", NULL}},
	{"set_vouchers", CWMP_SET_VOUCHERS, {"VoucherList", NULL}, {NULL, NULL}},
	{"options", CWMP_GET_OPTIONS, {"OptionName", NULL}, {"OptionList", NULL}},
	{"queued_transfers", CWMP_GET_ALL_QUEUED_TRANSFERS, {NULL, NULL}, {"TransferList", NULL}},
};

/* Devices of the first version have a method that says less. */
static enum cwmp_method
method_of(const struct plain *plain, const struct cwmp_script *script)
{
	if (plain->method == CWMP_GET_ALL_QUEUED_TRANSFERS &&
		cwmp_version(script->session) == CWMP_1_0)
		return CWMP_GET_QUEUED_TRANSFERS;
	return plain->method;
}

static const struct plain *
plain_of(lua_State *L)
{
	return &plain_methods[lua_tointeger(L, lua_upvalueindex(1))];
}

static int
finish_plain(lua_State *L, int status, lua_KContext method)
{
	const struct plain *plain = plain_of(L);
	const union cwmp_body *body = script_response(L);
	int count = 0, answer = 0;

	(void)status;
	script_push_struct(L, cwmp_body_shape(CWMP_RESPONSE, (enum cwmp_method)method), body);
	answer = lua_gettop(L);
	for (; count < 2 && plain->results[count]; count++)
		lua_getfield(L, answer, plain->results[count]);
	return count;
}

static int
cpe_plain(lua_State *L)
{
	const struct plain *plain = plain_of(L);
	enum cwmp_method method = method_of(plain, script_of(L));
	const struct cwmp_shape *shape = cwmp_body_shape(CWMP_REQUEST, method);
	struct script_take take;
	union cwmp_body body;

	lua_settop(L, 3);
	take = script_begin_call(L, method);
	memset(&body, 0, sizeof(body));
	for (int i = 0; i < 2; i++)
		if (plain->arguments[i] && !lua_isnil(L, i + 2))
			script_take_named(&take, i + 2, shape, plain->arguments[i], &body);
	return script_call_device(&take, method, &body, 1, finish_plain);
}

/* ---- what is known of the device ---- */

static void
set_text(lua_State *L, const char *name, const char *text)
{
	lua_pushstring(L, text ? text : "");
	lua_setfield(L, -2, name);
}

static void
push_device(lua_State *L, const struct cwmp_session *c)
{
	static const char *const versions[] = {[CWMP_1_0] = "1.0",
		[CWMP_1_1] = "1.1",
		[CWMP_1_2] = "1.2",
		[CWMP_1_3] = "1.3",
		[CWMP_1_4] = "1.4"};
	const struct cwmp_device_id *id = &cwmp_inform(c)->device_id;

	lua_createtable(L, 0, 8);
	set_text(L, "id", cwmp_device(c));
	set_text(L, "manufacturer", id->manufacturer);
	set_text(L, "oui", id->oui);
	set_text(L, "product_class", id->product_class);
	set_text(L, "serial_number", id->serial_number);
	set_text(L, "address", cwmp_address(c));
	set_text(L, "username", cwmp_username(c));
	set_text(L, "cwmp", versions[cwmp_version(c)]);
}

static void
push_inform(lua_State *L, struct cwmp_script *script)
{
	const struct cwmp_inform *inform = cwmp_inform(script->session);

	lua_createtable(L, 0, 4);
	lua_createtable(L, 0, (int)inform->event.count);
	for (size_t i = 0; i < inform->event.count; i++)
		if (inform->event.each[i].event_code)
			set_text(L, inform->event.each[i].event_code,
				inform->event.each[i].command_key);
	lua_setfield(L, -2, "events");
	script_push_parameters(L, script, &inform->parameter_list);
	lua_setfield(L, -2, "parameters");
	set_text(L, "current_time", inform->current_time);
	lua_pushinteger(L, inform->retry_count);
	lua_setfield(L, -2, "retry_count");
}

/* cpe.device and cpe.inform are made when they are first looked at; upvalue 1 has the methods. */
static int
cpe_index(lua_State *L)
{
	struct cwmp_script *script = script_of(L);
	const char *name = NULL;

	check_self(L);
	if (lua_type(L, 2) != LUA_TSTRING)
		return 0;
	name = lua_tostring(L, 2);
	luaL_checkstack(L, 16, NULL);
	if (strcmp(name, "device") == 0)
		push_device(L, script->session);
	else if (strcmp(name, "inform") == 0)
		push_inform(L, script);
	else {
		lua_pushvalue(L, 2);
		lua_rawget(L, lua_upvalueindex(1));
		return 1;
	}
	lua_pushvalue(L, 2);
	lua_pushvalue(L, -2);
	lua_rawset(L, 1);
	return 1;
}

static void
push_methods(lua_State *L)
{
	static const struct {
		const char *name;
		enum cwmp_method method;
	} fixed[] = {{"download", CWMP_DOWNLOAD}, {"upload", CWMP_UPLOAD},
		{"schedule_download", CWMP_SCHEDULE_DOWNLOAD},
		{"change_du_state", CWMP_CHANGE_DU_STATE}};

	lua_createtable(L, 0, 32);
	script_open_parameters(L);
	lua_pushcfunction(L, cpe_call);
	lua_setfield(L, -2, "call");
	for (size_t i = 0; i < COUNT(fixed); i++) {
		lua_pushinteger(L, fixed[i].method);
		lua_pushcclosure(L, cpe_call_fixed, 1);
		lua_setfield(L, -2, fixed[i].name);
	}
	for (size_t i = 0; i < COUNT(plain_methods); i++) {
		lua_pushinteger(L, (lua_Integer)i);
		lua_pushcclosure(L, cpe_plain, 1);
		lua_setfield(L, -2, plain_methods[i].name);
	}
}

void
script_open_cpe(lua_State *L)
{
	luaL_newmetatable(L, SCRIPT_CPE_META);
	push_methods(L);
	lua_pushcclosure(L, cpe_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
}
