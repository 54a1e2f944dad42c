/* Documents to libxml2's push parser, in slices that bound what it does with one. */
#include "core/env.h"
#include "protocols/cwmp/decode_internal.h"

#include <pthread.h>
#include <string.h>

/*
 * libxml2 looks for the end of a tag from its beginning with each slice, compares attributes with
 * each other, and keeps all names of documents: neither long tags, nor small slices, nor many
 * names.
 */
#define SLICE      8192
#define SILENT_MAX 65536
#define NAMES_MAX  ((size_t)1 << 20)  /* octets of names in a document */
#define NAMES_KEPT ((size_t)64 << 10) /* that the next documents find there */

#define OPTIONS (XML_PARSE_RECOVER | XML_PARSE_NONET | XML_PARSE_OLDSAX)

static const struct {
	int code;
	const char *words;
} refusals[] = {[CWMP_REFUSED_NOT] = {0, ""},
#define X(name, code, words) [CWMP_REFUSED_##name] = {code, words},
	CWMP_REFUSAL_MAP(X)
#undef X
};

static pthread_once_t libxml2_is_ready = PTHREAD_ONCE_INIT;

static struct cwmp_decode_limits
with_defaults(const struct cwmp_decode_limits *limits)
{
	struct cwmp_decode_limits all = limits ? *limits : (struct cwmp_decode_limits){0};

	all.bytes = all.bytes ? all.bytes : (size_t)16 << 20;
	all.depth = all.depth ? all.depth : 32;
	all.text = all.text ? all.text : (size_t)1 << 20;
	all.members = all.members ? all.members : 100000;
	all.memory = all.memory ? all.memory : (size_t)64 << 20;
	return all;
}

struct cwmp_decoder *
cwmp_decoder_new(const struct sb_env *env, const struct cwmp_decode_limits *limits)
{
	struct cwmp_decode_limits all = with_defaults(limits);
	struct cwmp_decoder *d =
		env->allocate(env->context, sizeof(*d) + all.depth * sizeof(d->frames[0]));

	if (!d)
		return NULL;
	pthread_once(&libxml2_is_ready, xmlInitParser);
	memset(d, 0, sizeof(*d));
	d->env = env;
	d->limits = all;
	return d;
}

static void
free_parser(struct cwmp_decoder *d)
{
	if (d->xml)
		xmlFreeParserCtxt(d->xml);
	d->xml = NULL;
}

/* Gives up the message; why, and for whom, is remembered. */
static void
drop_message(struct cwmp_decoder *d)
{
	sb_arena_fini(&d->arena);
	if (d->memory)
		d->env->release(d->env->context, d->memory);
	d->memory = NULL;
}

void
cwmp_decoder_free(struct cwmp_decoder *decoder)
{
	if (!decoder)
		return;
	drop_message(decoder);
	free_parser(decoder);
	decoder->env->release(decoder->env->context, decoder);
}

void
cwmp_refuse_document(struct cwmp_decoder *d, enum cwmp_refusal why)
{
	const char *id = d->memory ? d->memory->envelope.message.header.id : NULL;

	if (d->refusal)
		return;
	d->refusal = why;
	if (id && strlen(id) < sizeof(d->id))
		strcpy(d->id, id);
}

void
cwmp_refuse_memory(struct cwmp_decoder *d)
{
	cwmp_refuse_document(
		d, d->arena.error == SB_ELIMIT ? CWMP_REFUSED_ROOM : CWMP_REFUSED_MEMORY);
}

/* libxml2 tells errors outside of a document (its buffers, URIs) to whoever asked for them on this
 * thread, or to standard error. Whoever asked before us is asked again afterwards. */
struct watch {
	xmlStructuredErrorFunc before;
	void *context;
};

static struct watch
watch_errors(struct cwmp_decoder *d)
{
	struct watch watch = {xmlStructuredError, xmlStructuredErrorContext};

	xmlSetStructuredErrorFunc(d, cwmp_decode_events.serror);
	return watch;
}

static void
watch_no_more(struct watch watch)
{
	xmlSetStructuredErrorFunc(watch.context, watch.before);
}

static void
begin_document(struct cwmp_decoder *d)
{
	drop_message(d);
	if (d->refusal == CWMP_REFUSED_MEMORY)
		free_parser(d); /* it may have stopped anywhere */
	d->soap_faultcode = d->soap_faultstring = NULL;
	d->bytes = d->silent = d->held = 0;
	d->members = d->namespaces = d->complaints = d->depth = 0;
	d->is_begun = d->has_body = d->has_message = d->is_ended = d->is_over = false;
	d->refusal = CWMP_REFUSED_NOT;
	d->id[0] = '\0';
}

static bool
make_parser(struct cwmp_decoder *d)
{
	xmlSAXHandler events = cwmp_decode_events;

	d->xml = xmlCreatePushParserCtxt(&events, d, NULL, 0, NULL);
	if (d->xml)
		xmlCtxtUseOptions(d->xml, OPTIONS);
	return d->xml != NULL;
}

/* The parser begins with the first octets that are none of the blanks. */
static void
begin_parser(struct cwmp_decoder *d)
{
	d->is_begun = true;
	if (d->xml && xmlDictGetUsage(d->xml->dict) > NAMES_KEPT)
		free_parser(d);
	if ((!d->xml && !make_parser(d)) ||
		xmlCtxtResetPush(d->xml, (const char *)d->hold, CWMP_HEAD_LEAST, NULL, NULL)) {
		cwmp_refuse_document(d, CWMP_REFUSED_MEMORY);
		return;
	}
	d->xml->options &= ~XML_PARSE_IGNORE_ENC;
	if (!cwmp_head_has_encoding(d))
		d->xml->options |= XML_PARSE_IGNORE_ENC;
	d->held -= CWMP_HEAD_LEAST;
	memmove(d->hold, d->hold + CWMP_HEAD_LEAST, d->held);
}

