package dev.counterpoint.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every rule that binds has a test or a reason, and every test names rules that exist. */
class SpecificationCoverageTest {
  @Test
  void everyMustRuleHasATestOrAReason() {
    assertThat(RuleCatalog.load().gaps()).isEmpty();
  }

  @Test
  void theCatalogIsThatOfTheSpecificationInTheTree() throws IOException {
    String specification = Files.readString(Path.of("..", "api", "SPEC.md"));
    Set<String> rows =
        specification
            .lines()
            .filter(line -> line.matches("\\| [A-Z]+-\\d+ .*"))
            .map(line -> line.split("\\|", -1)[1].strip())
            .collect(Collectors.toSet());
    assertThat(rows).hasSizeGreaterThan(100);
    assertThat(RuleCatalog.load().entries().keySet()).isEqualTo(rows);
  }

  @Test
  void everyClassOfTestsIsInTheListOfChapters() throws IOException {
    Path sources = Path.of("src", "main", "java", "dev", "counterpoint", "conformance");
    Set<String> files = new HashSet<>();
    try (Stream<Path> all = Files.list(sources)) {
      for (Path file : all.toList()) {
        if (Files.readString(file).contains("  @ConformanceTest")) {
          files.add(file.getFileName().toString().replace(".java", ""));
        }
      }
    }
    assertThat(Chapters.ALL.stream().map(Class::getSimpleName).collect(Collectors.toSet()))
        .isEqualTo(files);
  }

  @Test
  void testNamesAreUniqueSentences() {
    Set<String> names = new HashSet<>();
    for (Method test : Chapters.tests()) {
      assertThat(names.add(test.getName())).as("%s is used twice", test.getName()).isTrue();
      assertThat(test.getName()).as("a sentence").hasSizeGreaterThan(12);
    }
  }
}
