// SPDX-License-Identifier: Apache-2.0
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A few threads that do not move, with stacks of every kind, in a JVM of any age: so nothing newer
 * than 8 is named here. Memory images are recorded of it, so it touches little.
 */
public final class OldStacks {

  private static volatile boolean stay;
  private static volatile long sink;

  /** Prints "ready" when all threads are where they will stay. */
  public static void main(String[] arguments) throws Exception {
    for (int i = 0; i < 30_000; i++) { // hot enough to be compiled, before it is used
      compiled(3);
    }
    stay = true;
    awaitState(start("deep", () -> deep(5)), Thread.State.WAITING);
    awaitState(start("compiled", () -> compiled(3)), Thread.State.WAITING);
    awaitState(start("reflective", OldStacks::reflective), Thread.State.WAITING);
    awaitState(start("waiting", OldStacks::waitNested), Thread.State.WAITING);
    Object monitor = new Object();
    awaitState(start("monitor-owner", () -> lockAndPark(monitor)), Thread.State.WAITING);
    awaitState(start("monitor-waiter", () -> lockAndPark(monitor)), Thread.State.BLOCKED);
    deadlocks();
    if (hasVirtualThreads()) {
      awaitState(startVirtual("virtual-parked", () -> deep(5)), Thread.State.WAITING);
      awaitState(startVirtual("virtual-waiter", () -> lockAndPark(monitor)), Thread.State.BLOCKED);
    }
    System.out.println("ready");
    System.out.flush();
    System.in.read();
    Runtime.getRuntime().halt(0);
  }

  private static Thread start(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.start();
    return thread;
  }

  private static boolean hasVirtualThreads() {
    return Arrays.stream(Thread.class.getMethods()).anyMatch(m -> m.getName().equals("ofVirtual"));
  }

  private static Thread startVirtual(String name, Runnable body) throws Exception {
    Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
    Class<?> type = Class.forName("java.lang.Thread$Builder");
    Method setName = type.getMethod("name", String.class);
    return (Thread) type.getMethod("start", Runnable.class).invoke(setName.invoke(builder, name), body);
  }

  private static void awaitState(Thread thread, Thread.State wanted) throws Exception {
    while (thread.getState() != wanted) {
      Thread.sleep(1);
    }
  }

  private static void park() {
    while (stay) {
      LockSupport.park();
    }
  }

  private static int deep(int depth) {
    if (depth == 0) {
      park();
      return 0;
    }
    return deep(depth - 1) + 1;
  }

  private static int compiled(int depth) {
    Object lock = new Object();
    sink = lock.hashCode();
    synchronized (lock) {
      return depth == 0 ? parkIfStaying() : compiled(depth - 1) + 1;
    }
  }

  private static int parkIfStaying() {
    park();
    return 1;
  }

  private static void reflective() {
    try {
      OldStacks.class.getDeclaredMethod("park").invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void waitNested() {
    Object outer = new Object();
    StringBuilder inner = new StringBuilder();
    synchronized (outer) {
      synchronized (inner) {
        try {
          inner.wait();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  private static void lockAndPark(Object monitor) {
    synchronized (monitor) {
      park();
    }
  }

  private static void deadlocks() throws Exception {
    List<Object> monitors = Arrays.asList(new Object(), new Object());
    List<ReentrantLock> locks = Arrays.asList(new ReentrantLock(), new ReentrantLock());
    CountDownLatch all = new CountDownLatch(4);
    Thread[] threads = new Thread[4];
    for (int i = 0; i < 2; i++) {
      Object monitor = monitors.get(i);
      Object otherMonitor = monitors.get(1 - i);
      threads[i] =
          start(
              "dead-monitor-" + i,
              () -> {
                synchronized (monitor) {
                  meet(all);
                  lockAndPark(otherMonitor);
                }
              });
      ReentrantLock lock = locks.get(i);
      ReentrantLock otherLock = locks.get(1 - i);
      threads[2 + i] =
          start(
              "dead-lock-" + i,
              () -> {
                lock.lock();
                meet(all);
                otherLock.lock();
              });
    }
    for (int i = 0; i < 4; i++) {
      awaitState(threads[i], i < 2 ? Thread.State.BLOCKED : Thread.State.WAITING);
    }
  }

  private static void meet(CountDownLatch latch) {
    latch.countDown();
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
