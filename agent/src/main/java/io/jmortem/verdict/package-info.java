// SPDX-License-Identifier: Apache-2.0
/** Decides from the evidence how a process died: never more certain than the evidence is. */
@NullMarked
package io.jmortem.verdict;

import org.jspecify.annotations.NullMarked;
