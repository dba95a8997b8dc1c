// SPDX-License-Identifier: Apache-2.0
package io.jmortem.proc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcTest {

  @Test
  void mappings() {
    MemoryMap map =
        MemoryMap.parse(
            """
            7f00-7f10 r-xp 00001000 fe:00 42 /a path/lib.so (deleted)
            7f10-7f20 rwxp 00000000 00:00 0\s
            nonsense
            ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
            7f20-7f""");

    assertEquals(3, map.mappings().size());
    assertEquals("/a path/lib.so (deleted)", map.find(0x7f0f).orElseThrow().path());
    assertTrue(map.find(0x7f00).orElseThrow().isFile());
    assertFalse(map.find(0x7f10).orElseThrow().isFile());
    assertEquals("[vsyscall]", map.find(0xffffffffff600800L).orElseThrow().path());
    assertTrue(map.find(0x7eff).isEmpty());
  }

  @Test
  void status() {
    StatusFile status =
        StatusFile.parse(
            "Name:\tja:va\nUid:\t1000\t1001\nNSpid:\t4711\t12\t1\nVmRSS:\t  99 kB\n\nbroken");

    assertEquals("ja:va", status.fields().get("Name"));
    assertEquals(OptionalLong.of(1), status.lastNumber("NSpid"));
    assertEquals(Optional.of("1000"), status.first("Uid"));
    assertEquals(OptionalLong.of(99), status.number("VmRSS"));
    assertEquals(OptionalLong.empty(), status.number("broken"));
  }

  @ParameterizedTest
  @CsvSource({"12 kB,12", "0,0", "'',-1", "x,-1", "-3,-1", "1234567890123456789,-1"})
  void leadingNumbers(String text, long expected) {
    assertEquals(expected, Numbers.leading(text).orElse(-1));
  }

  @ParameterizedTest
  @CsvSource({"0x18,24", "ffffffffffffffff,-1", "0x,0", "-1,0", "0x-1,0", "10000000000000000,0"})
  void addresses(String text, long expected) {
    assertEquals(expected, Numbers.address(text).orElse(0));
  }

  @Test
  void containerIds() {
    String id = "0123456789abcdef".repeat(4);

    assertEquals(
        Optional.of(id), ContainerId.find("0::/system.slice/docker-" + id + ".scope\n", ""));
    assertEquals(
        Optional.of(id),
        ContainerId.find(
            "0::/\n", "1 2 0:1 /var/lib/docker/containers/" + id + "/hostname /etc/hostname rw\n"));
    assertEquals(
        Optional.empty(), ContainerId.find("0::/user.slice\n", "1 2 0:1 / /etc/hostname rw"));
    assertEquals(Optional.empty(), ContainerId.find(id + "0", ""));
  }

  @ParameterizedTest
  @CsvSource({
    "11,1,SIGSEGV,SEGV_MAPERR",
    "8,1,SIGFPE,FPE_INTDIV",
    "9,0,SIGKILL,SI_USER",
    "11,128,SIGSEGV,SI_KERNEL",
    "6,-6,SIGABRT,SI_TKILL",
    "34,-1,SIGRTMIN+0,SI_QUEUE",
    "99,77,signal 99,si_code 77",
    "7,2,SIGBUS,BUS_ADRERR"
  })
  void names(int signo, int code, String signal, String cause) {
    assertEquals(signal, SignalNames.signal(signo));
    assertEquals(cause, SignalNames.code(signo, code));
  }
}
