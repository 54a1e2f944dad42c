/*
 * Each callback finds its service and lets it see its own state. What belongs to no
 * service by itself (messages, cancelled calls) all are shown.
 */
#include "daemons/erpsd/host.h"

#include "core/error.h"
#include "core/fields.h"

/* The host's own state: in front of those of its parts. */
struct front {
	const struct erpsd_host *host;
};

#define ALIGNMENT ((size_t)16)

static size_t
aligned(size_t size)
{
	return (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}

static const struct erps_service *
enter(struct sb_session *s, struct front *front, size_t part)
{
	erps_set_state(s, (unsigned char *)front + front->host->offsets[part]);
	return front->host->parts[part].plugin->service;
}

static void
terminate_first(struct sb_session *s, struct front *front, size_t count, enum sb_end why)
{
	while (count-- > 0) {
		const struct erps_service *service = enter(s, front, count);

		if (service->terminate)
			service->terminate(s, why);
	}
	erps_set_state(s, NULL);
}

static int
host_begin(struct sb_session *s, const void *args)
{
	struct front *front = erps_state(s);
	int err = 0;

	front->host = args;
	for (size_t i = 0; i < front->host->count && !err; i++) {
		const struct erps_service *service = enter(s, front, i);

		if (service->init)
			err = service->init(s, front->host->parts[i].args);
		if (err)
			terminate_first(s, front, i, SB_END_FAULT);
	}
	erps_set_state(s, NULL);
	return err;
}

/* Whose a request is, with its state in place; NULL: nobody's. */
static const struct erps_service *
service_of(struct sb_session *s, struct front *front, struct erps_term request)
{
	struct sb_bytes method;
	uint16_t part;

	if (!erpsd_method_of(request, &method))
		return NULL;
	part = erpsd_methods_find(&front->host->methods, method);
	return part == ERPSD_NO_SERVICE ? NULL : enter(s, front, part);
}

static void
host_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	const struct erps_service *service = service_of(s, erps_state(s), request);

	if (service && service->handle_call)
		service->handle_call(s, from, request);
	else
		(void)erps_reject(s, from, "undef");
	erps_set_state(s, NULL);
}

/* One that is nobody's is passed over: there is no way to say so. */
static void
host_cast(struct sb_session *s, struct erps_term request)
{
	const struct erps_service *service = service_of(s, erps_state(s), request);

	if (service && service->handle_cast)
		service->handle_cast(s, request);
	else
		SB_LOG_LIMITED(s, DEBUG, "erpsd.cast_unknown");
	erps_set_state(s, NULL);
}

/* Calls `callback` of every part that has it, each with its own state. */
#define SHOW_ALL(s, callback, ...)                                               \
	do {                                                                     \
		struct front *front = erps_state(s);                             \
                                                                                 \
		for (size_t i = 0; i < front->host->count; i++) {                \
			const struct erps_service *service = enter(s, front, i); \
                                                                                 \
			if (service->callback)                                   \
				service->callback(__VA_ARGS__);                  \
		}                                                                \
		erps_set_state(s, NULL);                                         \
	} while (0)

static void
host_message(struct sb_session *s, struct sb_message *m)
{
	SHOW_ALL(s, handle_message, s, m);
}

static void
host_cancel(struct sb_session *s, struct erps_from from)
{
	SHOW_ALL(s, handle_cancel, s, from);
}

static void
host_credit(struct sb_session *s, struct erps_from from)
{
	SHOW_ALL(s, handle_credit, s, from);
}

static void
host_stop(struct sb_session *s)
{
	SHOW_ALL(s, handle_stop, s);
}

static void
host_terminate(struct sb_session *s, enum sb_end why)
{
	struct front *front = erps_state(s);

	terminate_first(s, front, front->host->count, why);
}

/* Which state is in place is no part of what the session is: it is put back. */
static void
host_describe(const struct sb_session *session, struct sb_fields *fields)
{
	struct sb_session *s = (struct sb_session *)(uintptr_t)session;

	SHOW_ALL(s, describe, session, fields);
}

static bool
is_anybody_told(const struct erpsd_part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (parts[i].plugin->service->handle_message)
			return true;
	return false;
}

void
erpsd_host_init(struct erpsd_host *host, const struct erpsd_part *parts, size_t count)
{
	size_t size = aligned(sizeof(struct front));

	host->parts = parts;
	host->count = count;
	for (size_t i = 0; i < count; i++) {
		host->offsets[i] = size;
		size += aligned(parts[i].plugin->service->state_size);
	}
	host->service = (struct erps_service){
		.name = "erpsd",
		.state_size = size,
		.init = host_begin,
		.handle_call = host_call,
		.handle_cast = host_cast,
		/* Without one the library says so to who calls. */
		.handle_message = is_anybody_told(parts, count) ? host_message : NULL,
		.handle_cancel = host_cancel,
		.handle_credit = host_credit,
		.handle_stop = host_stop,
		.terminate = host_terminate,
		.describe = host_describe,
	};
}
