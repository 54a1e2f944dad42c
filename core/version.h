/* Which Switchboard this is. */
#ifndef SB_CORE_VERSION_H
#define SB_CORE_VERSION_H

/* "0.1.0": of the library that runs, not of the headers. A static string. Any thread. */
const char *sb_version(void);

#endif
