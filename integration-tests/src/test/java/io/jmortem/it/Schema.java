// SPDX-License-Identifier: Apache-2.0
package io.jmortem.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.nio.file.Path;
import java.util.List;

/**
 * The published schema of {@code report.json}; every report in the tests is validated with it.
 * Where the schema lists the values of this version, no other values are allowed.
 */
final class Schema {

  private Schema() {}

  static void assertValid(Path reportJson) {
    com.networknt.schema.Schema schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(
                Tests.resource("/io/jmortem/report/report.schema.json")
                    .replace("\"x-values\"", "\"enum\""),
                InputFormat.JSON);
    assertEquals(
        List.of(),
        schema.validate(Tests.read(reportJson), InputFormat.JSON),
        () -> "not of the schema: " + reportJson);
  }
}
