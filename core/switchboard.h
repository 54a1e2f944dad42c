/* The whole public interface of the core, for programs that want one line. The configuration and
 * the command line (config_core.h, cli.h) stand apart: they need libconfuse's header. */
#ifndef SB_CORE_SWITCHBOARD_H
#define SB_CORE_SWITCHBOARD_H

#include "address.h"
#include "arena.h"
#include "bytes.h"
#include "connector.h"
#include "datagram.h"
#include "distribution.h"
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
#include "network.h"
#include "node.h"
#include "peer.h"
#include "registry.h"
#include "session.h"
#include "store.h"
#include "supervisor.h"
#include "text.h"
#include "tls.h"
#include "units.h"
#include "utf8.h"
#include "version.h"
#include "watch.h"

#endif
