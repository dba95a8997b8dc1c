// SPDX-License-Identifier: Apache-2.0
/** Reads parts of ELF files on disk. */
@NullMarked
package io.jmortem.elf;

import org.jspecify.annotations.NullMarked;
