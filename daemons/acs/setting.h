/*
 * Parameters with the values that they should have, as people write them:
 *
 *	{"Device.X": "text", "Device.Y": {"value": 5, "type": "unsignedInt"}}
 *
 * Pure.
 */
#ifndef ACS_SETTING_H
#define ACS_SETTING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether a text can be said to a device: XML has no control characters but blanks, and two others
 * that it has not. */
bool acs_text_is_xml(const char *text);

/* Octets that begin no character are not counted. */
size_t acs_text_characters(const char *text);

/* Whether these are names that a parameter may have (256 characters, no dot at the end), with
 * values that can be said. 0, or SB_EINVAL with a fault that names the first that is none. */
int acs_settings_check(const json_t *parameters, char *fault, size_t size);

#endif