/* A CDATA section comes at its end: it is text, of which there may be more than of markup. */
static bool
is_silent_for_too_long(const struct cwmp_decoder *d)
{
	size_t max = SILENT_MAX;

	if (d->xml->instate == XML_PARSER_CDATA_SECTION && d->limits.text > max)
		max = d->limits.text;
	return d->silent > max;
}

static void
parse_slice(struct cwmp_decoder *d, const uint8_t *slice, size_t size, bool is_last)
{
	d->silent += size;
	xmlParseChunk(d->xml, (const char *)slice, (int)size, is_last);
	if (d->refusal || d->is_ended)
		return;
	if (is_silent_for_too_long(d))
		cwmp_refuse_document(d, CWMP_REFUSED_MARKUP);
	else if (xmlDictGetUsage(d->xml->dict) > NAMES_MAX)
		cwmp_refuse_document(d, CWMP_REFUSED_NAMES);
	else if (d->xml->disableSAX)
		cwmp_refuse_document(d, CWMP_REFUSED_XML);
}

static void
parse(struct cwmp_decoder *d, struct sb_bytes part)
{
	/* What follows the Envelope is nothing to anybody: blanks, NULs. */
	while (part.size && !d->refusal && !d->is_ended) {
		size_t size = part.size < SLICE ? part.size : SLICE;

		parse_slice(d, part.data, size, false);
		part.data += size;
		part.size -= size;
	}
}

static void
parse_held(struct cwmp_decoder *d)
{
	size_t size = d->held;

	d->held = 0;
	parse(d, sb_bytes(d->hold, size));
}

/* Small parts are gathered: each slice costs libxml2 something. */
static void
take(struct cwmp_decoder *d, struct sb_bytes part)
{
	if (!d->is_begun) {
		part = cwmp_head_take(d, part);
		if (!cwmp_head_is_whole(d))
			return;
		begin_parser(d);
	}
	if (part.size < sizeof(d->hold) - d->held) {
		memcpy(d->hold + d->held, part.data, part.size);
		d->held += part.size;
		return;
	}
	parse_held(d);
	parse(d, part);
}

int
cwmp_decoder_push(struct cwmp_decoder *decoder, struct sb_bytes part)
{
	if (decoder->is_over)
		begin_document(decoder);
	if (part.size == 0 || decoder->refusal)
		return refusals[decoder->refusal].code;
	if (part.size > decoder->limits.bytes - decoder->bytes) {
		cwmp_refuse_document(decoder, CWMP_REFUSED_BYTES);
	} else {
		struct watch watch = watch_errors(decoder);

		decoder->bytes += part.size;
		take(decoder, part);
		watch_no_more(watch);
	}
	if (decoder->refusal)
		drop_message(decoder);
	return refusals[decoder->refusal].code;
}

static enum cwmp_refusal
missing(const struct cwmp_decoder *d)
{
	if (!d->memory)
		return CWMP_REFUSED_ENVELOPE;
	if (!d->is_ended)
		return CWMP_REFUSED_CUT;
	if (!d->has_body)
		return CWMP_REFUSED_BODY;
	return d->has_message ? CWMP_REFUSED_NOT : CWMP_REFUSED_EMPTY;
}

static void
end_document(struct cwmp_decoder *d)
{
	struct watch watch = watch_errors(d);
	enum cwmp_refusal what;

	if (d->is_begun && !d->refusal)
		parse_held(d);
	if (d->is_begun && !d->refusal && !d->is_ended)
		parse_slice(d, NULL, 0, true);
	watch_no_more(watch);
	what = missing(d);
	if (what)
		cwmp_refuse_document(d, what);
}

/* "SOAP-ENV:Client", "Client": the asker's fault. */
static bool
is_client(const char *faultcode)
{
	const char *colon = faultcode ? strrchr(faultcode, ':') : NULL;

	return faultcode && strstr(colon ? colon : faultcode, "Client");
}

static struct cwmp_envelope *
complete(struct cwmp_decoder *d)
{
	struct cwmp_envelope_memory *memory = d->memory;
	struct cwmp_message *message = &memory->envelope.message;

	cwmp_dialect_finish(&memory->envelope.dialect, &message->header);
	if (message->kind == CWMP_FAULT) {
		message->body.fault.is_client = is_client(d->soap_faultcode);
		if (!message->body.fault.fault_string)
			message->body.fault.fault_string = d->soap_faultstring;
	}
	memory->envelope.bytes = d->bytes;
	memory->blocks = d->arena.blocks;
	d->arena.blocks = NULL;
	d->memory = NULL;
	return &memory->envelope;
}

int
cwmp_decoder_finish(struct cwmp_decoder *decoder, struct cwmp_envelope **envelope)
{
	*envelope = NULL;
	if (decoder->is_over)
		begin_document(decoder);
	end_document(decoder);
	decoder->is_over = true;
	if (decoder->refusal)
		drop_message(decoder);
	else
		*envelope = complete(decoder);
	return refusals[decoder->refusal].code;
}

void
cwmp_decoder_reset(struct cwmp_decoder *decoder)
{
	begin_document(decoder);
}

const char *
cwmp_decoder_fault(const struct cwmp_decoder *decoder)
{
	return refusals[decoder->refusal].words;
}

const char *
cwmp_decoder_id(const struct cwmp_decoder *decoder)
{
	return decoder->id;
}

int
cwmp_decode(struct cwmp_decoder *decoder, struct sb_bytes document, struct cwmp_envelope **envelope)
{
	cwmp_decoder_reset(decoder);
	cwmp_decoder_push(decoder, document);
	return cwmp_decoder_finish(decoder, envelope);
}
