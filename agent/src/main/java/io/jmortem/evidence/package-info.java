// SPDX-License-Identifier: Apache-2.0
/**
 * {@code evidence.ndjson}, as the helper writes it ({@code native-helper/src/evidence}): one JSON
 * object a line, each with an id, the name of the event and its time.
 */
@NullMarked
package io.jmortem.evidence;

import org.jspecify.annotations.NullMarked;
