/* fuzz_smpp_session.c with an ESME of ours against a hostile message centre. */
#define FUZZ_SIDE SMPP_ESME
#include "fuzz_smpp_session.c" /* NOLINT(bugprone-suspicious-include): the same world */
