// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.hserr.HsErrLog;
import io.jmortem.proc.MemoryMap;
import java.util.Locale;
import java.util.Optional;

/** A SIGBUS: which file is mapped at its address, and why it could not be accessed. */
final class MappedFileFault {

  private static final int SIGBUS = 7;

  /** A page of memory that the hardware has found broken. */
  private static final int BUS_MCEERR_AR = 4;

  private static final int PAGE = 4096;

  /** What HotSpot says of the archive of shared classes ({@code check_failing_cds_access}). */
  private static final String IN_ARCHIVE = "Error accessing class data sharing archive";

  private final String path; // empty if no file is known
  private final Optional<String> logged; // what HotSpot says of it
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
        death.evidence.first(Event.MappedFile.class).filter(found -> found.path().equals(path));
    this.isHardware = isHardware;
  }

  /** Empty if it is another signal, or nothing is known of a file there. */
  static Optional<MappedFileFault> of(Death death, Event.Fault fault) {
    return fault == null || fault.code() <= 0
        ? Optional.empty()
        : of(death, fault.signo(), fault.address(), fault.code());
  }

  /** The same of a fault that only HotSpot's own log tells of. */
  static Optional<MappedFileFault> of(Death death, HsErrLog log) {
    Integer code = log.signalCode();
    return of(death, log.signo(), log.faultAddress(), code == null ? 0 : code);
  }

  private static Optional<MappedFileFault> of(Death death, int signo, String address, int code) {
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

  /** A clause behind the fault. */
  String clause() {
    if (isHardware) {
      return ": the hardware has found the memory broken";
    }
    if (path.isEmpty()) {
      return isArchive()
          ? ", in the archive of shared classes (CDS)"
          : ": " + withoutFullStop(logged.orElse(""));
    }
    String where = ", in the mapping of " + path;
    if (isBeyondTheEnd()) {
      return where
          + ", which is shorter than the mapping: it has "
          + file.get().size()
          + " bytes, and the access was at "
          + file.get().offset();
    }
    return isFull() ? where + ", whose file system (" + file.get().type() + ") is full" : where;
  }

  private static String withoutFullStop(String text) {
    return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
  }

  /** What to do; by the cause if that is known, and by what the file is for. */
  String hint() {
    if (isHardware) {
      return "look at the kernel's log for machine checks (dmesg, rasdaemon)";
    }
    if (isBeyondTheEnd()) {
      return "somebody has truncated the file while it was mapped: replace such files by rename"
          + use();
    }
    return isFull()
        ? "make room there, or write the file in full before it is mapped (fallocate)" + use()
        : "the file may have been truncated, its file system full, or its disk gone: see dmesg"
            + use();
  }

  /** What to do about a file that is known by its name. */
  private String use() {
    String name = path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    if (isArchive()) {
      return "; make the CDS archive again (java -Xshare:dump), or try -Xshare:off";
    } else if (path.contains("/hsperfdata_")) {
      return "; jps and jstat read it: -XX:-UsePerfData does without";
    } else if (path.endsWith("/lib/modules")) {
      return "; it is the JDK's own: never replace a JDK in place";
    } else if (name.matches(".*\\.(jar|war|ear|zip|jmod)")) {
      return "; deploy under a new name (JDK 8: or -Dsun.zip.disableMemoryMapping=true)";
    }
    return name.matches(".*\\.so(\\.[\\d.]+)?")
        ? "; cp overwrites a library, install does not"
        : "";
  }

  /** The evidence; empty if nothing is known but the mapping. */
  Optional<String> reason() {
    return file.filter(found -> isBeyondTheEnd() || isFull())
        .map(
            found ->
                "after the death "
                    + found.path()
                    + " had "
                    + found.size()
                    + " bytes, and its file system "
                    + found.free()
                    + " left");
  }
}
