/*
 * Terms whose elements are counted while they are built: the head is written first and
 * corrected at the end.
 */
#ifndef SB_ERPS_TEXT_HEADS_INTERNAL_H
#define SB_ERPS_TEXT_HEADS_INTERNAL_H

#include "build.h"

/* Begins a tuple, list, map or binary; where its head is. */
size_t erps_open_head(struct erps_builder *b, enum erps_kind kind);

/* Ends it. `count`: elements, pairs of a map; the octets of a binary count themselves. The tail of
 * a list, if it is not [], was put already. */
void erps_close_tuple(struct erps_builder *b, size_t head, size_t count);
void erps_close_list(struct erps_builder *b, size_t head, size_t count, bool has_tail);
void erps_close_map(struct erps_builder *b, size_t head, size_t count);

/* `bits` of the last octet count: 1 to 8. */
void erps_close_binary(struct erps_builder *b, size_t head, uint8_t bits);

#endif
