// SPDX-License-Identifier: Apache-2.0
/**
 * Takes secrets out of text: by the names of values, by the shapes of tokens, and by what was found
 * in command lines. One pass, linear in the text, in bounded memory.
 */
package io.jmortem.redact;
