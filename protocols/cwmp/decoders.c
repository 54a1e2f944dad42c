/* Decoders of a shard: making one costs more than an Inform, and an idle connection has none. */
#include "protocols/cwmp/server_internal.h"

struct cwmp_decoder *
cwmp_decoder_take(struct cwmp_server *server, unsigned shard)
{
	struct cwmp_server_shard *own = &server->shards[shard];

	return own->idle_count ? own->idle[--own->idle_count]
			       : cwmp_decoder_new(server->env, &server->options.decode);
}

void
cwmp_decoder_give_back(struct cwmp_server *server, unsigned shard, struct cwmp_decoder *decoder)
{
	struct cwmp_server_shard *own = &server->shards[shard];

	if (!decoder)
		return;
	if (own->idle_count == CWMP_IDLE_DECODERS) {
		cwmp_decoder_free(decoder);
		return;
	}
	cwmp_decoder_reset(decoder);
	own->idle[own->idle_count++] = decoder;
}
