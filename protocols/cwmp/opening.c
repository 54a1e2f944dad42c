#include "core/session.h"
#include "core/text.h"
#include "protocols/cwmp/exchange_internal.h"
#include "protocols/cwmp/server_internal.h"

struct cwmp_opening *
cwmp_opening_new(const struct sb_session *s, const struct cwmp_opening *from)
{
	size_t texts = sb_text_size(from->device) + sb_text_size(from->address) +
		       sb_text_size(from->username) + sb_text_size(from->certificate);
	struct cwmp_opening *made = sb_payload_new(s, sizeof(*made) + texts);
	char *at;

	if (!made)
		return NULL;
	at = made->texts;
	made->envelope = NULL;
	made->server = NULL;
	made->held = 0;
	made->hash_id = from->hash_id;
	made->entrance = from->entrance;
	made->device = sb_text_keep(&at, from->device);
	made->address = sb_text_keep(&at, from->address);
	made->username = sb_text_keep(&at, from->username);
	made->certificate = sb_text_keep(&at, from->certificate);
	return made;
}

void
cwmp_opening_free(void *opening)
{
	struct cwmp_opening *o = opening;

	if (!o)
		return;
	cwmp_envelope_free(o->envelope);
	if (o->server)
		cwmp_let_go(o->server, o->held);
	sb_payload_free(o);
}
