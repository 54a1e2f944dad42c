/*
 * command_status: codes and names, from one list. Pure; any thread.
 */
#ifndef SB_SMPP_STATUS_H
#define SB_SMPP_STATUS_H

#include <stdbool.h>
#include <stdint.h>

/* X(name, code): the constant is SMPP_name, the printed name is "ESME_name". */
#define SMPP_STATUS_MAP(X)            \
	X(ROK, 0x000)                 \
	X(RINVMSGLEN, 0x001)          \
	X(RINVCMDLEN, 0x002)          \
	X(RINVCMDID, 0x003)           \
	X(RINVBNDSTS, 0x004)          \
	X(RALYBND, 0x005)             \
	X(RINVPRTFLG, 0x006)          \
	X(RINVREGDLVFLG, 0x007)       \
	X(RSYSERR, 0x008)             \
	X(RINVSRCADR, 0x00A)          \
	X(RINVDSTADR, 0x00B)          \
	X(RINVMSGID, 0x00C)           \
	X(RBINDFAIL, 0x00D)           \
	X(RINVPASWD, 0x00E)           \
	X(RINVSYSID, 0x00F)           \
	X(RCANCELFAIL, 0x011)         \
	X(RREPLACEFAIL, 0x013)        \
	X(RMSGQFUL, 0x014)            \
	X(RINVSERTYP, 0x015)          \
	X(RINVNUMDESTS, 0x033)        \
	X(RINVDLNAME, 0x034)          \
	X(RINVDESTFLAG, 0x040)        \
	X(RINVSUBREP, 0x042)          \
	X(RINVESMCLASS, 0x043)        \
	X(RCNTSUBDL, 0x044)           \
	X(RSUBMITFAIL, 0x045)         \
	X(RINVSRCTON, 0x048)          \
	X(RINVSRCNPI, 0x049)          \
	X(RINVDSTTON, 0x050)          \
	X(RINVDSTNPI, 0x051)          \
	X(RINVSYSTYP, 0x053)          \
	X(RINVREPFLAG, 0x054)         \
	X(RINVNUMMSGS, 0x055)         \
	X(RTHROTTLED, 0x058)          \
	X(RINVSCHED, 0x061)           \
	X(RINVEXPIRY, 0x062)          \
	X(RINVDFTMSGID, 0x063)        \
	X(RX_T_APPN, 0x064)           \
	X(RX_P_APPN, 0x065)           \
	X(RX_R_APPN, 0x066)           \
	X(RQUERYFAIL, 0x067)          \
	X(RINVTLVSTREAM, 0x0C0)       \
	X(RTLVNOTALLWD, 0x0C1)        \
	X(RINVTLVLEN, 0x0C2)          \
	X(RMISSINGTLV, 0x0C3)         \
	X(RINVTLVVAL, 0x0C4)          \
	X(RDELIVERYFAILURE, 0x0FE)    \
	X(RUNKNOWNERR, 0x0FF)         \
	X(RSERTYPUNAUTH, 0x100)       \
	X(RPROHIBITED, 0x101)         \
	X(RSERTYPUNAVAIL, 0x102)      \
	X(RSERTYPDENIED, 0x103)       \
	X(RINVDCS, 0x104)             \
	X(RINVSRCADDRSUBUNIT, 0x105)  \
	X(RINVDSTADDRSUBUNIT, 0x106)  \
	X(RINVBCASTFREQINT, 0x107)    \
	X(RINVBCASTALIAS_NAME, 0x108) \
	X(RINVBCASTAREAFMT, 0x109)    \
	X(RINVNUMBCAST_AREAS, 0x10A)  \
	X(RINVBCASTCNTTYPE, 0x10B)    \
	X(RINVBCASTMSGCLASS, 0x10C)   \
	X(RBCASTFAIL, 0x10D)          \
	X(RBCASTQUERYFAIL, 0x10E)     \
	X(RBCASTCANCELFAIL, 0x10F)    \
	X(RINVBCAST_REP, 0x110)       \
	X(RINVBCASTSRVGRP, 0x111)     \
	X(RINVBCASTCHANIND, 0x112)

/* SMPP 3.4's own spellings of codes that 5.0 renamed. */
#define SMPP_STATUS_ALIAS_MAP(X)   \
	X(RINVOPTPARSTREAM, 0x0C0) \
	X(ROPTPARNOTALLWD, 0x0C1)  \
	X(RINVPARLEN, 0x0C2)       \
	X(RMISSINGOPTPARAM, 0x0C3) \
	X(RINVOPTPARAMVAL, 0x0C4)

enum smpp_status {
#define X(name, code) SMPP_##name = (code),
	SMPP_STATUS_MAP(X)
#undef X
};

/* "ESME_RTHROTTLED"; "ESME_VENDOR" for 0x400-0x4FF, "ESME_RESERVED" for the rest. A static string.
 */
const char *smpp_status_name(uint32_t status);

/* Whether the code is on the list (else print its number). */
bool smpp_status_is_known(uint32_t status);

/* The code of a name, with or without "ESME_", in any case, 3.4's spellings too.
 * 0, or SB_ENOENT and *status untouched. */
int smpp_status_from_name(const char *name, uint32_t *status);

/* Whether a sender should back off and send the same message again (RTHROTTLED, RMSGQFUL, RSYSERR,
 * RX_T_APPN); every other failure is final for that message. */
bool smpp_status_is_temporary(uint32_t status);

#endif
