// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import io.jmortem.hserr.HsErrDetails;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.UndecodedBytes;
import io.jmortem.report.Report;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The part of HotSpot's log that a report repeats. */
final class HsErrDigest {

  private HsErrDigest() {}

  static Report.HsErr of(LocatedLog located) {
    HsErrLog parsed = located.log();
    Map<String, Object> digest = new LinkedHashMap<>();
    put(digest, "headline", parsed.headline());
    put(digest, "message", parsed.message());
    put(digest, "problematic_frame", parsed.problematicFrame());
    put(digest, "siginfo", parsed.siginfo());
    put(digest, "compile_task", parsed.currentCompileTask());
    put(digest, "jre_version", parsed.jreVersion());
    put(digest, "threads", parsed.threads().size());
    putDetails(digest, parsed.details());
    parsed.vmArguments().forEach((key, value) -> put(digest, key, value));
    return new Report.HsErr(
        UndecodedBytes.shown(located.file().named()), located.copy(), parsed.complete(), digest);
  }

  private static void putDetails(Map<String, Object> digest, HsErrDetails details) {
    put(digest, "access_error", details.accessError());
    put(digest, "free_stack", details.freeStack());
    put(digest, "vm_operation", details.vmOperation());
    put(digest, "vm_state", details.vmState());
    put(digest, "owned_mutexes", details.ownedMutexes());
    put(digest, "signal_handlers", details.signalHandlers());
    put(digest, "internal_exceptions", details.internalExceptions());
    put(digest, "deoptimizations", details.deoptimizations());
    put(digest, "collections", details.collections());
    put(digest, "register_mappings", details.registerMappings());
    put(digest, "container", details.container());
    put(digest, "native_memory", details.nativeMemory());
  }

  private static void put(Map<String, Object> to, String key, @Nullable Object value) {
    boolean isEmpty =
        value == null
            || (value instanceof Collection<?> list && list.isEmpty())
            || (value instanceof Map<?, ?> map && map.isEmpty());
    if (!isEmpty) {
      to.put(key, value);
    }
  }
}
