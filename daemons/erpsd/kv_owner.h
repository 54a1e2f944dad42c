/* The session that owns all keys and values. Its args are a struct erpsd_kv. */
#ifndef ERPSD_KV_OWNER_H
#define ERPSD_KV_OWNER_H

#include "core/module.h"

extern const struct sb_module erpsd_kv_owner_module;

#endif
