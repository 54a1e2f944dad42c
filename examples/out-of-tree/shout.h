/* A protocol of lines: each comes back in capitals. */
#ifndef SHOUT_H
#define SHOUT_H

struct sb_module;

extern const struct sb_module shout_module;

#endif
