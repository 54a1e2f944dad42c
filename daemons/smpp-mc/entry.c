/*
 * Lists of entries, linked by number through the entries themselves. An entry is
 * in one list at most, so it needs two links and no list node.
 */
#include "daemons/smpp-mc/entry.h"

/* `before` 0: at the end. */
static void
insert_before(struct mc_slab *slab, struct mc_list *list, uint32_t number, uint32_t before)
{
	struct mc_entry *entry = mc_entry_at(slab, number);
	struct mc_entry *right = mc_entry_at(slab, before);

	entry->next = before;
	entry->prev = right ? right->prev : list->tail;
	if (entry->prev)
		mc_entry_at(slab, entry->prev)->next = number;
	else
		list->head = number;
	if (right)
		right->prev = number;
	else
		list->tail = number;
	list->count++;
}

void
mc_list_push(struct mc_slab *slab, struct mc_list *list, uint32_t number)
{
	insert_before(slab, list, number, 0);
}

void
mc_list_push_front(struct mc_slab *slab, struct mc_list *list, uint32_t number)
{
	insert_before(slab, list, number, list->head);
}

void
mc_list_insert(struct mc_slab *slab, struct mc_list *list, uint32_t number)
{
	uint64_t id = mc_entry_at(slab, number)->id;
	uint32_t at = list->head;

	/* From the front: what is put back is older than nearly all. */
	while (at && mc_entry_at(slab, at)->id < id)
		at = mc_entry_at(slab, at)->next;
	insert_before(slab, list, number, at);
}

/* Its links are cleared: an entry in no list has none. */
void
mc_list_remove(struct mc_slab *slab, struct mc_list *list, uint32_t number)
{
	struct mc_entry *entry = mc_entry_at(slab, number);

	if (entry->prev)
		mc_entry_at(slab, entry->prev)->next = entry->next;
	else
		list->head = entry->next;
	if (entry->next)
		mc_entry_at(slab, entry->next)->prev = entry->prev;
	else
		list->tail = entry->prev;
	entry->next = entry->prev = 0;
	list->count--;
}

uint32_t
mc_list_pop(struct mc_slab *slab, struct mc_list *list)
{
	uint32_t number = list->head;

	if (number)
		mc_list_remove(slab, list, number);
	return number;
}
