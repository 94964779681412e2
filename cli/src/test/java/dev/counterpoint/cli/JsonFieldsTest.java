package dev.counterpoint.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.cli.tune.MadeUpCurves;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code docs/json.md} names every field that the command writes, and no other. */
class JsonFieldsTest {
  private static final Pattern NAME = Pattern.compile("`([A-Za-z0-9.\\[\\]*]+)`");

  @TempDir Path directory;

  /** The fields that a section of the page documents. */
  private static Set<String> documented(String section) throws IOException {
    Set<String> names = new TreeSet<>();
    boolean inside = false;
    for (String line : Files.readAllLines(Path.of("..", "docs", "json.md"))) {
      if (line.startsWith("## ")) {
        inside = line.equals("## " + section);
      }
      if (inside && line.startsWith("| `")) {
        Matcher matcher = NAME.matcher(line.substring(0, line.indexOf(" | ")));
        while (matcher.find()) {
          names.add(matcher.group(1));
        }
      }
    }
    return names;
  }

  private static void collect(JsonNode node, String path, Set<String> leaves) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              field ->
                  collect(
                      field.getValue(),
                      path.isEmpty() ? field.getKey() : path + "." + field.getKey(),
                      leaves));
    } else if (node.isArray() && !node.isEmpty() && node.get(0).isObject()) {
      node.forEach(element -> collect(element, path + "[]", leaves));
    } else {
      leaves.add(path);
    }
  }

  private static void check(String section, JsonNode json) throws IOException {
    Set<String> documented = documented(section);
    assertThat(documented).as("fields in the section '%s'", section).isNotEmpty();
    Set<String> written = new TreeSet<>();
    collect(json, "", written);
    List<String> unknown = new ArrayList<>();
    for (String field : written) {
      boolean known =
          documented.contains(field)
              || documented.stream().anyMatch(name -> name.startsWith(field + "[]."))
              || documented.stream()
                  .anyMatch(
                      name ->
                          name.endsWith(".*")
                              && field.startsWith(name.substring(0, name.length() - 1)));
      if (!known) {
        unknown.add(field);
      }
    }
    assertThat(unknown).as("fields that docs/json.md does not name under '%s'", section).isEmpty();
    for (String name : documented) {
      String path = name.replace("[]", "").replace(".*", "").replace('.', '/');
      boolean optional = Set.of("rules/untestable", "missing", "flakes").contains(path);
      assertThat(optional || path.startsWith("flakes/") || exists(json, path))
          .as("field '%s' of '%s', which docs/json.md names", name, section)
          .isTrue();
    }
  }

  private static boolean exists(JsonNode json, String path) {
    int slash = path.indexOf('/');
    if (json.isArray()) {
      for (JsonNode element : json) {
        if (exists(element, path)) {
          return true;
        }
      }
      return false;
    }
    return slash < 0
        ? json.has(path)
        : exists(json.path(path.substring(0, slash)), path.substring(slash + 1));
  }

  private JsonNode run(String file, String... arguments) throws IOException {
    CommandRun run = CommandRun.of(arguments);
    assertThat(run.status()).as(run.err() + run.out()).isZero();
    return new ObjectMapper()
        .readTree(file.isEmpty() ? run.out() : Files.readString(directory.resolve(file)));
  }

  private String file(String name) {
    return directory.resolve(name).toString();
  }

  @Test
  void benches() throws IOException {
    check(
        "bench",
        run(
            "b.json",
            ("bench gemm-rs --backend host --ranks 2 -m 8 -n 8 -k 8 --iterations 1 --json "
                    + file("b.json"))
                .split(" ")));
    check(
        "bench --host-overhead",
        run(
            "o.json",
            ("bench gemm-rs --host-overhead --backend host --ranks 2 --strategy fused"
                    + " --iterations 2 --warmup 1 --json "
                    + file("o.json"))
                .split(" ")));
    check(
        "bench --reorder-overhead",
        run(
            "r.json",
            ("bench --reorder-overhead --backend host --ranks 2 -m 8 -n 8 -k 8 --iterations 1"
                    + " --json "
                    + file("r.json"))
                .split(" ")));
  }

  @Test
  void profiles() throws IOException {
    check(
        "profile",
        run(
            "p.json",
            ("profile ag-gemm 32 32 32 --backend host --ranks 2 --link 5MB/s --iterations 1 --json "
                    + file("p.json"))
                .split(" ")));
  }

  @Test
  void tunes() throws IOException {
    MadeUpCurves.put(directory);
    check(
        "tune",
        run(
            "t.json",
            ("tune gemm-rs --backend host --ranks 2 -m 32 -n 48 -k 40 --iterations 1 --exhaustive"
                    + " -P tuning.cache="
                    + directory
                    + " --json "
                    + file("t.json"))
                .split(" ")));
  }

  @Test
  void stress() throws IOException {
    check(
        "stress",
        run(
            "s.json",
            ("stress gemm-rs --backend host --ranks 2 --strategy fused --launches 300 --delays"
                    + " --stop-rank 1 --timeout 1 --json "
                    + file("s.json"))
                .split(" ")));
  }

  @Test
  void doctor() throws IOException {
    check("doctor", run("", "doctor", "--json"));
  }

  @Test
  void conformance() throws IOException {
    check(
        "conformance",
        run(
            "conformance.json",
            ("conformance --backend host --only NUM-2 --report " + directory).split(" ")));
    check(
        "conformance --repeat",
        run(
            "repetition.json",
            ("conformance --backend host --only NUM-2 --repeat 2 --report " + directory)
                .split(" ")));
    check(
        "conformance --compare",
        run(
            "comparison.json",
            ("conformance --compare --backend host,host --ranks 1 --report " + directory)
                .split(" ")));
  }
}
