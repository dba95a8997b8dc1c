// SPDX-License-Identifier: Apache-2.0
/** What a crash here and now would leave, and what would raise it. */
@NullMarked
package io.jmortem.cli.doctor;

import org.jspecify.annotations.NullMarked;
