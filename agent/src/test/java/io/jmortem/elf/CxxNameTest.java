// SPDX-License-Identifier: Apache-2.0
package io.jmortem.elf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CxxNameTest {

  @ParameterizedTest
  @CsvSource({
    "decode_frame, decode_frame",
    "_ZN10JavaThread3runEv, JavaThread::run",
    "_ZSt9terminatev, std::terminate",
    "_ZNSt6thread4joinEv, std::thread::join",
    "_ZL25NativeReportJNIFatalErrorP10JavaThreadPKc, NativeReportJNIFatalError",
    "_ZNK4acme5Codec4sizeEv, acme::Codec::size",
    "_ZN6AtExitD1Ev, AtExit::~AtExit",
    "_ZN6AtExitC2Ev, AtExit::AtExit",
    "_ZN12_GLOBAL__N_16decodeEv, (anonymous namespace)::decode",
    "_ZN2os5abortEbPvPKv.cold, os::abort",
    "_ZN3FooIiE3barEv, _ZN3FooIiE3barEv",
    "_Z, _Z",
    "_ZN99x, _ZN99x"
  })
  void function(String symbol, String readable) {
    assertEquals(readable, CxxName.ofFunction(symbol));
  }

  @ParameterizedTest
  @CsvSource({
    "St13runtime_error, std::runtime_error",
    "N4acme11StreamErrorE, acme::StreamError",
    "7Problem, Problem",
    "i, i",
    "PKc, PKc"
  })
  void type(String mangled, String readable) {
    assertEquals(readable, CxxName.ofType(mangled));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "VMError::report_and_die(int, char const*)+0x1c; VMError::report_and_die+0x1c",
        "decode_frame+0x7b; decode_frame+0x7b",
        "(anonymous namespace)::decode(int)+0x1; (anonymous namespace)::decode+0x1",
        "abort; abort"
      })
  void withoutParameters(String demangled, String plain) {
    assertEquals(plain, CxxName.withoutParameters(demangled));
  }
}
