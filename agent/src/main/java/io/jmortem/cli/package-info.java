// SPDX-License-Identifier: Apache-2.0
/** The command line: {@code java -jar jmortem.jar VERB}. */
@NullMarked
package io.jmortem.cli;

import org.jspecify.annotations.NullMarked;
