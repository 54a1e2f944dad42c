/*
 * Terms as text, in Elixir's notation: for logs, tests and the command line.
 *
 *	{:add, 1, -2.5}                    tuples; integers of any size, 0x1F, ?a; floats
 *	:ok  :"two words"  nil  Calendar   atoms; an alias is :"Elixir.Calendar"
 *	"text \"quoted\" \u{e9}"           a binary that is printable UTF-8
 *	<<1, 2, 255>>  <<1, 5::size(3)>>   any other binary; a bitstring
 *	[1, 2 | 3]  ~c"abc"                lists; one of printable ASCII codes
 *	[a: 1, "b c": 2]                   a list of pairs with an atom
 *	%{a: 1}  %{"k" => 2, 3 => 4}       maps, also those that are structs in Elixir
 *	#PID<58770d...>  #Port<>  #Reference<>   opaque: their octets in hexadecimal
 *
 * Elixir 1.14 and later read all that is printed but the last line. Some things are
 * read that are never printed: 'abc' for ~c"abc", %Date{...} for a map with that
 * __struct__, 1_000, 0b101, `"k" => 2` and `a: 1` mixed in a map. Not read: comments,
 * expressions, sigils but ~c"", strings over three quotes, keywords in tuples.
 *
 * A term that is printed and read is the same value (erps_equal), and prints the same.
 * Pure but for the memory of an `env`; no recursion; any thread.
 */
#ifndef SB_ERPS_TEXT_H
#define SB_ERPS_TEXT_H

#include "build.h"
#include "term.h"

struct sb_env;

/* Tuples, lists and maps inside each other: what is deeper is printed as "..." and not read. */
#define ERPS_TEXT_DEPTH_MAX 256

/* Octets of an integer that is read; one that is printed is decimal up to
 * ERPS_TEXT_DECIMAL_MAX octets, above that 0x... */
#define ERPS_TEXT_INTEGER_MAX 4096
#define ERPS_TEXT_DECIMAL_MAX 1024

/*
 * Prints into `buf`: at most `size` octets with a final NUL (size 0: none). A text that is cut
 * ends in "...", on a whole character. Returns the octets written without the NUL. Maps come in
 * the order in which they were written.
 */
size_t erps_print(char *buf, size_t size, struct erps_term term);

/*
 * The same into memory of `env`, cut at `limit` octets: 0 and a *text with a final NUL, for
 * env->release, of *size octets (may be NULL); SB_ENOMEM.
 */
int erps_print_env(
	const struct sb_env *env, struct erps_term term, size_t limit, char **text, size_t *size);

/* A term in a line of the log, cut to what a line has room for:
 * SB_LOG(s, INFO, "erps.call", "request", SB_STR(ERPS_BRIEF(request))). The text lives as long
 * as the block around it. */
#define ERPS_BRIEF_SIZE  121
#define ERPS_BRIEF(term) erps_brief((char[ERPS_BRIEF_SIZE]){0}, (term))
const char *erps_brief(char buf[ERPS_BRIEF_SIZE], struct erps_term term);

/* What is wrong with a text. */
struct erps_text_fault {
	const char *what;      /* static words: "a comma or } is missing" */
	size_t at;             /* octets into the text */
	unsigned line, column; /* from 1; columns are characters */
};

/*
 * Appends the term that `text` is (blanks around it are fine) to a builder. 0; SB_EINVAL: it is
 * none; SB_ELIMIT: one of the bounds above, or the builder's: it needs some more room than the
 * term at the end, at most the text's size; SB_ENOMEM. On an error nothing is appended, *fault (may
 * be NULL) says what and where, and the builder can be used on.
 */
int erps_parse(struct sb_bytes text, struct erps_builder *builder, struct erps_text_fault *fault);

#endif
