package dev.counterpoint.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rules as {@code SPEC.md} states them, and the reasons why some cannot be tested. */
final class RuleCatalog {
  private static final Pattern CHAPTER = Pattern.compile("## \\d+\\. (.*?): `([A-Z]+)`.*");
  private static final Pattern ROW =
      Pattern.compile("\\| ([A-Z]+-\\d+) \\| (MUST|SHOULD) \\| (.*?) \\| (.*?) ?\\|");

  /** One rule. */
  record Entry(String name, boolean must, String text, String chapter) {}

  private final Map<String, Entry> entries;
  private final Map<String, String> untestable;

  private RuleCatalog(Map<String, Entry> entries, Map<String, String> untestable) {
    this.entries = entries;
    this.untestable = untestable;
  }

  /** The catalog that came with this kit. */
  static RuleCatalog load() {
    Properties reasons = new Properties();
    try (InputStream stream = resource("untestable.properties")) {
      reasons.load(new InputStreamReader(stream, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> untestable = new TreeMap<>();
    reasons.forEach((rule, reason) -> untestable.put(rule.toString(), reason.toString().strip()));
    try (InputStream stream = resource("SPEC.md")) {
      return new RuleCatalog(
          parse(new String(stream.readAllBytes(), StandardCharsets.UTF_8)), untestable);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InputStream resource(String name) {
    InputStream stream = RuleCatalog.class.getResourceAsStream(name);
    if (stream == null) {
      throw new IllegalStateException("the kit's jar lacks " + name);
    }
    return stream;
  }

  static Map<String, Entry> parse(String specification) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    String chapter = "";
    for (String line : specification.lines().toList()) {
      Matcher head = CHAPTER.matcher(line);
      if (head.matches()) {
        chapter = head.group(1);
      }
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        Entry entry = new Entry(row.group(1), row.group(2).equals("MUST"), row.group(3), chapter);
        if (entries.put(entry.name(), entry) != null) {
          throw new IllegalStateException("SPEC.md states rule " + entry.name() + " twice");
        }
      }
    }
    return entries;
  }

  Map<String, Entry> entries() {
    return entries;
  }

  /** Reason by rule. */
  Map<String, String> untestable() {
    return untestable;
  }

  /**
   * What is wrong with the kit against the specification: rules without a test or reason, tests of
   * unknown rules.
   */
  List<String> gaps() {
    List<String> gaps = new ArrayList<>();
    Map<String, Integer> tested = new TreeMap<>();
    Chapters.tests()
        .forEach(
            test -> {
              if (Chapters.rules(test).isEmpty()) {
                gaps.add(
                    test.getDeclaringClass().getSimpleName()
                        + "."
                        + test.getName()
                        + " names no rule");
              }
              for (String rule : Chapters.rules(test)) {
                tested.merge(rule, 1, Integer::sum);
                if (!entries.containsKey(rule)) {
                  gaps.add(
                      test.getDeclaringClass().getSimpleName()
                          + "."
                          + test.getName()
                          + " names the unknown rule "
                          + rule);
                }
              }
            });
    for (Entry entry : entries.values()) {
      String reason = untestable.get(entry.name());
      if (entry.must()
          && !tested.containsKey(entry.name())
          && (reason == null || reason.isBlank())) {
        gaps.add(
            "MUST rule "
                + entry.name()
                + " has neither a test nor a reason in untestable.properties");
      }
    }
    for (String rule : untestable.keySet()) {
      if (!entries.containsKey(rule)) {
        gaps.add("untestable.properties names the unknown rule " + rule);
      } else if (tested.containsKey(rule)) {
        gaps.add("untestable.properties names the rule " + rule + ", which has a test");
      }
    }
    return gaps;
  }
}
