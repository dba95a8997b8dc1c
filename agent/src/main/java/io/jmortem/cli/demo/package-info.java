// SPDX-License-Identifier: Apache-2.0
/** The program that the demo crashes. Not part of jmortem's own work. */
package io.jmortem.cli.demo;
