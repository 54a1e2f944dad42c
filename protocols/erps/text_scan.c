/*
 * What holds no other term but numbers and quoted text: atoms, << >>, opaque terms.
 */
#include "core/utf8.h"
#include "protocols/erps/decode.h"
#include "protocols/erps/tag.h"
#include "protocols/erps/text_heads_internal.h"
#include "protocols/erps/text_notation_internal.h"
#include "protocols/erps/text_scan_internal.h"

#define ALIAS          "Elixir."
#define ATOM_SIZE_MAX  1020
#define ATOM_CHARS_MAX 255

/* Of a node's name, an atom, and some numbers. */
#define OPAQUE_SIZE_MAX 1100

void
erps_scan_blanks(struct erps_scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || (*s->at >= '\t' && *s->at <= '\r')))
		s->at++;
}

/* ---- atoms ---- */

static size_t
characters(struct sb_bytes name)
{
	size_t count = 0;

	for (size_t i = 0; i < name.size; i++)
		count += (name.data[i] & 0xc0) != 0x80;
	return count;
}

static int
put_atom(struct erps_scan *s, struct sb_bytes name)
{
	if (!sb_utf8_valid(name))
		return erps_scan_fail(s, SB_EINVAL, "an atom is UTF-8");
	if (characters(name) > ATOM_CHARS_MAX)
		return erps_scan_fail(s, SB_ELIMIT, "an atom has 255 characters at most");
	erps_put_atom_name(s->b, name);
	return 0;
}

static int
scan_quoted_name(struct erps_scan *s)
{
	const uint8_t *start = s->at, *end;
	uint8_t name[ATOM_SIZE_MAX + 4];
	size_t quoted = erps_scan_quoted_size(s), size = 0;

	if (quoted == 0)
		return erps_scan_fail(s, SB_EINVAL, "the closing quote is missing");
	end = start + quoted - 1;
	s->at++;
	while (s->at < end) {
		uint32_t code;
		size_t more;
		int err = erps_scan_character(s, name + size, &more, &code);

		if (err)
			return err;
		size += more;
		if (size <= ATOM_SIZE_MAX)
			continue;
		s->at = start;
		return erps_scan_fail(s, SB_ELIMIT, "an atom has 255 characters at most");
	}
	s->at = end + 1;
	return put_atom(s, sb_bytes(name, size));
}

int
erps_scan_name(struct erps_scan *s, size_t size)
{
	struct sb_bytes name = sb_bytes(s->at, size);

	if (size == 0)
		return scan_quoted_name(s);
	s->at += size;
	return put_atom(s, name);
}

/* What is before the colon of a key; 0: none is next. */
static size_t
key_size(const struct erps_scan *s)
{
	size_t size =
		*s->at == '"' ? erps_scan_quoted_size(s) : erps_name_size(erps_scan_rest(s), false);

	if (size == 0 || erps_scan_peek(s, size) != ':' || erps_scan_peek(s, size + 1) == ':')
		return 0;
	return size;
}

bool
erps_scan_is_key(const struct erps_scan *s)
{
	return s->at < s->end && key_size(s) > 0;
}

int
erps_scan_key(struct erps_scan *s)
{
	int err = erps_scan_name(s, *s->at == '"' ? 0 : key_size(s));

	if (!err)
		s->at++; /* the colon */
	return err;
}

int
erps_scan_alias(struct erps_scan *s, size_t size)
{
	uint8_t name[ATOM_SIZE_MAX];
	struct sb_writer w = sb_writer_of(name, sizeof(name));
	struct sb_bytes alias = sb_bytes(s->at, size), prefix = sb_bytes_text(ALIAS);

	/* An alias that says so itself has the prefix already. */
	if (sb_bytes_equal(alias, sb_bytes_text("Elixir")) || erps_scan_is_at(s, ALIAS))
		return erps_scan_name(s, size);
	sb_put_bytes(&w, prefix.data, prefix.size);
	sb_put_bytes(&w, alias.data, alias.size);
	if (sb_writer_failed(&w))
		return erps_scan_fail(s, SB_ELIMIT, "an atom has 255 characters at most");
	s->at += size;
	return put_atom(s, sb_bytes(name, sb_writer_size(&w)));
}

/* Behind a colon. */
static int
scan_atom(struct erps_scan *s)
{
	size_t size;

	s->at++;
	size = erps_name_size(erps_scan_rest(s), true);
	if (size == 0)
		size = erps_operator_size(erps_scan_rest(s));
	if (size == 0 && erps_scan_peek(s, 0) != '"' && erps_scan_peek(s, 0) != '\'')
		return erps_scan_fail(
			s, SB_EINVAL, "an atom's name is missing: :name, :\"any name\"");
	return erps_scan_name(s, size);
}

/* nil, true, false, an alias; no other word stands alone. */
static int
scan_word(struct erps_scan *s)
{
	static const char *const words[] = {"nil", "true", "false"};
	size_t alias = erps_alias_size(erps_scan_rest(s));
	size_t size = erps_name_size(erps_scan_rest(s), false);

	if (alias)
		return erps_scan_alias(s, alias);
	if (erps_scan_is_key(s))
		return erps_scan_fail(s, SB_EINVAL, "key: value is for lists and maps");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (size == strlen(words[i]) && erps_scan_is_at(s, words[i]))
			return erps_scan_name(s, size);
	return erps_scan_fail(s, SB_EINVAL, "a word alone is no term: an atom begins with a colon");
}

