/*
 * What sessions of all shards share, in words that need no lock: ids by the
 * shard, addresses of partitions by number, counters by account. Made before the
 * node runs and freed after it.
 */
#include "daemons/smpp-mc/service.h"

#include "core/error.h"

#include <stdlib.h>
#include <string.h>

/* As mc_head_put writes it. Times are Unix milliseconds. */
static const struct sb_store_column message_columns[] = {
	{"flags", 1, "1: a delivery receipt; 64: its intermediate notification was made"},
	{"priority", 1, "priority_flag"},
	{"registered", 1, "registered_delivery"},
	{"part", 1, "of a submit_multi: the message_id that its client knows is id - part"},
	{"tries", 1, "attempts that have ended"},
	{"submit_ms", 8, "when it was accepted"},
	{"start_ms", 8, "not tried before (schedule_delivery_time); 0: at once"},
	{"expiry_ms", 8, "not tried after"},
	{"next_ms", 8, "not tried again before, after a failed attempt; 0: at once"},
};

/* As mc_sent_put writes it. */
static const struct sb_store_column sent_columns[] = {
	{"source", 4, "hash of the message's source address"},
	{"destination", 4, "and of its destination"},
	{"part", 1, "of a submit_multi: the message_id that its client knows is id - part"},
	{"until_ms", 8, "when nobody waits for its receipt any longer"},
};

const struct sb_store_kind mc_kinds[MC_KIND_COUNT] = {
	[MC_KIND_MESSAGE] = {.name = "msg",
		.version = 1,
		.columns = message_columns,
		.column_count = sizeof(message_columns) / sizeof(message_columns[0])},
	[MC_KIND_FINAL] = {.name = "fin", .version = 1},
	[MC_KIND_SENT] = {.name = "sent",
		.version = 1,
		.columns = sent_columns,
		.column_count = sizeof(sent_columns) / sizeof(sent_columns[0])},
};

/* By number, so that a snapshot made later can find the state of the same account. */
static int
accounts_init(struct mc_service *service, struct mc_config *config)
{
	size_t count = config->account_count + config->upstream_count;
	size_t size = (count + 1) * sizeof(*service->accounts);

	service->accounts = aligned_alloc(_Alignof(struct mc_account_state), size);
	if (!service->accounts)
		return SB_ENOMEM;
	memset(service->accounts, 0, size);
	service->account_count = count;
	for (size_t i = 0; i < config->account_count; i++) {
		struct mc_account *account = &config->accounts[i];

		account->state = &service->accounts[account->number];
		mc_account_state_init(
			account->state, sb_node_metrics(service->node), account->system_id);
	}
	for (size_t i = 0; i < config->upstream_count; i++) {
		struct mc_account *party = &config->upstreams[i].party;

		party->state = &service->accounts[config->account_count + i];
		mc_account_state_init(
			party->state, sb_node_metrics(service->node), party->system_id);
	}
	return 0;
}

/* Beside what each has as an account. */
static int
upstreams_init(struct mc_service *service, struct mc_config *config)
{
	size_t size = (config->upstream_count + 1) * sizeof(*service->upstreams);

	service->upstreams = aligned_alloc(_Alignof(struct mc_upstream_state), size);
	if (!service->upstreams)
		return SB_ENOMEM;
	memset(service->upstreams, 0, size);
	for (size_t i = 0; i < config->upstream_count; i++) {
		struct mc_upstream *upstream = &config->upstreams[i];

		upstream->state = &service->upstreams[i];
		mc_upstream_state_init(
			upstream->state, sb_node_metrics(service->node), upstream->party.system_id);
	}
	return 0;
}

int
mc_service_new(struct mc_service **out, struct sb_node *node, struct sb_store *store,
	struct mc_config *config, uint16_t node_id)
{
	struct mc_service *service = aligned_alloc(_Alignof(struct mc_service), sizeof(*service));
	unsigned shards = sb_node_shards(node);
	size_t shard_size = shards * sizeof(*service->shards);

	if (!service)
		return SB_ENOMEM;
	memset(service, 0, sizeof(*service));
	service->node = node;
	service->store = store;
	service->ids.node = node_id;
	service->partition_count = shards * config->partitions_per_shard;
	service->places = calloc(service->partition_count, sizeof(*service->places));
	service->shards = aligned_alloc(_Alignof(struct mc_shard), shard_size);
	if (!service->places || !service->shards || accounts_init(service, config) ||
		upstreams_init(service, config)) {
		mc_service_free(service);
		return SB_ENOMEM;
	}
	memset(service->shards, 0, shard_size);
	service->messages = sb_metrics_gauge(sb_node_metrics(node), "smpp_mc_messages",
		"Messages and receipts that have no final state yet", (const char *)NULL);
	service->troubled = sb_metrics_gauge(sb_node_metrics(node), "smpp_mc_store_failing",
		"Partitions whose commits the store refuses", (const char *)NULL);
	config->service = service;
	*out = service;
	return 0;
}

void
mc_service_free(struct mc_service *service)
{
	if (!service)
		return;
	free(service->accounts);
	free(service->upstreams);
	free(service->places);
	free(service->shards);
	free(service);
}

int64_t
mc_service_wall(struct sb_session *s, struct mc_service *service)
{
	struct mc_shard *shard = &service->shards[sb_session_shard(s)];

	if (shard->turn_ns != sb_now(s)) {
		shard->turn_ns = sb_now(s);
		shard->wall_ms = sb_wall_ms(s);
	}
	return shard->wall_ms;
}

uint64_t
mc_service_ids(struct sb_session *s, struct mc_service *service, uint32_t count)
{
	struct mc_shard *shard = &service->shards[sb_session_shard(s)];

	return mc_id_take(&shard->ids, &service->ids, mc_service_wall(s, service), count);
}

uint64_t
mc_service_ids_fresh(struct sb_session *s, struct mc_service *service, uint32_t count)
{
	mc_id_block_drop(&service->shards[sb_session_shard(s)].ids);
	return mc_service_ids(s, service, count);
}

uint64_t
mc_service_id_above(struct sb_session *s, struct mc_service *service, uint64_t floor)
{
	uint64_t id = mc_service_ids(s, service, 1);

	/* The shard's block is from before the floor's: of a fresh one all are above. */
	return id > floor ? id : mc_service_ids_fresh(s, service, 1);
}

/* Relaxed, in two loads: see struct mc_partition_place. */
struct sb_address
mc_service_partition(const struct mc_service *service, uint32_t number)
{
	const struct mc_partition_place *place = &service->places[number];
	uint64_t where = atomic_load_explicit(&place->where, memory_order_relaxed);

	return (struct sb_address){
		.node = (uint16_t)(where >> 48),
		.shard = (uint16_t)(where >> 32),
		.slot = (uint32_t)where,
		.generation = atomic_load_explicit(&place->generation, memory_order_relaxed),
	};
}

void
mc_service_set_partition(struct mc_service *service, uint32_t number, struct sb_address address)
{
	struct mc_partition_place *place = &service->places[number];

	atomic_store_explicit(&place->where,
		(uint64_t)address.node << 48 | (uint64_t)address.shard << 32 | address.slot,
		memory_order_relaxed);
	atomic_store_explicit(&place->generation, address.generation, memory_order_relaxed);
}
