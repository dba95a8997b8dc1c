// SPDX-License-Identifier: Apache-2.0
/** Parsers of the kernel's text files ({@code proc(5)}, cgroups), and names of signals. */
package io.jmortem.proc;
