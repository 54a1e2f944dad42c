/*
 * The metrics of a node as a file, written anew again and again: for who scrapes
 * files (Prometheus' node exporter has a collector for them), and for a person
 * with a shell. It appears whole or not at all (a temporary file beside it is renamed).
 */
#ifndef SB_CORE_METRICS_FILE_H
#define SB_CORE_METRICS_FILE_H

#include <stdint.h>

struct sb_node;

struct sb_metrics_file_options {
	const char *path;     /* copied */
	uint32_t interval_ms; /* from one writing to the next; 0: 15000 */
};

/*
 * Writes the node's metrics from when it runs until it has stopped, once more at
 * the end. The disk is waited for off the loop; what fails is logged
 * (metrics.file_failed) and tried again at the next time. Before or after
 * sb_node_run. 0, SB_EINVAL (no path, or one over 4,000 octets), SB_ENOMEM.
 */
int sb_metrics_file_start(struct sb_node *node, const struct sb_metrics_file_options *options);

#endif
