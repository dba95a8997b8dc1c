// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.MemoryMap;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A SIGBUS: which file is mapped at its address, and why the access failed. */
final class MappedFileFault {

  private static final int SIGBUS = 7;

  /** The hardware reported a memory error in the page. */
  private static final int BUS_MCEERR_AR = 4;

  private static final int PAGE = 4096;

  /** HotSpot's message about the CDS archive ({@code check_failing_cds_access}). */
  private static final String IN_ARCHIVE = "Error accessing class data sharing archive";

  private final String path; // empty if no file is known
  private final Optional<String> logged; // HotSpot's message about it
  private final Optional<Event.MappedFile> file;
  private final boolean isHardware;

  private MappedFileFault(Death death, String address, boolean isHardware) {
    this.path =
        death
            .mapping(address)
            .or(() -> death.hsErr.map(log -> log.details().faultMapping()))
            .filter(MemoryMap.Mapping::isFile)
            .map(MemoryMap.Mapping::path)
            .orElse("");
    this.logged =
        death.hsErr.filter(log -> log.signo() == SIGBUS).map(log -> log.details().accessError());
    this.file =
        death.evidence.first(Event.MappedFile.class).filter(found -> path.equals(found.path()));
    this.isHardware = isHardware;
  }

  /** Empty if it is another signal, or no file is known there. */
  static Optional<MappedFileFault> of(Death death, Event.@Nullable Fault fault) {
    return fault == null || fault.code() <= 0
        ? Optional.empty()
        : of(death, fault.signo(), fault.address(), fault.code());
  }

  /** The same for a fault that is known only from hs_err. */
  static Optional<MappedFileFault> of(Death death, HsErrLog log) {
    Integer code = log.signalCode();
    return of(death, log.signo(), log.faultAddress(), code == null ? 0 : code);
  }

  private static Optional<MappedFileFault> of(
      Death death, int signo, @Nullable String address, int code) {
    if (signo != SIGBUS || address == null) {
      return Optional.empty();
    }
    MappedFileFault found = new MappedFileFault(death, address, code == BUS_MCEERR_AR);
    boolean isKnown = !found.path.isEmpty() || found.logged.isPresent() || found.isHardware;
    return isKnown ? Optional.of(found) : Optional.empty();
  }

  private boolean isBeyondTheEnd() {
    return file.filter(found -> found.offset() >= (found.size() + PAGE - 1) / PAGE * PAGE)
        .isPresent();
  }

  private boolean isFull() {
    return file.filter(found -> found.free() < PAGE).isPresent();
  }

  private boolean isArchive() {
    return path.endsWith(".jsa")
        || logged.filter(cause -> cause.startsWith(IN_ARCHIVE)).isPresent();
  }

  /** A clause that follows the fault. */
  String clause() {
    if (isHardware) {
      return ": the hardware reported a memory error";
    }
    if (path.isEmpty()) {
      return isArchive() ? ", in the CDS archive" : ": " + withoutFullStop(logged.orElse(""));
    }
    String where = ", in the mapping of " + path;
    if (isBeyondTheEnd()) {
      return where
          + ", which is shorter than its mapping: the file has "
          + file.get().size()
          + " bytes, and the access was at offset "
          + file.get().offset();
    }
    return isFull() ? where + ", whose file system (" + file.get().type() + ") is full" : where;
  }

  private static String withoutFullStop(String text) {
    return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
  }

  /** What to do, depending on the cause and on the kind of file. */
  String hint() {
    if (isHardware) {
      return "check the kernel log for machine checks (dmesg, rasdaemon)";
    }
    if (isBeyondTheEnd()) {
      return "the file was truncated while it was mapped: replace such files by rename" + use();
    }
    return isFull()
        ? "free space on that file system, or allocate the whole file before it is mapped"
            + " (fallocate)"
            + use()
        : "the file may have been truncated, its file system may be full, or its disk may have"
            + " failed:"
            + " check dmesg"
            + use();
  }

  /** What to do about files with well-known names. */
  private String use() {
    String name = path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    if (isArchive()) {
      return "; recreate the CDS archive (java -Xshare:dump), or try -Xshare:off";
    } else if (path.contains("/hsperfdata_")) {
      return "; jps and jstat read this file; -XX:-UsePerfData disables it";
    } else if (path.endsWith("/lib/modules")) {
      return "; the file belongs to the JDK: never replace a JDK in place";
    } else if (name.matches(".*\\.(jar|war|ear|zip|jmod)")) {
      return "; deploy under a new name (JDK 8: or -Dsun.zip.disableMemoryMapping=true)";
    }
    return name.matches(".*\\.so(\\.[\\d.]+)?")
        ? "; cp overwrites a library in place, install does not"
        : "";
  }

  /** The evidence; empty if only the mapping is known. */
  Optional<String> reason() {
    return file.filter(found -> isBeyondTheEnd() || isFull())
        .map(
            found ->
                "after the death, "
                    + found.path()
                    + " had "
                    + found.size()
                    + " bytes, and its file system had "
                    + found.free()
                    + " bytes left");
  }
}
