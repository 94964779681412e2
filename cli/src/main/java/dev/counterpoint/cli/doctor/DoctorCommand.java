package dev.counterpoint.cli.doctor;

import dev.counterpoint.cli.ExitCode;
import dev.counterpoint.cli.report.Figures;
import dev.counterpoint.cli.report.JsonReport;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceInfo;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code counterpoint doctor}. */
@Command(
    name = "doctor",
    sortOptions = false,
    description = {
      "Says which backends can run here, and what to do about the others.",
      "",
      "Prints devices, versions and capabilities of each backend on the class path, or why it cannot run.%n"
    },
    footer = {"%nExamples:", "  counterpoint doctor", "  counterpoint doctor --json"})
public final class DoctorCommand implements Callable<Integer> {
  private final Supplier<BackendRegistry> registry;
  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Print JSON instead of text.")
  private boolean json;

  /** Asks the backends on the class path. */
  public DoctorCommand() {
    this(BackendRegistry::load);
  }

  /** Asks given backends. */
  public DoctorCommand(Supplier<BackendRegistry> registry) {
    this.registry = registry;
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    DoctorReport report = DoctorReport.of(registry.get());
    if (json) {
      out.print(JsonReport.write(report));
      out.flush();
    } else {
      print(report, out);
    }
    return report.anyAvailable() ? ExitCode.GOOD : ExitCode.UNAVAILABLE;
  }

  private static void print(DoctorReport report, PrintWriter out) {
    out.println("counterpoint " + report.version());
    out.println(
        "Java         "
            + report.java()
            + ", heap up to "
            + Figures.bytes(report.heapMebibytes() * 0x1p20));
    out.println("System       " + report.system());
    for (DoctorReport.BackendAnswer backend : report.backends()) {
      out.println();
      out.println(
          (backend.available() ? "✓ " : "✗ ")
              + backend.name()
              + ": "
              + (backend.available() ? "" : "unavailable: ")
              + backend.summary());
      line(out, "tried", backend.detail());
      line(out, "remedy", backend.remedy());
      devices(out, backend.devices());
      line(
          out,
          "versions",
          backend.versions().entrySet().stream()
              .map(entry -> entry.getKey() + " " + entry.getValue())
              .collect(Collectors.joining(", ")));
      line(out, "can", names(backend.capabilities()));
      backend.notes().forEach(note -> line(out, "note", note));
    }
    out.println();
    if (report.backends().isEmpty()) {
      out.println(
          "No backend is on the class path; add one, such as dev.counterpoint:counterpoint-backend-host.");
    } else {
      out.println(
          report.anyAvailable()
              ? "auto would take " + report.chosen() + "."
              : "No backend can run here; the remedies are above.");
    }
  }

  private static void devices(PrintWriter out, List<DeviceInfo> devices) {
    if (devices.isEmpty()) {
      return;
    }
    boolean same = devices.stream().allMatch(device -> alike(device, devices.get(0)));
    for (DeviceInfo device : same ? devices.subList(0, 1) : devices) {
      String number = same ? devices.size() + " × " : device.index() + ": ";
      line(
          out,
          "device",
          number
              + device.name()
              + ", "
              + device.architecture()
              + ", "
              + device.computeUnits()
              + " compute units, "
              + Figures.bytes((double) device.memoryBytes())
              + (device.emulated() ? ", emulated in software" : ""));
    }
  }

  private static boolean alike(DeviceInfo one, DeviceInfo other) {
    return Objects.equals(one.name(), other.name())
        && one.architecture().equals(other.architecture())
        && one.memoryBytes() == other.memoryBytes()
        && one.computeUnits() == other.computeUnits()
        && one.emulated() == other.emulated();
  }

  private static String names(List<Capability> capabilities) {
    return capabilities.stream()
        .map(capability -> capability.name().toLowerCase(Locale.ROOT).replace('_', '-'))
        .collect(Collectors.joining(", "));
  }

  private static void line(PrintWriter out, String name, String value) {
    if (!value.isEmpty()) {
      out.println("  " + String.format(Locale.ROOT, "%-9s", name) + value);
    }
  }
}
