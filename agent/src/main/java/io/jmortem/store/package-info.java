// SPDX-License-Identifier: Apache-2.0
/** Reports on disk: their directories, and what is told of them without reading them whole. */
package io.jmortem.store;
