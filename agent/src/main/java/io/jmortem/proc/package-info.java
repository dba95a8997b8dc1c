// SPDX-License-Identifier: Apache-2.0
/** Parsers of the kernel's text files ({@code proc(5)}, cgroups), and names of signals. */
@NullMarked
package io.jmortem.proc;

import org.jspecify.annotations.NullMarked;
