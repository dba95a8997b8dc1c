// SPDX-License-Identifier: Apache-2.0
package io.jmortem.reporter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LibraryNameTest {

  @ParameterizedTest
  @CsvSource({
    "/tmp/libnat4711.so, libnat.so",
    "/tmp/x/rocksdbjni123.so, rocksdbjni.so",
    "/home/me/.cache/JNA/temp/jna9876543.tmp (deleted), jna.tmp",
    "/opt/app/jna9876.tmp (deleted), jna.tmp",
    "/tmp/snappy-1.1.8-0bd31b2a-4f3c-4a65-8d5e-0f8f1d7f2b0c-libsnappyjava.so, snappy-1.1.8-libsnappyjava.so",
    "/var/tmp/libnetty_transport_native_epoll_x86_6412345678901.so, libnetty_transport_native_epoll_x86.so",
    "/data/run/libzstd-jni-1.5.2-317382910283746.so, libzstd-jni-1.5.2.so",
    "/tmp/libfoo-9f3a77c0.so, libfoo.so",
    "/usr/lib/x86_64-linux-gnu/libc.so.6, libc.so.6",
    "/usr/lib/libstdc++.so.6.0.30 (deleted), libstdc++.so.6.0.30",
    "/opt/lib/libicudata70.so, libicudata70.so",
    "/opt/lib/libvp9-1024.so, libvp9-1024.so",
    "/tmp/libcodec.so, libcodec.so",
    "/memfd:libfacade (deleted), memfd:libfacade"
  })
  void stable(String path, String name) {
    assertEquals(name, LibraryName.stable(path));
  }
}
