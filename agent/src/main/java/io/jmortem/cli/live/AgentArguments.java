// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.live;

import io.jmortem.cli.UserError;
import java.util.Map;

/** Formats options as an agent's argument. */
public final class AgentArguments {

  private AgentArguments() {}

  /**
   * Joins the options as {@code key=value,key=value}.
   *
   * @throws UserError if a value contains a comma, which that form can't express
   */
  public static String joined(Map<String, String> options) throws UserError {
    StringBuilder joined = new StringBuilder();
    for (Map.Entry<String, String> each : options.entrySet()) {
      if (each.getValue().indexOf(',') >= 0) {
        throw new UserError(
            "--"
                + each.getKey()
                + " "
                + each.getValue()
                + ": an option of the agent can't contain a comma");
      }
      joined.append(joined.length() == 0 ? "" : ",");
      joined.append(each.getKey()).append('=').append(each.getValue());
    }
    return joined.toString();
  }
}
