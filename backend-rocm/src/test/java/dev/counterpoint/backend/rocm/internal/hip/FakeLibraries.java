package dev.counterpoint.backend.rocm.internal.hip;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Libraries with all functions of the call tables, which only note their arguments. */
final class FakeLibraries {
  private FakeLibraries() {}

  /** Compiles one for each library into a folder, without the functions named. */
  static void build(Path folder, Set<String> without) throws IOException {
    shared(folder, "amdhip64", CallTable.of("hip_calls.h"), without);
    shared(folder, "rccl", CallTable.of("rccl_calls.h"), without);
    shared(folder, "hiprtc", CallTable.of("hiprtc_calls.h"), without);
    shared(folder, "hipblaslt", CallTable.of("hipblaslt_calls.h"), without);
    Path source = Path.of(System.getProperty("rocm.test.cpp", "src/test/cpp"), "fake_rocshmem.cpp");
    compile(source, folder.resolve("librocshmem.so"));
  }

  private static void shared(
      Path folder, String name, List<CallTable.Call> calls, Set<String> without)
      throws IOException {
    StringBuilder source =
        new StringBuilder("#include \"fake.h\"\nusing namespace counterpoint;\nextern \"C\" {\n");
    for (CallTable.Call call : calls) {
      if (without.contains(call.name())) {
        continue;
      }
      String arguments = "\"" + call.name() + "\"";
      for (String parameter : call.names()) {
        arguments += ", " + parameter;
      }
      source
          .append(call.result() + " " + call.name() + "(" + call.parameters() + ") {\n")
          .append(
              call.isText()
                  ? "  fake::record("
                      + arguments
                      + ");\n  return \"text of "
                      + call.name()
                      + "\";\n"
                  : "  return fake::record(" + arguments + ");\n")
          .append("}\n");
    }
    Path file = folder.resolve(name + ".cpp");
    Files.writeString(file, source.append("}\n"));
    compile(file, folder.resolve("lib" + name + ".so"));
  }

  private static void compile(Path source, Path library) throws IOException {
    Tools.succeed(
        Tools.compile(
            List.of("-O1", "-shared", "-fPIC", "-o", library.toString(), source.toString())));
  }

  /** Options that make a JVM use them, and nothing else. */
  static List<String> options(Path folder) {
    return List.of(RocmLibrary.values()).stream()
        .map(library -> "-D" + library.property() + "=" + folder)
        .toList();
  }
}
