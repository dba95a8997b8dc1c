// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it.victim;

import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;

/**
 * Threads in every state, with stacks of every kind. Arguments say which kinds: {@code still} (none
 * runs), {@code busy}, {@code virtual}, {@code many} (as many as the property {@code stacks.many}).
 */
// what would be mistakes elsewhere is what these programs are for
@SuppressWarnings({
  "UnusedVariable",
  "NonAtomicVolatileUpdate",
  "InfiniteRecursion",
  "WaitNotInLoop",
  "UnnecessaryLambda",
  "UnnecessaryStringBuilder",
  "ThreadPriorityCheck",
  "FutureReturnValueIgnored"
})
public final class Stacks {

  private static final AtomicInteger STARTED = new AtomicInteger();
  private static volatile long sink;
  private static volatile boolean never;

  private Stacks() {}

  /** Prints "ready" when all threads are where they will stay. */
  public static void main(String[] kinds) throws Exception {
    Native.raiseSignal(0); // loads the library
    for (String kind : kinds) {
      switch (kind) {
        case "still" -> still();
        case "busy" -> busy();
        case "virtual" -> virtual();
        case "many" -> many(Integer.getInteger("stacks.many", 1000));
        default -> throw new IllegalArgumentException(kind);
      }
    }
    if (List.of(kinds).contains("busy")) {
      awaitCompiled();
    }
    Victim.awaitArming();
    System.out.println("ready " + ProcessHandle.current().pid());
    System.out.flush();
    if (System.in.read() >= 0) {
      Native.nullDereference();
    }
    Runtime.getRuntime().halt(0);
  }

