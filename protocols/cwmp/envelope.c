/* Envelopes as pieces of memory: given back, and copied into one piece of their size. */
#include "core/bytes.h"
#include "core/env.h"
#include "core/text.h"
#include "protocols/cwmp/envelope_internal.h"
#include "protocols/cwmp/schema.h"

/* Walks a message twice: for the size of all that it points at (`at` NULL), then to copy it. */
struct packing {
	char *at;
	size_t size;
};

void
cwmp_envelope_free(struct cwmp_envelope *envelope)
{
	struct cwmp_envelope_memory *memory = (struct cwmp_envelope_memory *)envelope;

	if (!memory)
		return;
	sb_arena_release(memory->env, memory->blocks);
	memory->env->release(memory->env->context, memory);
}

static void
pack_text(struct packing *p, const char **text)
{
	size_t size = sb_text_size(*text);

	if (p->at && *text)
		*text = memcpy(p->at + p->size, *text, size);
	p->size += size;
}

static void pack_fields(struct packing *p, const struct cwmp_shape *shape, void *at);

static void
pack_member(struct packing *p, const struct cwmp_shape *shape, void *member)
{
	if (shape->scalar != CWMP_FIELD_STRUCT)
		pack_text(p, member);
	else
		pack_fields(p, cwmp_member_shape(shape, member), member);
}

/* The members' own copy, and what they point at behind it. */
static void
pack_array(struct packing *p, const struct cwmp_shape *shape, void *at)
{
	struct cwmp_array array = cwmp_array_get(at);
	size_t size = array.count * shape->size;

	p->size += -p->size % _Alignof(max_align_t);
	if (p->at && array.count) {
		array.each = memcpy(p->at + p->size, array.each, size);
		cwmp_array_set(at, array);
	}
	p->size += size;
	for (size_t i = 0; i < array.count; i++)
		pack_member(p, shape, (char *)array.each + i * shape->size);
}

static void
pack_field(struct packing *p, const struct cwmp_field *field, void *at)
{
	switch (field->type) {
	case CWMP_FIELD_TEXT:
	case CWMP_FIELD_DATE_TIME:
	case CWMP_FIELD_BASE64:
		pack_text(p, at);
		return;
	case CWMP_FIELD_VALUE:
		pack_text(p, &((struct cwmp_value *)at)->text);
		return;
	case CWMP_FIELD_STRUCT:
		pack_fields(p, field->shape, at);
		return;
	case CWMP_FIELD_ARRAY:
	case CWMP_FIELD_REPEATED:
		pack_array(p, field->shape, at);
		return;
	case CWMP_FIELD_UINT:
	case CWMP_FIELD_INT:
	case CWMP_FIELD_BOOLEAN:
		return;
	}
}

static void
pack_fields(struct packing *p, const struct cwmp_shape *shape, void *at)
{
	for (size_t i = 0; i < shape->field_count; i++)
		pack_field(p, &shape->fields[i], (char *)at + shape->fields[i].offset);
}

/* Measuring changes nothing: no text is set without `at`. */
static void
pack_message(struct packing *p, struct cwmp_message *message)
{
	const struct cwmp_shape *body = cwmp_body_shape(message->kind, message->method);

	pack_text(p, &message->name);
	pack_fields(p, cwmp_header_shape(), &message->header);
	if (body)
		pack_fields(p, body, &message->body);
}

struct cwmp_envelope *
cwmp_envelope_copy(const struct sb_env *env, const struct cwmp_envelope *envelope)
{
	struct cwmp_envelope measured = *envelope;
	struct packing packing = {0};
	struct cwmp_envelope_memory *memory;
	size_t size;

	pack_message(&packing, &measured.message);
	size = sizeof(*memory) + packing.size;
	memory = env->allocate(env->context, size);
	if (!memory)
		return NULL;
	memory->envelope = *envelope;
	/* Who bounds what waits by this counts what was put together, too. */
	if (!envelope->bytes)
		memory->envelope.bytes = size;
	memory->env = env;
	memory->blocks = NULL;
	packing = (struct packing){.at = memory->room};
	pack_message(&packing, &memory->envelope.message);
	return &memory->envelope;
}
