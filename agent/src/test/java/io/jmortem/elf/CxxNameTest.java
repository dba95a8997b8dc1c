// SPDX-License-Identifier: Apache-2.0
package io.jmortem.elf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        "abort; abort",
        "void A<B, (C)2>::d(int)+0x1; void A<B, (C)2>::d+0x1",
        "a::operator()(int)+0x1; a::operator()+0x1",
        "~StubRoutines::x_stub (stub gen); ~StubRoutines::x_stub"
      })
  void withoutParameters(String demangled, String plain) {
    assertEquals(plain, CxxName.withoutParameters(demangled));
  }

  /** However it was written, by whom: the name is the same. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "_ZN4acme4RingIiE3putEPii; acme::Ring<int>::put; acme::Ring::put",
        "_ZN21OopOopIterateDispatchI18MarkAndPushClosureE5Table15oop_oop_iterateI13InstanceKlass9narrowOopEEvPS0_P7oopDescP5Klass; void OopOopIterateDispatch<MarkAndPushClosure>::Table::oop_oop_iterate<InstanceKlass, narrowOop>; OopOopIterateDispatch::Table::oop_oop_iterate",
        "_ZN14AccessInternal19PostRuntimeDispatchIN12G1BarrierSet13AccessBarrierILm548964ES1_EELNS_11BarrierTypeE2ELm548964EE18oop_access_barrierEPv; AccessInternal::PostRuntimeDispatch<G1BarrierSet::AccessBarrier<548964ul, G1BarrierSet>, (AccessInternal::BarrierType)2, 548964ul>::oop_access_barrier; AccessInternal::PostRuntimeDispatch::oop_access_barrier",
        "_ZNSt6vectorISsSaISsEE9push_backERKSs; std::vector<std::string>::push_back; std::vector::push_back",
        "_ZN12_GLOBAL__N_16decodeEv; (anonymous namespace)::decode; (anonymous namespace)::decode",
        "_ZN10JavaThread3runEv; JavaThread::run; JavaThread::run",
        "abort; abort; abort",
      })
  void withoutTemplates(String mangled, String demangled, String plain) {
    assertEquals(plain, CxxName.withoutTemplates(mangled));
    assertEquals(plain, CxxName.withoutTemplates(demangled));
  }

  /** What is not understood stays what it is. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "_ZN1aIXsrT_EE1bEv",
        "_ZN1aIiE",
        "_ZN1aI",
        "_ZN1aILi",
        "_ZN4acmelsEi",
        "a::operator<",
        "a::operator<<",
        "a::operator->",
        "a::operator bool"
      })
  void strangeTemplates(String name) {
    assertEquals(name, CxxName.withoutTemplates(name));
    String deep = "_ZN1a" + "I1b".repeat(100_000);
    assertEquals(deep, CxxName.withoutTemplates(deep));
  }
}
