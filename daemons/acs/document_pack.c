/* Size, 32 bits, and what zlib makes of it. At its quickest: names that share beginnings are short
 * before it begins. */
#include "core/error.h"
#include "daemons/acs/document.h"

#include <stdlib.h>
#include <zlib.h>

#define SIZE_OCTETS 4

int
acs_document_pack(struct sb_bytes document, struct acs_octets *body)
{
	uLongf size = compressBound(document.size);
	struct sb_writer w;
	int status;

	if (document.size > UINT32_MAX)
		return SB_ELIMIT;
	body->data = malloc(SIZE_OCTETS + size);
	if (!body->data)
		return SB_ENOMEM;
	w = sb_writer_of(body->data, SIZE_OCTETS);
	sb_put_u32(&w, (uint32_t)document.size);
	status = compress2(
		body->data + SIZE_OCTETS, &size, document.data, document.size, Z_BEST_SPEED);
	if (status != Z_OK) {
		acs_octets_free(body);
		return SB_ENOMEM;
	}
	body->size = SIZE_OCTETS + size;
	return 0;
}

int
acs_document_unpack(struct sb_bytes body, size_t limit_bytes, struct acs_octets *document)
{
	struct sb_reader r = sb_reader_of(body);
	uLongf size = sb_get_u32(&r);
	uLong used = sb_reader_left(&r);
	int status;

	*document = (struct acs_octets){0};
	if (!body.size)
		return 0;
	if (sb_reader_failed(&r) || !size)
		return SB_ECORRUPT;
	if (size > limit_bytes)
		return SB_ELIMIT;
	document->data = malloc(size);
	if (!document->data)
		return SB_ENOMEM;
	document->size = size;
	status = uncompress2(document->data, &size, r.at, &used);
	if (status == Z_OK && size == document->size)
		return 0;
	acs_octets_free(document);
	return status == Z_MEM_ERROR ? SB_ENOMEM : SB_ECORRUPT;
}
