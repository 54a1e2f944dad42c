/*
 * A PDU as one line of key=value, for logs and traces. Pure; any thread.
 */
#ifndef SB_SMPP_PRINT_H
#define SB_SMPP_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "pdu.h"

struct smpp_print_options {
	bool mask; /* hide the last digits of addresses, passwords, texts and unknown TLVs */
	const struct smpp_tlv_dictionary *dictionary; /* names of more tags; may be NULL */
};

/*
 * command=submit_sm status=ESME_ROK sequence=1 service_type="" source_addr_ton=1 ...
 * short_message=68656c6c6f user_message_reference=7 0x1401=0a0b
 *
 * Strings are quoted, with \xHH for what is not printable ASCII; octets are
 * hexadecimal; a status without a name is a number; unknown TLVs go by their
 * tag. An entry of a list is ton/npi/"address", or the quoted name of a
 * distribution list, under a key of its own. A PDU of an unknown command shows
 * its body as octets. Masked: the last four characters of an address are
 * `****`, a password is `*`, hidden octets are `*` and their number.
 *
 * At most `size` octets go to `buf`, always with a final NUL (size 0: none); a
 * line that is cut ends in "...". Returns the characters written, without the
 * NUL. `options` may be NULL. The PDU is one that smpp_decode() has filled, with
 * or without a fault, or one that smpp_encode() takes.
 */
size_t smpp_pdu_print(char *buf, size_t size, const struct smpp_pdu *pdu,
	const struct smpp_print_options *options);

#endif
