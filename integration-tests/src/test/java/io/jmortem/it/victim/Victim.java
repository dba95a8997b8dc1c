// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it.victim;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;

/**
 * Dies, or does not, in the way that its argument says; in a thread "crasher", in a JVM of its own.
 */
// what would be mistakes elsewhere is what these programs are for
@SuppressWarnings({
  "UnusedVariable",
  "NonAtomicVolatileUpdate",
  "InfiniteRecursion",
  "ModifiedButNotUsed"
})
public final class Victim {

  private static final long UNMAPPED = 0x18;
  private static volatile long sink;
  private static volatile String nothing;
  private static final List<Object> MAPPED = new ArrayList<>();

  private Victim() {}

  /** Waits for the agent where it is told to, says so on stdout, then does it. */
  public static void main(String[] arguments) throws Exception {
    Native.raiseSignal(0); // loads the library
    awaitArming();
    int threads = Integer.getInteger("victim.threads", 0);
    CountDownLatch parked = new CountDownLatch(threads);
    for (int i = 0; i < threads; i++) {
      start("parked-" + i, () -> park(parked)).setName("parked-" + i);
    }
    parked.await();
    if (Boolean.getBoolean("victim.busy")) {
      start("busy", () -> compute(new HashMap<>()));
    }
    mapFiles(Integer.getInteger("victim.mappings", 0));
    if (Boolean.getBoolean("victim.sleeper")) {
      Native.prepareSleep();
      start("sleeper", () -> Native.sleepUninterruptibly(1));
      Native.awaitSleep();
    }
    System.out.println("ready " + ProcessHandle.current().pid());
    if (Boolean.getBoolean("victim.wait") && System.in.read() < 0) {
      return;
    }
    int count = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 0;
    if (arguments[0].equals("throw")) {
      throw new IllegalStateException("nobody catches it");
    }
    if (Boolean.getBoolean("victim.main")) {
      run(arguments[0], count);
    }
    start("crasher", () -> run(arguments[0], count)).join();
    System.out.println("survived");
  }

  /** Where it is told to. */
  static void awaitArming() throws InterruptedException {
    if (!Boolean.getBoolean("victim.await")) {
      return;
    }
    String level = null;
    while (level == null || level.equals("arming")) {
      Thread.sleep(2);
      level = System.getProperty("jmortem.capture.level");
    }
    System.out.println("level " + level);
  }

