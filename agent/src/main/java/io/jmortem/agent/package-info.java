// SPDX-License-Identifier: Apache-2.0
/**
 * The code that runs inside the watched JVM. It depends only on module java.base (and on the
 * presence of java.instrument), and loads no native code except in {@link
 * io.jmortem.agent.TracePermission}. It never throws into the application, never writes to stdout,
 * and never delays the application.
 */
@NullMarked
package io.jmortem.agent;

import org.jspecify.annotations.NullMarked;
