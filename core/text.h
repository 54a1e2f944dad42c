/*
 * Texts kept behind a struct, in one allocation with it:
 *
 *	made = allocate(sizeof(*made) + sb_text_size(host) + sb_text_size(user));
 *	at = made->texts;
 *	made->host = sb_text_keep(&at, host);
 *	made->user = sb_text_keep(&at, user);
 *
 * Pure; any thread.
 */
#ifndef SB_CORE_TEXT_H
#define SB_CORE_TEXT_H

#include <stddef.h>
#include <string.h>

/* The room that it takes, its NUL included. NULL takes none. */
static inline size_t
sb_text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

/* Copies it to *at, which then stands behind the copy. NULL stays NULL. */
static inline const char *
sb_text_keep(char **at, const char *text)
{
	size_t size = sb_text_size(text);
	char *copy = *at;

	if (!text)
		return NULL;
	*at += size;
	return memcpy(copy, text, size);
}

#endif