  private static Thread start(String name, Runnable body) {
    Thread thread = new Thread(null, body, name, Integer.getInteger("victim.stack", 256 * 1024));
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void mapFiles(int count) throws IOException {
    Path file = Path.of(System.getProperty("java.home"), "release");
    if (count > 0) {
      try (FileChannel channel = FileChannel.open(file)) {
        for (int i = 0; i < count; i++) {
          MAPPED.add(channel.map(FileChannel.MapMode.READ_ONLY, 0, 1));
        }
      }
    }
  }

  private static void park(CountDownLatch parked) {
    parked.countDown();
    while (true) {
      java.util.concurrent.locks.LockSupport.park();
    }
  }

  private static void run(String what, int count) {
    try {
      die(what, count);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void die(String what, int count) throws Throwable {
    switch (what) {
      case "null" -> Native.nullDereference();
      case "fpe" -> Native.divideByZero(0);
      case "ill" -> Native.illegalInstruction();
      case "bus" -> {
        long address = Native.mapTruncated();
        System.out.println("address 0x" + Long.toHexString(address));
        Native.read(address);
      }
      case "abort" -> Native.callAbort();
      case "unsafe-write" -> unsafeWrite();
      case "compiled-read" -> compiledRead();
      case "stub" -> copyFromNowhere();
      case "interpreter" -> callOnBrokenObject();
      case "nested-native" -> Native.callBack(() -> Native.callBack(Native::nullDereference));
      case "two-threads" -> twoThreads();
      case "null-checks" -> nullChecks(count);
      case "null-checks-crash" -> {
        nullChecks(count);
        Native.nullDereference();
      }
      case "stack-overflows" -> stackOverflows(count);
      case "safepoints" -> safepoints(count);
      case "own-handler" -> ownHandler(count);
      case "own-handler-crash" -> {
        ownHandler(10);
        Native.nullDereference();
      }
      case "out-of-memory" -> outOfMemory();
      case "direct-memory" -> directMemory();
      case "exit" -> System.exit(count);
      case "halt" -> Runtime.getRuntime().halt(count);
      case "exit-native" -> Native.exitNow(count);
      case "exit-orderly" -> Native.exitOrderly(count);
      case "assertion" -> Native.failAssertion(count);
      case "heap" -> Native.freeWrongPointer();
      case "native-overflow" -> Native.overflowStack();
      case "native-thread-overflow" -> Native.overflowThreadsStack();
      case "unreadable" -> {
        Native.becomeUnreadable();
        Native.nullDereference();
      }
      case "terminate" -> Native.terminate();
      case "exception" -> Native.throwException();
      case "others-env" -> Native.useOthersEnv();
      case "fatal-error" -> Native.fatalError(count);
      case "deleted-reference" -> Native.passDeletedReference();
      case "exit-handler" -> {
        Native.crashAtExit();
        System.exit(count);
      }
      case "refused-null-check" -> {
        Native.refuseFaults();
        nullChecks(1);
      }
      case "raised-null-check" -> {
        Native.raiseFaultsAgain();
        nullChecks(1);
      }
      case "alarm" -> {
        Native.setAlarm();
        sleepForEver();
      }
      case "spin" -> spin();
      case "cpu-time" -> Native.useUpCpuTime();
      case "seccomp" -> Native.callRefused();
      case "exec" -> Native.becomeShell(count);
      case "slow-shutdown" -> {
        Runtime.getRuntime()
            .addShutdownHook(new Thread(null, Victim::sleepForEver, "slow-hook", 256 * 1024));
        System.out.println("asleep");
        sleepForEver();
      }
      case "raise" -> Native.raiseSignal(count);
      case "sleep" -> {
        System.out.println("asleep");
        sleepForEver();
      }
      default -> throw new IllegalArgumentException(what);
    }
  }

  /** Outside the heap, so that only the kernel limits it. */
  private static void directMemory() {
    List<ByteBuffer> all = new ArrayList<>();
    while (true) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(8 << 20);
      for (int at = 0; at < buffer.capacity(); at += 4096) {
        buffer.put(at, (byte) 1);
      }
      all.add(buffer);
    }
  }

  private static void sleepForEver() {
    try {
      Thread.sleep(Long.MAX_VALUE);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void unsafeWrite() throws ReflectiveOperationException {
    Class<?> unsafe = Class.forName("sun.misc.Unsafe");
    unsafe.getMethod("putAddress", long.class, long.class).invoke(theUnsafe(), UNMAPPED, 1L);
  }

  /** Faults in a stub: a routine that HotSpot has generated, and calls without an anchor. */
  private static void copyFromNowhere() throws Exception {
    Class<?> unsafe = Class.forName("sun.misc.Unsafe");
    long memory = (long) unsafe.getMethod("allocateMemory", long.class).invoke(theUnsafe(), 4096L);
    unsafe
        .getMethod("copyMemory", long.class, long.class, long.class)
        .invoke(theUnsafe(), UNMAPPED, memory, 4096L);
  }

  /** Faults in the interpreter: the object's class is not to be found where its header says. */
  private static void callOnBrokenObject() throws Exception {
    Class<?> unsafe = Class.forName("sun.misc.Unsafe");
    Object broken = new Victim();
    unsafe
        .getMethod("putInt", Object.class, long.class, int.class)
        .invoke(theUnsafe(), broken, 8L, 0x7ffffff8);
    // the first call resolves the method, in the VM
    for (Object each : new Object[] {new Victim(), broken}) {
      sink = each.toString().length();
    }
  }

  private static Object theUnsafe() throws ReflectiveOperationException {
    Field field = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe");
    field.setAccessible(true);
    return field.get(null);
  }

  /** Hot enough that the fault is in compiled code, into which C2 inlines the constant handle. */
  private static void compiledRead() throws Throwable {
    long memory =
        (long)
            Class.forName("sun.misc.Unsafe")
                .getMethod("allocateMemory", long.class)
                .invoke(theUnsafe(), 4096L);
    for (int i = 0; i < 200_000; i++) {
      sink += Memory.sum(memory, 16);
    }
    sink += Memory.sum(UNMAPPED, 16);
  }

  private static final class Memory {

    private static final MethodHandle GET_LONG = getLong();

    private static MethodHandle getLong() {
      try {
        Class<?> unsafe = Class.forName("sun.misc.Unsafe");
        MethodType type = MethodType.methodType(long.class, long.class);
        return MethodHandles.lookup().findVirtual(unsafe, "getLong", type).bindTo(theUnsafe());
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    static long sum(long address, int count) throws Throwable {
      long sum = 0;
      for (int i = 0; i < count; i++) {
        sum += (long) GET_LONG.invokeExact(address + i * 8L);
      }
      return sum;
    }
  }

  private static void twoThreads() throws Exception {
    CyclicBarrier together = new CyclicBarrier(2);
    Runnable crash =
        () -> {
          try {
            Native.raiseSignal(0); // loads the library before the race
            together.await();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
          Native.nullDereference();
        };
    Thread other = start("crasher-2", crash);
    crash.run();
    other.join();
  }

  /** Interpreted code finds out about null by a SIGSEGV. */
  private static void nullChecks(int count) {
    int caught = 0;
    for (int i = 0; i < count; i++) {
      try {
        sink += nothing.hashCode();
      } catch (NullPointerException e) {
        caught++;
      }
    }
    System.out.println("caught " + caught);
  }

  private static void stackOverflows(int count) {
    int caught = 0;
    for (int i = 0; i < count; i++) {
      try {
        sink += recurse(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
      } catch (StackOverflowError e) {
        caught++;
      }
    }
    System.out.println("caught " + caught);
  }

  /** Frames so large that there are few to unwind. */
  private static long recurse(
      long a,
      long b,
      long c,
      long d,
      long e,
      long f,
      long g,
      long h,
      long i,
      long j,
      long k,
      long l,
      long m,
      long n,
      long o,
      long p) {
    return recurse(b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, a) + 1;
  }

  /** Loops that are stopped again and again by a poll of a page that can't be read. */
  private static void safepoints(int count) throws InterruptedException {
    for (int i = 0; i < 2; i++) {
      start("busy-" + i, Victim::spin);
    }
    for (int i = 0; i < count; i++) {
      System.gc();
      Thread.sleep(1);
    }
    System.out.println("caught " + count);
  }

  private static void spin() {
    for (long i = 0; i < Long.MAX_VALUE; i++) {
      sink = i;
    }
  }

  /** Loads classes first, and then calls compiled methods for ever. */
  private static void compute(Map<Integer, Integer> sums) {
    for (int i = 0; ; i++) {
      sums.merge(i & 1023, 1, Integer::sum);
    }
  }

  private static void outOfMemory() {
    List<byte[]> all = new ArrayList<>();
    while (true) {
      all.add(new byte[1 << 20]);
    }
  }

  private static void ownHandler(int count) {
    Native.installHandler();
    int caught = 0;
    for (int i = 0; i < count; i++) {
      if (!Native.isReadable(UNMAPPED)) {
        caught++;
      }
    }
    System.out.println("caught " + caught);
  }
}