/* ---- octets ---- */

/* Behind ::, at size(N). The octet goes to the top of its place. */
static int
scan_bits(struct erps_scan *s, uint32_t *octet, uint8_t *bits)
{
	static const char what[] = "after :: comes size(1) to size(8)";
	uint32_t count;

	if (!erps_scan_is_at(s, "size("))
		return erps_scan_fail(s, SB_EINVAL, what);
	s->at += strlen("size(");
	if (erps_scan_small(s, 8, &count) || count == 0 || erps_scan_peek(s, 0) != ')')
		return erps_scan_fail(s, SB_EINVAL, what);
	if (*octet >> count)
		return erps_scan_fail(s, SB_EINVAL, "the number has more bits than its size");
	s->at++;
	*octet <<= 8 - count;
	*bits = (uint8_t)count;
	return 0;
}

/* A number with its size, or a text. */
static int
scan_octet(struct erps_scan *s, uint8_t *bits)
{
	uint32_t number;
	uint8_t octet;
	int err;

	if (*s->at == '"')
		return erps_scan_text_octets(s);
	err = erps_scan_small(s, UINT8_MAX, &number);
	if (!err && erps_scan_is_at(s, "::")) {
		s->at += 2;
		err = scan_bits(s, &number, bits);
	}
	octet = (uint8_t)number;
	if (!err)
		erps_scan_put(s, &octet, 1);
	return err;
}

int
erps_scan_octets(struct erps_scan *s)
{
	size_t head = erps_open_head(s->b, ERPS_BINARY);
	uint8_t bits = 8;

	s->at += 2;
	erps_scan_blanks(s);
	while (!erps_scan_is_at(s, ">>")) {
		int err = 0;

		if (bits < 8)
			return erps_scan_fail(s, SB_EINVAL, "only the last octet has a size");
		if (s->at < s->end)
			err = scan_octet(s, &bits);
		if (err)
			return err;
		erps_scan_blanks(s);
		if (erps_scan_peek(s, 0) == ',')
			s->at++;
		else if (!erps_scan_is_at(s, ">>"))
			return erps_scan_fail(s, SB_EINVAL, "a comma or >> is missing");
		erps_scan_blanks(s);
	}
	s->at += 2;
	erps_close_binary(s->b, head, bits);
	return 0;
}

/* ---- opaque terms ---- */

/* Pairs of digits up to >, as a payload. */
static bool
scan_payload(struct erps_scan *s, uint8_t *payload, size_t *size)
{
	*size = 0;
	payload[(*size)++] = ERPS_TERM_VERSION;
	for (; erps_scan_peek(s, 0) != '>'; s->at += 2) {
		uint8_t high = erps_digit_value(erps_scan_peek(s, 0));
		uint8_t low = erps_digit_value(erps_scan_peek(s, 1));

		if (high > 15 || low > 15 || *size == OPAQUE_SIZE_MAX)
			return false;
		payload[(*size)++] = (uint8_t)(high << 4 | low);
	}
	s->at++;
	return true;
}

static int
scan_opaque(struct erps_scan *s)
{
	static const struct {
		const char *word;
		enum erps_kind kind;
	} forms[] = {{"#PID<", ERPS_PID}, {"#Port<", ERPS_PORT}, {"#Reference<", ERPS_REFERENCE}};
	static const char what[] = "only #PID<>, #Port<> and #Reference<> as printed here are read";
	struct erps_decoder decoder = {.env = s->b->env};
	const uint8_t *start = s->at;
	uint8_t payload[OPAQUE_SIZE_MAX];
	struct erps_term term = {NULL, 0};
	size_t size;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		s->at = start;
		if (!erps_scan_is_at(s, forms[i].word))
			continue;
		s->at += strlen(forms[i].word);
		if (!scan_payload(s, payload, &size) ||
			erps_decode(&decoder, sb_bytes(payload, size), &term) ||
			erps_kind(term) != forms[i].kind)
			break;
		erps_put_term(s->b, term);
		return 0;
	}
	s->at = start;
	return erps_scan_fail(s, SB_EINVAL, what);
}

int
erps_scan_scalar(struct erps_scan *s)
{
	uint8_t first = erps_scan_peek(s, 0);

	if (first == ':')
		return scan_atom(s);
	if (first == '"')
		return erps_scan_text(s);
	if (first == '\'')
		return erps_scan_charlist(s);
	if (first == '-' || first == '?' || erps_is_digit(first))
		return erps_scan_number(s);
	if (first == '#')
		return scan_opaque(s);
	if (erps_scan_is_at(s, "<<"))
		return erps_scan_octets(s);
	if (erps_scan_is_at(s, "~c\"")) {
		s->at += 2;
		return erps_scan_charlist(s);
	}
	if (erps_is_name_start(first))
		return scan_word(s);
	return erps_scan_fail(s, SB_EINVAL, "a term is missing here");
}
