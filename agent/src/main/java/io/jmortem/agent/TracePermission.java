// SPDX-License-Identifier: Apache-2.0
package io.jmortem.agent;

import java.io.IOException;
import java.io.InputStream;
import java.lang.instrument.Instrumentation;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * Permits the helper to trace this process. Yama with {@code kernel.yama.ptrace_scope} 1 allows
 * only ancestors to trace a process, and only the process itself can permit others, by {@code
 * prctl}. So this is the one case in which the agent needs native code. It uses JNA, in a module
 * layer of its own, because the application may have another version of JNA.
 */
final class TracePermission {

  private static final String RESOURCE = "jna.jar";
  private static final String MODULE = "com.sun.jna";

  /** linux/prctl.h: "Yama" in ASCII. */
  private static final int PR_SET_PTRACER = 0x59616d61;

  private final Instrumentation instrumentation;
  private final Path directory;

  /**
   * @param instrumentation may be null
   * @param directory a private directory, which must exist while the library is loaded
   */
  TracePermission(Instrumentation instrumentation, Path directory) {
    this.instrumentation = instrumentation;
    this.directory = directory;
  }

  /**
   * Permits one process to trace this one, until that process ends.
   *
   * @throws IOException if that fails; the message says why
   */
  void grantTo(int pid) throws IOException {
    Path jar = directory.resolve(RESOURCE);
    try (InputStream stream = TracePermission.class.getResourceAsStream(RESOURCE)) {
      if (stream == null) {
        throw new IOException(RESOURCE + " is missing in " + HelperBinary.jar());
      }
      Files.copy(stream, jar);
      call(loader(jar), pid);
    } catch (IOException e) {
      throw e;
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException("JNA: " + cause, e);
    } finally {
      Files.deleteIfExists(jar);
    }
  }

  /**
   * A module layer for JNA alone. Since JDK 24, the JDK warns on stderr if a class loads a native
   * library and its module has no native access. This module gets native access; if that fails, the
   * warning is printed, and nothing else happens.
   */
  private ClassLoader loader(Path jar) throws ReflectiveOperationException {
    ModuleLayer boot = ModuleLayer.boot();
    Configuration jna =
        boot.configuration().resolve(ModuleFinder.of(jar), ModuleFinder.of(), Set.of(MODULE));
    ModuleLayer layer = boot.defineModulesWithOneLoader(jna, ClassLoader.getPlatformClassLoader());
    enableNativeAccess(layer.findModule(MODULE).orElseThrow());
    return layer.findLoader(MODULE);
  }

  private void enableNativeAccess(Module module) {
    if (instrumentation == null || Runtime.version().feature() < 22) {
      return;
    }
    try {
      instrumentation.redefineModule(
          Object.class.getModule(),
          Set.of(),
          Map.of(),
          Map.of("java.lang", Set.of(TracePermission.class.getModule())),
          Set.of(),
          Map.of());
      Method allow = Module.class.getDeclaredMethod("implAddEnableNativeAccess");
      allow.setAccessible(true);
      allow.invoke(module);
    } catch (ReflectiveOperationException | RuntimeException e) {
      // this JDK has other internals
    }
  }

  private void call(ClassLoader loader, int pid) throws ReflectiveOperationException {
    String previous = System.getProperty("jna.tmpdir");
    System.setProperty(
        "jna.tmpdir", directory.toString()); // otherwise JNA writes to the user's home
    try {
      Class<?> function = Class.forName("com.sun.jna.Function", true, loader);
      Object prctl =
          function.getMethod("getFunction", String.class, String.class).invoke(null, "c", "prctl");
      Object[] arguments = {PR_SET_PTRACER, (long) pid, 0L, 0L, 0L};
      Object result =
          function.getMethod("invokeInt", Object[].class).invoke(prctl, (Object) arguments);
      if (!Integer.valueOf(0).equals(result)) {
        throw new IllegalStateException("prctl(PR_SET_PTRACER) was refused");
      }
    } finally {
      if (previous == null) {
        System.clearProperty("jna.tmpdir");
      } else {
        System.setProperty("jna.tmpdir", previous);
      }
    }
  }
}
