/* What libxml2 calls while it parses. After a refusal everything is silence. */
#include "core/env.h"
#include "protocols/cwmp/decode_internal.h"

#define NAMESPACES_MAX 64 /* of a document: libxml2 looks through them one by one */
#define ATTRIBUTES_MAX 64 /* of an element: it compares each with each */
#define REPAIRS_MAX    10000
#define COMPLAINTS_MAX 100000 /* of libxml2, repairs and others */

/* The room of an envelope: an Inform fits without another allocation. */
#define FIRST_ROOM 4096

static bool
begin_envelope(struct cwmp_decoder *d)
{
	struct cwmp_envelope_memory *memory = d->env->allocate(d->env->context, FIRST_ROOM);
	size_t room = FIRST_ROOM - sizeof(*memory);

	if (!memory) {
		cwmp_refuse_document(d, CWMP_REFUSED_MEMORY);
		return false;
	}
	memset(memory, 0, sizeof(*memory));
	memory->env = d->env;
	cwmp_dialect_init(&memory->envelope.dialect, CWMP_1_0);
	sb_arena_init(&d->arena, d->env, memory->room, room,
		d->limits.memory > FIRST_ROOM ? d->limits.memory - FIRST_ROOM : 0);
	d->memory = memory;
	return true;
}

static bool
are_too_many(struct cwmp_decoder *d, int attributes, int namespaces)
{
	d->namespaces += (uint32_t)namespaces;
	if (attributes > ATTRIBUTES_MAX)
		cwmp_refuse_document(d, CWMP_REFUSED_ATTRIBUTES);
	else if (d->namespaces > NAMESPACES_MAX)
		cwmp_refuse_document(d, CWMP_REFUSED_NAMESPACES);
	return d->refusal != CWMP_REFUSED_NOT;
}

static void
start_element(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
	int namespace_count, const xmlChar **namespaces, int attribute_count, int defaulted,
	const xmlChar **attributes)
{
	struct cwmp_decoder *d = context;
	struct cwmp_element element = {(const char *)name, (const char *)prefix, (const char *)uri,
		attributes, attribute_count};

	(void)defaulted;
	d->silent = 0;
	if (d->refusal || d->is_ended || are_too_many(d, attribute_count, namespace_count))
		return;
	if (!d->memory && !begin_envelope(d))
		return;
	if (namespace_count && !d->has_message)
		cwmp_dialect_declared(&d->memory->envelope.dialect, namespace_count, namespaces);
	cwmp_frame_open(d, &element);
}

static void
end_element(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct cwmp_decoder *d = context;

	(void)name, (void)prefix, (void)uri;
	d->silent = 0;
	if (!d->refusal && d->depth)
		cwmp_frame_close(d);
}

static void
text(void *context, const xmlChar *characters, int size)
{
	struct cwmp_decoder *d = context;

	d->silent = 0;
	if (!d->refusal)
		cwmp_frame_text(d, (const char *)characters, (size_t)size);
}

static void
comment(void *context, const xmlChar *words)
{
	struct cwmp_decoder *d = context;

	(void)words;
	d->silent = 0;
}

static void
processing_instruction(void *context, const xmlChar *target, const xmlChar *words)
{
	(void)target;
	comment(context, words);
}

/* Entities of its own are the one thing that a document can do harm with. */
static void
doctype(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	struct cwmp_decoder *d = context;

	(void)name, (void)external, (void)system;
	cwmp_refuse_document(d, CWMP_REFUSED_DOCTYPE);
	xmlStopParser(d->xml);
}

/* libxml2 passes over predefined entities once it has repaired something, unless it asks here
 * first (XML_PARSE_OLDSAX) and still thinks well of the document. */
static xmlEntityPtr
entity(void *context, const xmlChar *name)
{
	struct cwmp_decoder *d = context;
	xmlEntityPtr predefined = xmlGetPredefinedEntity(name);

	if (predefined)
		d->xml->wellFormed = 1;
	return predefined;
}

/* Undeclared prefixes are no matter, for nobody asks for the namespace; but each complaint costs.
 */
static void
error(void *context, xmlErrorPtr error)
{
	struct cwmp_decoder *d = context;

	if (error->code == XML_ERR_NO_MEMORY)
		cwmp_refuse_document(d, CWMP_REFUSED_MEMORY);
	if (!d->memory || d->is_ended)
		return;
	if (error->level >= XML_ERR_ERROR && error->domain != XML_FROM_NAMESPACE)
		d->memory->envelope.repairs++;
	if (++d->complaints > COMPLAINTS_MAX || d->memory->envelope.repairs > REPAIRS_MAX)
		cwmp_refuse_document(d, CWMP_REFUSED_REPAIRS);
}

const xmlSAXHandler cwmp_decode_events = {
	.initialized = XML_SAX2_MAGIC,
	.internalSubset = doctype,
	.getEntity = entity,
	.startElementNs = start_element,
	.endElementNs = end_element,
	.characters = text,
	.ignorableWhitespace = text, /* the same, so that libxml2 does not tell them apart */
	.cdataBlock = text,
	.comment = comment,
	.processingInstruction = processing_instruction,
	.serror = error,
};
