/* The whole public interface of the core, for programs that want one line. */
#ifndef SB_CORE_SWITCHBOARD_H
#define SB_CORE_SWITCHBOARD_H

#include "address.h"
#include "bytes.h"
#include "connector.h"
#include "datagram.h"
#include "end.h"
#include "env.h"
#include "error.h"
#include "fields.h"
#include "job.h"
#include "limits.h"
#include "listener.h"
#include "log.h"
#include "message.h"
#include "metrics.h"
#include "module.h"
#include "node.h"
#include "peer.h"
#include "registry.h"
#include "session.h"
#include "store.h"
#include "supervisor.h"
#include "tls.h"
#include "watch.h"

#endif