  private static Thread start(String name, Runnable body) {
    Thread thread = new Thread(null, body, name, 1 << 20);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void awaitState(Thread thread, Thread.State... wanted) throws Exception {
    while (!List.of(wanted).contains(thread.getState())) {
      Thread.sleep(1);
    }
  }

  private static void park() {
    while (!never) {
      LockSupport.park();
    }
  }

  // ---- threads that do not move

  private static void still() throws Exception {
    warmUp();
    Thread[] all = {
      start("waiting \u00e9\u00fc", Stacks::waitNested),
      start("\u65e5\u672c\u8a9e thread", Stacks::park),
      start("", Stacks::park),
      start("x".repeat(300), Stacks::park),
      start("deep", () -> deep(300)),
      start("deep-mixed", () -> even(200)),
      start("compiled-deep", () -> compiledPark(40)),
      start("native-java-native", () -> Native.callBack(() -> Native.callBack(Stacks::park))),
      start("reflective", Stacks::reflective),
      start("lambda", () -> applyTwice(x -> parkLong(x), 3)),
      start("stream", () -> sink = LongStream.range(0, 3).map(Stacks::parkLong).sum()),
      start("synchronized", () -> new Counter().countNested(5)),
      start("queue", Stacks::takeForever),
      start("future", () -> new CompletableFuture<String>().join()),
    };
    start("in-native", Native::pause);
    start("sleeping", Stacks::sleepForever);
    for (Thread thread : all) {
      awaitState(thread, Thread.State.WAITING, Thread.State.TIMED_WAITING);
    }
    contended();
    deadlocks();
  }

  private static void sleepForever() {
    try {
      Thread.sleep(Long.MAX_VALUE);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void takeForever() {
    try {
      new LinkedBlockingQueue<String>().take();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void waitNested() {
    Object outer = new Object();
    StringBuilder inner = new StringBuilder();
    synchronized (outer) {
      synchronized (inner) {
        synchronized (outer) {
          try {
            inner.wait();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        }
      }
    }
  }

  private static int deep(int depth) {
    if (depth == 0) {
      park();
      return 0;
    }
    return deep(depth - 1) + 1;
  }

  /** Methods of several sizes, so that some are inlined into others. */
  private static int even(int depth) {
    if (depth == 0) {
      park();
      return 0;
    }
    return odd(depth - 1) + 1;
  }

  private static int odd(int depth) {
    synchronized (new Object()) {
      return third(depth - 1, depth * 3L, "a") + 1;
    }
  }

  private static int third(int depth, long more, String text) {
    if (depth <= 0) {
      park();
    }
    return even(depth - 1) + (int) (more % 7) + text.length();
  }

  private static int compiledPark(int depth) {
    Object lock = new Object();
    sink = lock.hashCode();
    synchronized (lock) {
      return depth == 0 ? parkUnless(sink == 0) : compiledPark(depth - 1) + 1;
    }
  }

  private static int parkUnless(boolean what) {
    if (!what && stay) {
      park();
    }
    return 1;
  }

  private static volatile boolean stay;

  /** Hot enough to be compiled, before it is used. */
  private static void warmUp() {
    for (int i = 0; i < 30_000; i++) {
      compiledPark(5);
    }
    stay = true;
  }

  private static void reflective() {
    try {
      Stacks.class.getDeclaredMethod("park").invoke(null);
    } catch (IllegalAccessException | NoSuchMethodException | InvocationTargetException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long applyTwice(LongUnaryOperator operator, long value) {
    return operator.applyAsLong(operator.applyAsLong(value));
  }

  private static long parkLong(long value) {
    park();
    return value;
  }

  private static final class Counter {
    private long count;

    synchronized long countNested(int depth) {
      if (depth == 0) {
        park();
      }
      synchronized (this) {
        return countNested(depth - 1) + count++;
      }
    }
  }

  private static void contended() throws Exception {
    Object monitor = new Object();
    CountDownLatch held = new CountDownLatch(1);
    start(
        "monitor-owner",
        () -> {
          synchronized (monitor) {
            held.countDown();
            park();
          }
        });
    held.await();
    for (int i = 0; i < 3; i++) {
      Thread blocked = start("monitor-waiter-" + i, () -> lockAndPark(monitor));
      awaitState(blocked, Thread.State.BLOCKED);
    }
    ReentrantLock lock = new ReentrantLock();
    ReentrantReadWriteLock readWrite = new ReentrantReadWriteLock();
    Thread owner =
        start(
            "lock-owner",
            () -> {
              lock.lock();
              readWrite.writeLock().lock();
              park();
            });
    awaitState(owner, Thread.State.WAITING);
    awaitState(start("lock-waiter", lock::lock), Thread.State.WAITING);
    awaitState(start("read-waiter", () -> readWrite.readLock().lock()), Thread.State.WAITING);
  }

  private static void lockAndPark(Object monitor) {
    synchronized (monitor) {
      park();
    }
  }

  private static void deadlocks() throws Exception {
    Object[] monitors = {new Object(), new Object(), new Object()};
    CountDownLatch all = new CountDownLatch(3);
    for (int i = 0; i < 3; i++) {
      Object first = monitors[i];
      Object second = monitors[(i + 1) % 3];
      start(
          "dead-monitor-" + i,
          () -> {
            synchronized (first) {
              meet(all);
              lockAndPark(second);
            }
          });
    }
    ReentrantLock[] locks = {new ReentrantLock(), new ReentrantLock()};
    CountDownLatch both = new CountDownLatch(2);
    Thread last = null;
    for (int i = 0; i < 2; i++) {
      ReentrantLock first = locks[i];
      ReentrantLock second = locks[1 - i];
      last =
          start(
              "dead-lock-" + i,
              () -> {
                first.lock();
                meet(both);
                second.lock();
              });
    }
    both.await();
    all.await();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("dead-monitor")) {
        awaitState(thread, Thread.State.BLOCKED);
      } else if (thread.getName().startsWith("dead-lock")) {
        awaitState(thread, Thread.State.WAITING);
      }
    }
    sink = last.getId();
  }

  private static void meet(CountDownLatch latch) {
    latch.countDown();
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  // ---- threads that run

  private static final AtomicInteger ROUNDS = new AtomicInteger();

  private static void busy() {
    start("busy-osr", Stacks::spin);
    start("busy-inlined", () -> inlinedSpin(1));
    start("busy-recursive", Stacks::recursiveSpin);
    start("busy-arraycopy", Stacks::copySpin);
    start("busy-math", Stacks::mathSpin);
    if (!"false".equals(System.getProperty("stacks.allocate"))) {
      start("busy-allocating", Stacks::allocatingSpin);
    }
    start("busy-time", Stacks::timeSpin);
    start("busy-exceptions", Stacks::exceptionSpin);
    start("busy-native-java", () -> Native.callBack(Stacks::recursiveSpin));
  }

  private static void awaitCompiled() throws Exception {
    while (ROUNDS.get() < 300) {
      Thread.sleep(1);
    }
  }

  private static void spin() {
    for (long i = 0; i < Long.MAX_VALUE; i++) {
      sink = i;
    }
  }

  private static void inlinedSpin(int by) {
    while (!never) {
      for (int i = 0; i < 10_000; i += by) {
        sink += one(i);
      }
    }
  }

  private static long one(int i) {
    return two(i + 1) + i;
  }

  private static long two(int i) {
    return three(i * 3) ^ i;
  }

  private static long three(int i) {
    long sum = 0;
    for (int k = 0; k < (i & 15); k++) {
      sum += k * sink;
    }
    return sum;
  }

  private static void recursiveSpin() {
    while (!never) {
      sink += fibonacci(18);
      ROUNDS.incrementAndGet();
    }
  }

  private static long fibonacci(int n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
  }

  private static void copySpin() {
    byte[] from = new byte[100_000];
    byte[] to = new byte[100_000];
    while (!never) {
      System.arraycopy(from, 1, to, 0, from.length - 1);
    }
  }

  private static void mathSpin() {
    double value = 1;
    while (!never) {
      value = Math.pow(Math.sin(value) + 1.5, 0.7) + Math.log(value + 2);
      sink += (long) value;
    }
  }

  private static void allocatingSpin() {
    Object[] kept = new Object[1000];
    for (int i = 0; !never; i = (i + 1) % kept.length) {
      kept[i] = new long[i % 100 + 1];
    }
  }

  private static void timeSpin() {
    while (!never) {
      sink += System.nanoTime() + System.currentTimeMillis();
    }
  }

  private static void exceptionSpin() {
    while (!never) {
      try {
        thrower((int) sink & 1);
      } catch (IllegalStateException e) {
        sink += e.getStackTrace().length;
      }
    }
  }

  private static void thrower(int i) {
    if (i < 5) {
      throw new IllegalStateException("thrown");
    }
  }

  // ---- virtual threads

  private static ExecutorService executor;

  /** By reflection: these classes are compiled for 17. */
  private static void virtual() throws Exception {
    ThreadFactory factory = virtualFactory();
    for (int i = 0; i < 5; i++) {
      Thread parked = factory.newThread(() -> deep(20));
      parked.setName("virtual-parked");
      parked.start();
      awaitState(parked, Thread.State.WAITING);
    }
    executor =
        (ExecutorService)
            java.util.concurrent.Executors.class
                .getMethod("newThreadPerTaskExecutor", ThreadFactory.class)
                .invoke(null, factory);
    for (int i = 0; i < 3; i++) {
      executor.submit(() -> deep(10));
    }
    Object pin = new Object();
    Thread pinned =
        factory.newThread(
            () -> {
              synchronized (pin) {
                Native.callBack(Stacks::park);
              }
            });
    pinned.setName("virtual-pinned");
    pinned.start();
    awaitState(pinned, Thread.State.WAITING);
    Thread yielding = factory.newThread(() -> deepYield(60));
    yielding.setName("virtual-yielding");
    yielding.start();
    while (STARTED.get() < 50) {
      Thread.sleep(1);
    }
  }

  /** Comes back from the heap frame by frame: only the newest are on the carrier's stack. */
  private static void deepYield(int depth) {
    if (depth > 0) {
      deepYield(depth - 1);
      return;
    }
    for (int i = 0; i < 100; i++) {
      STARTED.incrementAndGet();
      Thread.yield();
    }
    Native.pause();
  }

  private static ThreadFactory virtualFactory() throws ReflectiveOperationException {
    Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
    return (ThreadFactory)
        Class.forName("java.lang.Thread$Builder").getMethod("factory").invoke(builder);
  }

  // ---- many

  private static void many(int count) throws Exception {
    CountDownLatch parked = new CountDownLatch(count);
    for (int i = 0; i < count; i++) {
      start(
          "many-" + i,
          () -> {
            parked.countDown();
            deep(46); // with those above and below it some 50 frames
          });
    }
    parked.await();
  }
}
