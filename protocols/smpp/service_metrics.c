/*
 * Counters of PDUs. A command, a direction and a status make a series, found by
 * two array look-ups and no hash; only what can happen often is registered
 * beforehand (requests, good responses), the many statuses when they first come.
 */
#include "protocols/smpp/service_metrics_internal.h"

#include "protocols/smpp/command.h"

static const char *const directions[] = {[SMPP_IN] = "in", [SMPP_OUT] = "out"};

/* Statuses by their place in the map; all that are not on it share one series, for they are the
 * peer's to choose. */
static unsigned
status_slot(uint32_t status)
{
	switch (status) {
#define X(name, code) \
	case code:    \
		return SMPP_STATUS_SLOT_##name;
		SMPP_STATUS_MAP(X)
#undef X
	}
	return SMPP_STATUS_OTHER;
}

static const char *
status_label(unsigned slot, uint32_t status)
{
	return slot == SMPP_STATUS_OTHER ? "other" : smpp_status_name(status);
}

struct sb_counter *
smpp_metrics_response(
	struct smpp_metrics *m, enum smpp_direction direction, uint32_t command, uint32_t status)
{
	unsigned slot = status_slot(status);
	_Atomic(struct sb_counter *) *place =
		&m->responses[direction][smpp_command_slot(command)][slot];
	struct sb_counter *counter = atomic_load_explicit(place, memory_order_acquire);

	/* Two shards that come here at once get the same series. */
	if (!counter) {
		counter = sb_metrics_counter(m->table, "smpp_responses_total",
			"Responses by command and status", "service", m->service, "direction",
			directions[direction], "command", smpp_command_name(command), "status",
			status_label(slot, status), (const char *)NULL);
		atomic_store_explicit(place, counter, memory_order_release);
	}
	return counter;
}

static struct sb_counter *
request_counter(struct smpp_metrics *m, enum smpp_direction direction, uint32_t command)
{
	return sb_metrics_counter(m->table, "smpp_requests_total", "Requests by command", "service",
		m->service, "direction", directions[direction], "command",
		smpp_command_name(command), (const char *)NULL);
}

/* Slots of ids that are on no table count as unknown, so that none is empty. */
static void
register_commands(struct smpp_metrics *m, enum smpp_direction direction)
{
	struct sb_counter *unknown = request_counter(m, direction, UINT32_MAX >> 1);
	const struct smpp_command_info *commands;
	size_t count;

	for (unsigned slot = 0; slot < SMPP_COMMAND_SLOTS; slot++) {
		m->requests[direction][slot] = unknown;
		atomic_init(&m->responses[direction][slot][0], unknown);
	}
	commands = smpp_command_table(&count);
	for (size_t i = 0; i < count; i++) {
		uint32_t id = commands[i].id;
		unsigned slot = smpp_command_slot(id);

		/* Each response shares the slot of its request; generic_nack has slot 0, which no
		 * request has. */
		if (!smpp_is_response(id)) {
			m->requests[direction][slot] = request_counter(m, direction, id);
			continue;
		}
		/* Empty for a moment, so that smpp_metrics_response registers the series and puts
		 * it here. */
		atomic_init(&m->responses[direction][slot][0], NULL);
		smpp_metrics_response(m, direction, id, SMPP_ROK);
	}
}

void
smpp_metrics_init(struct smpp_metrics *m, struct sb_metrics *table, const char *service)
{
	static const char *const modes[] = {"transmitter", "receiver", "transceiver"};

	m->table = table;
	m->service = service;
	register_commands(m, SMPP_IN);
	register_commands(m, SMPP_OUT);
	for (unsigned i = 0; i < 3; i++)
		m->bound[i] = sb_metrics_gauge(table, "smpp_bound_sessions", "Sessions now bound",
			"service", service, "mode", modes[i], (const char *)NULL);
	m->response_time = sb_metrics_histogram(table, SB_UNIT_SECONDS, "smpp_response_seconds",
		"Time to the peer's response to a request of ours", "service", service,
		(const char *)NULL);
	m->answer_time = sb_metrics_histogram(table, SB_UNIT_SECONDS, "smpp_answer_seconds",
		"Time to our response, where it was not given at once", "service", service,
		(const char *)NULL);
#define X(member, name, help) \
	m->member = sb_metrics_counter(table, name, help, "service", service, (const char *)NULL);
	SMPP_EVENT_MAP(X)
#undef X
}
