// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it.victim;

/** {@code src/test/native/victim.c}; the library's path comes as a system property. */
final class Native {

  static {
    System.load(System.getProperty("victim.library"));
  }

  private Native() {}

  static native void nullDereference();

  static native int divideByZero(int by);

  static native void illegalInstruction();

  static native long mapTruncated();

  static native int read(long address);

  static native void callAbort();

  static native void raiseSignal(int signal);

  static native void exitNow(int status);

  static native void prepareSleep();

  static native void sleepUninterruptibly(int seconds);

  static native void awaitSleep();

  static native void installHandler();

  static native boolean isReadable(long address);

  static native void callBack(Runnable body);

  static native void pause();

  static native void failAssertion(int number);

  static native void freeWrongPointer();

  static native int overflowStack();

  static native void overflowThreadsStack();

  static native void becomeUnreadable();

  static native void terminate();

  static native void throwException();

  static native void useOthersEnv();

  static native void fatalError(int number);

  static native void passDeletedReference();

  static native void crashAtExit();

  static native void refuseFaults();

  static native void raiseFaultsAgain();

  static native void exitOrderly(int status);

  static native void useUpCpuTime();

  static native void setAlarm();

  static native void callRefused();

  static native void becomeShell(int status);
}
