// SPDX-License-Identifier: Apache-2.0
/** The command line: {@code java -jar jmortem.jar VERB}. */
package io.jmortem.cli;
