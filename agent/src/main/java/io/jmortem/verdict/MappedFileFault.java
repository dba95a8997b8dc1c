// SPDX-License-Identifier: Apache-2.0
package io.jmortem.verdict;

import io.jmortem.evidence.Event;
import io.jmortem.proc.MemoryMap;
import java.util.Optional;

/** A SIGBUS: which file is mapped at its address, and why it could not be accessed. */
final class MappedFileFault {

  private static final int SIGBUS = 7;

  /** A page of memory that the hardware has found broken. */
  private static final int BUS_MCEERR_AR = 4;

  private static final int PAGE = 4096;

  private final Optional<MemoryMap.Mapping> mapping;
  private final Optional<Event.MappedFile> file;
  private final boolean isHardware;

  private MappedFileFault(Death death, String address, boolean isHardware) {
    this.mapping = death.mapping(address).filter(MemoryMap.Mapping::isFile);
    this.file = death.evidence.first(Event.MappedFile.class);
    this.isHardware = isHardware;
  }

  /** Empty if it is another signal, or no file is mapped there. */
  static Optional<MappedFileFault> of(Death death, Event.Fault fault) {
    return fault == null || fault.signo() != SIGBUS || fault.code() <= 0
        ? Optional.empty()
        : of(death, SIGBUS, fault.address(), fault.code());
  }

  static Optional<MappedFileFault> of(Death death, int signo, String address, int code) {
    MappedFileFault found = new MappedFileFault(death, address, code == BUS_MCEERR_AR);
    return signo == SIGBUS && (found.mapping.isPresent() || found.isHardware)
        ? Optional.of(found)
        : Optional.empty();
  }

  private boolean isBeyondTheEnd() {
    return file.filter(found -> found.offset() >= (found.size() + PAGE - 1) / PAGE * PAGE)
        .isPresent();
  }

  private boolean isFull() {
    return file.filter(found -> found.free() < PAGE).isPresent();
  }

  /** A clause behind the fault. */
  String clause() {
    if (isHardware) {
      return ": the hardware has found the memory broken";
    }
    String where = ", in the mapping of " + mapping.get().path();
    if (isBeyondTheEnd()) {
      return where
          + ", which is shorter than the mapping: it has "
          + file.get().size()
          + " bytes, and the access was at "
          + file.get().offset();
    }
    return isFull() ? where + ", whose file system (" + file.get().type() + ") is full" : where;
  }

  String hint() {
    if (isHardware) {
      return "look at the kernel's log for machine checks (dmesg, rasdaemon)";
    }
    if (isBeyondTheEnd()) {
      return "somebody has truncated the file while it was mapped: replace such files by rename";
    }
    if (isFull()) {
      return "make room there, or write the file in full before it is mapped (fallocate)";
    }
    return "the file may have been truncated, its file system full, or its disk or server gone: see"
        + " dmesg";
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
