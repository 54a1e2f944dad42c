/*
 * The tokens of a configuration file. Comments and carriage returns are blanked
 * in the text as they are passed. See config.h for the language.
 */
#ifndef SB_CORE_CONFIG_LEX_INTERNAL_H
#define SB_CORE_CONFIG_LEX_INTERNAL_H

#include <stddef.h>

enum token_kind {
	TOKEN_END,
	TOKEN_WRONG, /* the lexer's `reason` says why */
	TOKEN_WORD,  /* without quotes */
	TOKEN_TEXT,  /* in quotes, or ${NAME} alone */
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_EQUAL,
	TOKEN_APPEND, /* += */
	TOKEN_COMMA,
};

struct token {
	enum token_kind kind;
	const char *text; /* as it stands in the file */
	size_t size;
	unsigned line;
};

struct config_lexer {
	char *at;
	char *end;
	unsigned line;
	char reason[200];
};

struct token config_lex(struct config_lexer *l);

#endif
