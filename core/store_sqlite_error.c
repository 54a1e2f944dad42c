/* What SQLite says, in our codes. */
#include "core/error.h"
#include "core/store_sqlite_internal.h"

#include <errno.h>

static int
last_error(sqlite3_file *file)
{
	int error = 0;

	if (file && file->pMethods)
		file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
	return error;
}

/* A connection keeps it for some failures only, and not for those of a commit: the files know. */
int
sb_sqlite_errno(sqlite3 *db)
{
	sqlite3_file *main_file = NULL, *log = NULL;
	int error;

	sqlite3_file_control(db, NULL, SQLITE_FCNTL_JOURNAL_POINTER, &log);
	sqlite3_file_control(db, NULL, SQLITE_FCNTL_FILE_POINTER, &main_file);
	error = last_error(log);
	if (!error)
		error = last_error(main_file);
	return error ? error : sqlite3_system_errno(db);
}

/* Space may be refused where SQLite sees no more than a failed call. Not for a sync: after one that
 * failed nobody knows what is on the disk. */
static int
io_error(sqlite3 *db, int code)
{
	int error;

	switch (code) {
	case SQLITE_IOERR_NOMEM:
		return SB_ENOMEM;
	case SQLITE_IOERR_SHMSIZE: /* the log's index could not grow; it has no errno */
		return SB_ENOSPC;
	case SQLITE_IOERR_WRITE:
		error = sb_sqlite_errno(db);
		return error == ENOSPC || error == EDQUOT ? SB_ENOSPC : SB_EIO;
	default:
		return SB_EIO;
	}
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
