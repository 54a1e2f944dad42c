#include "protocols/erps/text_heads_internal.h"

#include "protocols/erps/tag.h"

/* A tag and a count of 32 bits: all four have such a form. */
#define HEAD_SIZE 5

static void
put_octets(struct erps_builder *b, const uint8_t *octets, size_t size)
{
	erps_put_term(b, (struct erps_term){octets, size});
}

size_t
erps_open_head(struct erps_builder *b, enum erps_kind kind)
{
	uint8_t head[HEAD_SIZE] = {ERPS_TAG_LIST};
	size_t at = b->size;

	if (kind == ERPS_TUPLE)
		head[0] = ERPS_TAG_LARGE_TUPLE;
	else if (kind == ERPS_MAP)
		head[0] = ERPS_TAG_MAP;
	else if (kind == ERPS_BINARY)
		head[0] = ERPS_TAG_BINARY;
	put_octets(b, head, sizeof(head));
	return at;
}

static void
set_count(struct erps_builder *b, size_t head, size_t count)
{
	struct sb_writer w = sb_writer_of(b->data + head + 1, HEAD_SIZE - 1);

	sb_put_u32(&w, (uint32_t)count);
}

void
erps_close_tuple(struct erps_builder *b, size_t head, size_t count)
{
	uint8_t *start;

	if (b->error)
		return;
	if (count > UINT8_MAX) {
		set_count(b, head, count);
		return;
	}
	start = b->data + head;
	start[0] = ERPS_TAG_SMALL_TUPLE;
	start[1] = (uint8_t)count;
	memmove(start + 2, start + HEAD_SIZE, b->size - head - HEAD_SIZE);
	b->size -= HEAD_SIZE - 2;
}

void
erps_close_list(struct erps_builder *b, size_t head, size_t count, bool has_tail)
{
	if (b->error)
		return;
	if (count)
		set_count(b, head, count);
	else
		b->size = head;
	if (!has_tail)
		erps_put_nil(b);
}

void
erps_close_map(struct erps_builder *b, size_t head, size_t count)
{
	if (!b->error)
		set_count(b, head, count);
}

void
erps_close_binary(struct erps_builder *b, size_t head, uint8_t bits)
{
	size_t size = b->size - head - HEAD_SIZE;
	uint8_t *octets;

	if (bits < 8)
		put_octets(b, &bits, 1);
	if (b->error)
		return;
	set_count(b, head, size);
	if (bits == 8)
		return;
	/* A bitstring says so in one octet more. */
	octets = b->data + head + HEAD_SIZE;
	memmove(octets + 1, octets, size);
	*octets = bits;
	b->data[head] = ERPS_TAG_BIT_BINARY;
}
