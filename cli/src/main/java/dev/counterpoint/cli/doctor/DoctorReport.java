package dev.counterpoint.cli.doctor;

import dev.counterpoint.cli.Version;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.Probe;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the doctor found.
 *
 * @param version version of the command
 * @param java which Java, and whose
 * @param system operating system, architecture and processors
 * @param heapMebibytes what the JVM may use for objects
 * @param chosen the backend that {@code auto} would take; empty if none
 * @param backends every backend on the class path
 */
public record DoctorReport(
    String version,
    String java,
    String system,
    long heapMebibytes,
    String chosen,
    List<BackendAnswer> backends) {

  /**
   * One backend's answer.
   *
   * @param name by which users ask for it
   * @param available whether it can run here
   * @param summary what it would drive, or why it cannot
   * @param detail what was tried; empty if it can run
   * @param remedy what to do; empty if it can run
   * @param devices what it would drive
   * @param versions versions of drivers and libraries
   * @param capabilities what it can do
   * @param notes what could be better
   */
  public record BackendAnswer(
      String name,
      boolean available,
      String summary,
      String detail,
      String remedy,
      List<DeviceInfo> devices,
      Map<String, String> versions,
      List<Capability> capabilities,
      List<String> notes) {}

  static DoctorReport of(BackendRegistry registry) {
    List<BackendAnswer> answers = registry.candidates().stream().map(DoctorReport::answer).toList();
    return new DoctorReport(
        Version.current(),
        Runtime.version()
            + " ("
            + System.getProperty("java.vendor")
            + ", "
            + System.getProperty("java.vm.name")
            + ")",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch")
            + ", "
            + Runtime.getRuntime().availableProcessors()
            + " processors",
        Runtime.getRuntime().maxMemory() >> 20,
        answers.stream()
            .filter(BackendAnswer::available)
            .map(BackendAnswer::name)
            .findFirst()
            .orElse(""),
        answers);
  }

  private static BackendAnswer answer(BackendRegistry.Candidate candidate) {
    if (candidate.probe() instanceof Probe.Unavailable no) {
      return new BackendAnswer(
          candidate.name(),
          false,
          no.reason(),
          no.detail(),
          no.remedy(),
          List.of(),
          Map.of(),
          List.of(),
          List.of());
    }
    Probe.Available yes = (Probe.Available) candidate.probe();
    return new BackendAnswer(
        candidate.name(),
        true,
        yes.summary(),
        "",
        "",
        yes.devices(),
        new TreeMap<>(yes.versions()),
        yes.capabilities().stream().sorted().toList(),
        yes.notes());
  }

  /** Whether anything can run here. */
  boolean anyAvailable() {
    return !chosen.isEmpty();
  }
}
