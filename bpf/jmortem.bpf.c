// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * The kernel part: it decides in the kernel which events of a JVM's death are recorded.
 *
 * HotSpot uses SIGSEGV in normal operation, so a fault alone means nothing. Each fault of a
 * watched thread is counted, and kept as the pending fault of that thread. When a marker reports
 * that HotSpot started its error report, the pending fault becomes a record, and the process is
 * stopped before it executes another instruction of its own.
 */
#include "kernel.bpf.h"
#include <linux/bpf.h>
#include <asm/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "jmortem.h"
#include "maps.bpf.h"
#include "task.bpf.h"
#include "registers.bpf.h"
#include "find_task.bpf.h"
#include "find_self.bpf.h"

char LICENSE[] SEC("license") = "GPL"; /* of the two variants, the one that this kernel has */

#include "fault_state.bpf.h"
#include "signal_deliver.bpf.h"
#include "signal_generate.bpf.h"
#include "markers.bpf.h"
#include "exit.bpf.h"
