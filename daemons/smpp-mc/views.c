/*
 * What an operator sees with sqlite3. Rows are written for the centre: heads as
 * numbers, texts as the PDUs that they came in. The views say the same in words:
 * ids as clients know them, times in UTC, addresses cut out of the PDU.
 */
#include "daemons/smpp-mc/service.h"

/* A row's body begins with the length of the account's name and the name; the PDU has sixteen
 * octets of header, the service_type, and then each address behind two octets. */
const char mc_views[] =
	"DROP VIEW IF EXISTS messages;"
	"CREATE VIEW messages AS "
	"SELECT printf('%016x', id - part) AS message_id,"
	" CASE flags & 1 WHEN 1 THEN 'receipt' ELSE 'message' END AS kind,"
	" CASE WHEN id IN (SELECT id FROM sent) THEN 'upstream'"
	"  WHEN max(start_ms, next_ms) <= strftime('%s', 'now') * 1000 THEN 'waiting'"
	"  WHEN next_ms > start_ms THEN 'backing off' ELSE 'scheduled' END AS state,"
	" CAST(account AS TEXT) AS account,"
	" CAST(substr(addresses, 1, instr(addresses, x'00') - 1) AS TEXT) AS source,"
	" CAST(substr(second, 1, instr(second, x'00') - 1) AS TEXT) AS destination,"
	" priority, tries, strftime('%Y-%m-%dT%H:%M:%SZ', submit_ms / 1000, 'unixepoch') AS "
	"submitted,"
	" CASE max(start_ms, next_ms) WHEN 0 THEN NULL"
	"  ELSE strftime('%Y-%m-%dT%H:%M:%SZ', max(start_ms, next_ms) / 1000, 'unixepoch') END AS "
	"next_attempt,"
	"strftime('%Y-%m-%dT%H:%M:%SZ', expiry_ms / 1000, 'unixepoch') AS expires, id "
	"FROM (SELECT *, substr(addresses, instr(addresses, x'00') + 3) AS second"
	" FROM (SELECT *, substr(pdu, instr(pdu, x'00') + 3) AS addresses"
	"  FROM (SELECT *, substr(body, 2, unicode(substr(body, 1, 1))) AS account,"
	"   substr(body, 18 + unicode(substr(body, 1, 1))) AS pdu FROM msg)));"

	/* Records of 26 octets (final.c). When they ended is taken from the row's own id, which was
	 * given in the same turn. */
	"DROP VIEW IF EXISTS final_states;"
	"CREATE VIEW final_states AS "
	"WITH RECURSIVE record(row_id, n, body) AS"
	" (SELECT id, 0, body FROM fin UNION ALL"
	"  SELECT row_id, n + 1, body FROM record WHERE (n + 2) * 26 <= length(body)) "
	"SELECT lower(hex(substr(body, n * 26 + 1, 8))) AS message_id,"
	" CASE hex(substr(body, n * 26 + 25, 1)) WHEN '02' THEN 'delivered'"
	"  WHEN '03' THEN 'expired' WHEN '04' THEN 'deleted' WHEN '05' THEN 'undeliverable'"
	"  WHEN '07' THEN 'unknown' WHEN '08' THEN 'rejected' ELSE hex(substr(body, n * 26 + 25, "
	"1)) END AS state,"
	" hex(substr(body, n * 26 + 26, 1)) AS error,"
	"strftime('%Y-%m-%dT%H:%M:%SZ', ((row_id >> 22) + 1735689600000) / 1000, 'unixepoch') AS "
	"ended FROM record;";
