// SPDX-License-Identifier: Apache-2.0
/**
 * Redacts secrets in text: by the names of values, by the shapes of tokens, and by the secrets that
 * were found in command lines. It makes one pass, in linear time and bounded memory.
 */
@NullMarked
package io.jmortem.redact;

import org.jspecify.annotations.NullMarked;
