// SPDX-License-Identifier: Apache-2.0
import java.lang.reflect.Field;

/** Dies, or does not, as its argument says: in a JVM of any age, so without anything newer than 8. */
public final class OldVictim {

  public static void main(String[] arguments) throws Exception {
    final String death = arguments[0];
    Thread crasher =
        new Thread(
            new Runnable() {
              @Override
              public void run() {
                die(death);
              }
            },
            "crasher");
    System.out.println("ready");
    System.out.flush();
    if (System.in.read() < 0) {
      return;
    }
    crasher.start();
    crasher.join();
  }

  private static void die(String death) {
    try {
      if (death.equals("null")) {
        Class<?> unsafe = Class.forName("sun.misc.Unsafe");
        Field field = unsafe.getDeclaredField("theUnsafe");
        field.setAccessible(true);
        unsafe
            .getMethod("putAddress", long.class, long.class)
            .invoke(field.get(null), 0x18L, 1L);
      } else if (death.startsWith("exit")) {
        System.exit(Integer.parseInt(death.substring(4)));
      } else {
        System.out.println("asleep");
        System.out.flush();
        Thread.sleep(1000000);
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
