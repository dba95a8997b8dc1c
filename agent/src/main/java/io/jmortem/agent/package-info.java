// SPDX-License-Identifier: Apache-2.0
/**
 * What runs inside the watched JVM. Depends on the module java.base (and java.instrument's
 * presence) alone, loads no native code, and never lets an exception, a line on stdout or a delay
 * into the application.
 */
package io.jmortem.agent;
