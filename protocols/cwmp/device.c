#include "protocols/cwmp/device.h"

#include "core/bytes.h"
#include "core/error.h"

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '~';
}

static void
put_encoded(struct sb_writer *w, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *text; text++) {
		uint8_t octet = (uint8_t)*text;
		const char encoded[] = {'%', digits[octet >> 4], digits[octet & 15]};

		if (is_plain(*text))
			sb_put_u8(w, octet);
		else
			sb_put_bytes(w, encoded, sizeof(encoded));
	}
}

static bool
is_given(const char *text)
{
	return text && *text;
}

ssize_t
cwmp_device_name(const struct cwmp_device_id *id, char *out, size_t size)
{
	struct sb_writer w = sb_writer_of(out, size);

	if (!is_given(id->oui) && !is_given(id->serial_number))
		return SB_EINVAL;
	if (id->oui)
		put_encoded(&w, id->oui);
	sb_put_u8(&w, '-');
	if (is_given(id->product_class)) {
		put_encoded(&w, id->product_class);
		sb_put_u8(&w, '-');
	}
	if (id->serial_number)
		put_encoded(&w, id->serial_number);
	sb_put_u8(&w, '\0');
	return sb_writer_failed(&w) ? SB_ELIMIT : (ssize_t)sb_writer_size(&w) - 1;
}
