// SPDX-License-Identifier: Apache-2.0
package io.jmortem.cli.live;

import io.jmortem.cli.UserError;
import java.util.Map;

/** Options in the form in which an agent takes them. */
public final class AgentArguments {

  private AgentArguments() {}

  /**
   * As {@code key=value,key=value}.
   *
   * @throws UserError if a value has a comma in it, which that form can't express
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
                + ": the agent's options can't have a comma");
      }
      joined.append(joined.length() == 0 ? "" : ",");
      joined.append(each.getKey()).append('=').append(each.getValue());
    }
    return joined.toString();
  }
}
