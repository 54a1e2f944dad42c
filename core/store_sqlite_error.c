/* What SQLite says, in our codes. */
#include "core/error.h"
#include "core/store_sqlite_internal.h"

#include <errno.h>

/* Space may be refused where SQLite sees no more than a failed call. Not for a sync: after one that
 * failed nobody knows what is on the disk. */
static int
io_error(sqlite3 *db, int code)
{
	int system = sqlite3_system_errno(db);

	if (code == SQLITE_IOERR_NOMEM)
		return SB_ENOMEM;
	if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
		return SB_EIO;
	return system == ENOSPC || system == EDQUOT ? SB_ENOSPC : SB_EIO;
}

static int
open_error(sqlite3 *db)
{
	int system = sqlite3_system_errno(db);

	return system ? sb_error_from_errno(system) : SB_EIO;
}

int
sb_sqlite_error(sqlite3 *db, int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return SB_ENOSPC;
	case SQLITE_IOERR:
		return io_error(db, code);
	case SQLITE_CANTOPEN:
		return open_error(db);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return SB_ECORRUPT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return SB_EBUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return SB_EACCES;
	case SQLITE_NOMEM:
		return SB_ENOMEM;
	case SQLITE_TOOBIG:
	case SQLITE_CONSTRAINT:
	case SQLITE_ERROR:
		return SB_EINVAL;
	default:
		return SB_EIO;
	}
}
