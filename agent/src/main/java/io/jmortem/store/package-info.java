// SPDX-License-Identifier: Apache-2.0
/** Reports on disk: their directories, and the few facts that are read for a list. */
@NullMarked
package io.jmortem.store;

import org.jspecify.annotations.NullMarked;
