/*
 * Rows of the store as what they were in an earlier life: a message or receipt,
 * whose it is, and by the routes of today where it goes. Checked like octets from
 * a wire. Pure; any thread.
 */
#ifndef SMPP_MC_ROW_H
#define SMPP_MC_ROW_H

#include "core/store.h"
#include "daemons/smpp-mc/config.h"
#include "daemons/smpp-mc/parcel.h"

/*
 * Fills a parcel from its row, all but parcel->row. A message that no route takes
 * any more has MC_NO_TARGET; one whose account is gone MC_NO_ACCOUNT, and so has
 * a receipt, which has MC_NO_TARGET then, too. 0 or SB_ECORRUPT.
 */
int mc_row_read(
	const struct mc_config *config, const struct sb_store_row *row, struct mc_parcel *parcel);

/* Whether the row of final states holds whole records. */
bool mc_row_has_finals(const struct sb_store_row *row);

#endif
