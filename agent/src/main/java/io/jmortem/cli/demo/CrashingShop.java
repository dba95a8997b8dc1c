// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.demo;

import io.jmortem.agent.BlackBox;
import java.lang.reflect.Method;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

/** A small shop whose price cache writes through a pointer that it has freed. */
public final class CrashingShop {

  private static final long FREED = 0x10;
  private static final int WORKERS = 4;

  private final LinkedBlockingQueue<String> orders = new LinkedBlockingQueue<>();
  private final CountDownLatch served = new CountDownLatch(1);

  private CrashingShop() {}

  /** Runs until it crashes. */
  public static void main(String[] arguments) throws Exception {
    new CrashingShop().open();
  }

  private void open() throws Exception {
    for (int i = 0; i < WORKERS; i++) {
      Thread worker = new Thread(this::serve, "order-worker-" + i);
      worker.setDaemon(true);
      worker.start();
    }
    while (!isArmed()) {
      Thread.sleep(10);
    }
    Thread.sleep(1200); // runs for a while, so that a rolling snapshot is taken
    Thread pricing = new Thread(this::updatePrices, "pricing");
    pricing.start();
    served.await();
  }

  private static boolean isArmed() {
    String level = System.getProperty(BlackBox.LEVEL_PROPERTY, "none");
    return !level.equals("arming");
  }

  private void serve() {
    try {
      orders.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void updatePrices() {
    try {
      writePrice(FREED, 4711);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void writePrice(long address, long price) throws ReflectiveOperationException {
    Class<?> unsafe = Class.forName("jdk.internal.misc.Unsafe");
    Object instance = unsafe.getMethod("getUnsafe").invoke(null);
    Method put = unsafe.getMethod("putLong", long.class, long.class);
    put.invoke(instance, address, price);
  }
}
