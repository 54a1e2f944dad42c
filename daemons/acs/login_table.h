/*
 * All logins, found by their device and by the names that devices show. Any thread reads it while
 * one writes: whoever comes is judged where it comes in, without asking anybody. That is done under
 * a lock of a 64th of the table, for as long as it takes to find a name.
 */
#ifndef ACS_LOGIN_TABLE_H
#define ACS_LOGIN_TABLE_H

#include "daemons/acs/login.h"

#include <pthread.h>

#define ACS_LOGIN_PARTS 64

enum acs_login_key { ACS_LOGIN_DEVICE, ACS_LOGIN_USERNAME };

struct acs_login_slot;
struct acs_login_spares;

struct acs_login_table {
	struct acs_login_part {
		_Alignas(64) pthread_mutex_t mutex; /* of what follows */
		struct acs_login_slot **buckets;
		size_t bucket_count, count;
	} parts[ACS_LOGIN_PARTS];
};

/* 0 or SB_ENOMEM. */
int acs_login_table_init(struct acs_login_table *table);
/* Takes zeroed ones. */
void acs_login_table_fini(struct acs_login_table *table);

/* Held for the caller, who releases it; NULL: none. Any thread. */
struct acs_login *
acs_login_find(struct acs_login_table *table, enum acs_login_key key, const char *name);

/* Puts `login` in the place of `old`; each may be NULL. Holds what it keeps. 0, or SB_ENOMEM: it is
 * as it was. One thread at a time. */
int
acs_login_replace(struct acs_login_table *table, struct acs_login *old, struct acs_login *login);

/* The same in two steps, for a change that has to be durable in between: the memory for it, NULL
 * without; and the change itself, which eats that and cannot fail. */
struct acs_login_spares *acs_login_spares_new(void);
void acs_login_spares_free(struct acs_login_spares *spares); /* takes NULL */
void acs_login_replace_with(struct acs_login_table *table, struct acs_login *old,
	struct acs_login *login, struct acs_login_spares *spares);

#endif
