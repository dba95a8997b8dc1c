// SPDX-License-Identifier: Apache-2.0
/** The program that the demo crashes. jmortem itself does not use it. */
@NullMarked
package io.jmortem.cli.demo;

import org.jspecify.annotations.NullMarked;
