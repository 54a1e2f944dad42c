#include "protocols/erps/decode.h"

#include "core/env.h"
#include "protocols/erps/atom_internal.h"
#include "protocols/erps/decode_internal.h"
#include "protocols/erps/tag.h"

/* Memory that a large payload took is not kept for small ones. */
#define KEPT_OCTETS 4096

static const struct {
	int code;
	const char *words;
} faults[] = {
#define X(name, code, words) [ERPS_FAULT_##name] = {code, words},
	ERPS_FAULT_MAP(X)
#undef X
};

static uint32_t
limit_or(uint32_t limit, uint32_t otherwise, uint32_t most)
{
	if (!limit)
		return otherwise;
	return limit < most ? limit : most;
}

static void
set_limits(struct erps_check *c, const struct erps_term_limits *limits)
{
	c->limits.depth = limit_or(limits->depth, 64, ERPS_DEPTH_MAX);
	c->limits.atom = limit_or(limits->atom, ERPS_ATOM_CHARACTERS, ERPS_ATOM_CHARACTERS);
	c->limits.integer = limit_or(limits->integer, 1024, UINT32_MAX);
	c->limits.inflated = limit_or(limits->inflated, 4u << 20, UINT32_MAX);
	c->elements = limit_or(limits->elements, 1000000, UINT32_MAX);
}

static void
release(struct erps_decoder *decoder, void **memory, size_t *room)
{
	if (*memory)
		decoder->env->release(decoder->env->context, *memory);
	*memory = NULL;
	*room = 0;
}

static void
release_large(struct erps_decoder *decoder)
{
	if (decoder->inflated_room > KEPT_OCTETS)
		release(decoder, &decoder->inflated, &decoder->inflated_room);
}

/* To the term's tag, inflated if need be. */
static enum erps_fault_code
begin(struct erps_check *c, struct erps_decoder *decoder, struct sb_bytes payload)
{
	c->decoder = decoder;
	c->depth = 0;
	c->start = c->at = c->end = payload.data;
	set_limits(c, &decoder->limits);
	if (decoder->inflated_room)
		release_large(decoder);
	if (payload.size == 0 || *payload.data != ERPS_TERM_VERSION)
		return ERPS_FAULT_VERSION;
	if (payload.size > UINT32_MAX)
		return ERPS_FAULT_SIZE;
	c->end = payload.data + payload.size;
	c->at++;
	if (payload.size > 1 && *c->at == ERPS_TAG_COMPRESSED)
		return erps_inflate(c, sb_bytes(c->at + 1, payload.size - 2));
	return ERPS_FAULT_NONE;
}

static int
end(struct erps_check *c, enum erps_fault_code fault)
{
	struct erps_decoder *decoder = c->decoder;

	if (decoder->keys_room > KEPT_OCTETS)
		release(decoder, &decoder->keys, &decoder->keys_room);
	if (fault == ERPS_FAULT_NONE) {
		decoder->fault = (struct erps_fault){0};
		return 0;
	}
	decoder->fault.what = faults[fault].words;
	decoder->fault.at = (size_t)(c->at - c->start);
	/* Nothing views it. */
	release_large(decoder);
	return faults[fault].code;
}

int
erps_decode(struct erps_decoder *decoder, struct sb_bytes payload, struct erps_term *term)
{
	struct erps_check c;
	enum erps_fault_code fault = begin(&c, decoder, payload);
	const uint8_t *tag = c.at;

	if (!fault)
		fault = erps_check_term(&c);
	if (!fault && c.at < c.end && !decoder->limits.takes_trailing)
		fault = ERPS_FAULT_TRAILING;
	*term = (struct erps_term){0};
	if (!fault)
		*term = (struct erps_term){tag, (size_t)(c.at - tag)};
	return end(&c, fault);
}

/* Goes into the tuple, if there is one that has elements. */
static bool
enter_tuple(struct erps_check *c)
{
	size_t left = (size_t)(c->end - c->at);

	if (left > 2 && c->at[0] == ERPS_TAG_SMALL_TUPLE && c->at[1]) {
		c->at += 2;
		return true;
	}
	if (left > 5 && c->at[0] == ERPS_TAG_LARGE_TUPLE) {
		c->at += 5;
		return true;
	}
	return false;
}

/* What is shown is not let in: any atom will do, as of a node. */
static struct erps_term
read_method(struct erps_check *c)
{
	const struct erps_term none = {NULL, 0};
	const uint8_t *tag;

	(void)enter_tuple(c);
	tag = c->at;
	if (tag == c->end || !erps_is_atom_tag(*tag) || erps_check_atom(c, true))
		return none;
	return (struct erps_term){tag, (size_t)(c->at - tag)};
}

bool
erps_decode_ref(struct erps_decoder *decoder, struct sb_bytes payload, struct erps_term *ref,
	struct erps_term *method)
{
	struct erps_fault fault = decoder->fault;
	struct erps_check c;
	bool is_there = begin(&c, decoder, payload) == ERPS_FAULT_NONE && enter_tuple(&c);
	const uint8_t *tag = c.at;

	is_there = is_there && erps_check_term(&c) == ERPS_FAULT_NONE;
	*ref = (struct erps_term){0};
	if (is_there)
		*ref = (struct erps_term){tag, (size_t)(c.at - tag)};
	if (method)
		*method = is_there ? read_method(&c) : (struct erps_term){0};
	end(&c, is_there ? ERPS_FAULT_NONE : ERPS_FAULT_CUT);
	decoder->fault = fault;
	return is_there;
}

void
erps_decoder_fini(struct erps_decoder *decoder)
{
	release(decoder, &decoder->inflated, &decoder->inflated_room);
	release(decoder, &decoder->keys, &decoder->keys_room);
}
