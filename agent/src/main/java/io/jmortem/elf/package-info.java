// SPDX-License-Identifier: Apache-2.0
/** Reads parts of ELF files on disk. */
package io.jmortem.elf;
