package dev.counterpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** SPEC.md is data: the conformance kit and the Javadoc refer to its rules by name. */
class SpecificationTest {
  private static final Pattern CHAPTER = Pattern.compile("## (\\d+)\\. [^:]+: `([A-Z]+)`.*");
  private static final Pattern RULE =
      Pattern.compile("\\| ([A-Z]+)-(\\d+) \\| (\\w*) \\| (.*) \\|(.*)\\|");
  private static final Pattern REFERENCE =
      Pattern.compile(
          "\\b(CAP|LIFE|MEM|STR|GRAPH|SIG|XFER|GEMM|RED|COLL|ERR|NUM|DET|OP|TRACE)-(\\d+)\\b");

  private record Rule(String chapter, String prefix, int number, String level, String text) {
    String name() {
      return prefix + "-" + number;
    }
  }

  private final List<String> chapters = new ArrayList<>();
  private final List<Rule> rules = new ArrayList<>();

  SpecificationTest() throws IOException {
    int sections = 0;
    for (String line : Files.readAllLines(Path.of("SPEC.md"))) {
      Matcher chapter = CHAPTER.matcher(line);
      if (line.startsWith("## ")) {
        sections++;
        assertThat(chapter.matches()).as("chapter heading: %s", line).isTrue();
        assertThat(Integer.parseInt(chapter.group(1))).isEqualTo(sections);
        chapters.add(chapter.group(2));
      } else if (line.matches("\\| [A-Z]+-\\d+.*")) {
        Matcher rule = RULE.matcher(line);
        assertThat(rule.matches()).as("row of a rule: %s", line).isTrue();
        rules.add(
            new Rule(
                chapters.get(chapters.size() - 1),
                rule.group(1),
                Integer.parseInt(rule.group(2)),
                rule.group(3),
                rule.group(4).strip()));
      }
    }
  }

  @Test
  void thereAreSeventeenChaptersWithNamesOfTheirOwn() {
    assertThat(chapters).hasSize(17).doesNotHaveDuplicates();
    assertThat(rules).hasSizeGreaterThan(100);
  }

  @Test
  void rulesAreNumberedFromOneInTheirChapter() {
    assertThat(rules).extracting(Rule::name).doesNotHaveDuplicates();
    for (String chapter : chapters) {
      List<Rule> here = rules.stream().filter(r -> r.chapter().equals(chapter)).toList();
      assertThat(here).as(chapter).isNotEmpty();
      for (int i = 0; i < here.size(); i++) {
        assertThat(here.get(i).name()).isEqualTo(chapter + "-" + (i + 1));
      }
    }
  }

  @Test
  void everyRuleHasALevelAndAText() {
    assertThat(rules)
        .allSatisfy(
            rule -> {
              assertThat(rule.level()).as(rule.name()).isIn("MUST", "SHOULD");
              assertThat(rule.text()).as(rule.name()).endsWith(".");
            });
  }

  @Test
  void whatTheJavadocRefersToExists() throws IOException {
    List<String> known = rules.stream().map(Rule::name).toList();
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        Matcher reference = REFERENCE.matcher(Files.readString(file));
        while (reference.find()) {
          assertThat(known).as(file.toString()).contains(reference.group());
          found.add(reference.group());
        }
      }
    }
    assertThat(found).isNotEmpty();
  }
}
