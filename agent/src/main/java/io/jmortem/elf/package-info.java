// SPDX-License-Identifier: Apache-2.0
/** What is read of ELF files on disk. */
package io.jmortem.elf;
