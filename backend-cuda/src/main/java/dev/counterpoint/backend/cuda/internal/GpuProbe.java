package dev.counterpoint.backend.cuda.internal;

import dev.counterpoint.NativeException;
import dev.counterpoint.backend.gpu.DeviceSurvey;
import dev.counterpoint.backend.gpu.Driver;
import dev.counterpoint.backend.gpu.KernelStore;
import dev.counterpoint.backend.gpu.NativeLibrary;
import dev.counterpoint.backend.gpu.Platform;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.Probe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Looks whether the CUDA backend can run here. */
final class GpuProbe {
  /** The bindings are of CUDA 13, and the portable code of the kernels needs a driver that is. */
  private static final int LEAST_DRIVER = 13000;

  private static final int LEAST_ARCHITECTURE = 80;
  private static final Pattern DRIVER_RELEASE = Pattern.compile("Module\\D+\\s([0-9]+\\.[0-9.]+)");

  /** What stands before the name of the missing library: our own bindings, where they lie. */
  private static final Pattern BINDING =
      Pattern.compile("^java\\.lang\\.UnsatisfiedLinkError: /\\S+: (?=lib)");

  private static final Platform PLATFORM = new CudaPlatform();

  private GpuProbe() {}

  /** Never throws, and may be asked again; looks for kernels in a folder first. */
  static Probe probe(@Nullable String kernelFolder) {
    try {
      Driver driver = Natives.DRIVER.get();
      if (driver == null) {
        return noDriver(Natives.DRIVER.failure());
      }
      return probe(
          DeviceSurvey.of(driver),
          KernelStore.of(PLATFORM, kernelFolder, null, Natives.COMPILER::get),
          libraries(),
          System::getenv);
    } catch (Throwable e) { // rule LIFE-1
      return new Probe.Unavailable(
          "the CUDA driver did not answer as expected",
          NativeLibrary.deepest(e).toString(),
          "see whether nvidia-smi works; otherwise restart the machine's driver");
    }
  }

  /**
   * What was found of the libraries beside the driver; a version, or null with the reason.
   *
   * @param collectives version of NCCL
   * @param noCollectives why there is none
   * @param blas version of cuBLASLt
   * @param noBlas why there is none
   */
  record Libraries(
      @Nullable String collectives, String noCollectives, @Nullable String blas, String noBlas) {}

  private static Libraries libraries() {
    Integer collectives = Natives.COLLECTIVES.get();
    return new Libraries(
        collectives == null ? null : NativeCollectives.text(collectives),
        String.valueOf(Natives.COLLECTIVES.failure()),
        Natives.BLAS.get(),
        String.valueOf(Natives.BLAS.failure()));
  }

  /** The answer for a driver that could be loaded. */
  static Probe probe(
      DeviceSurvey survey,
      KernelStore kernels,
      Libraries libraries,
      UnaryOperator<@Nullable String> environment) {
    int version = survey.version();
    if (version < LEAST_DRIVER) {
      return new Probe.Unavailable(
          "the NVIDIA driver is too old",
          "it supports CUDA " + cuda(version) + "; needed is " + cuda(LEAST_DRIVER),
          "install driver 580 or newer");
    }
    if (survey.devices().isEmpty()) {
      return noDevice("cuDeviceGetCount answers 0");
    }
    for (DeviceInfo device : survey.devices()) {
      if (KernelStore.number(device.architecture()) < LEAST_ARCHITECTURE) {
        return new Probe.Unavailable(
            "a device is too old",
            "device " + device.index() + ", " + device.name() + ", is " + device.architecture(),
            "hide it by CUDA_VISIBLE_DEVICES, or name others by the property cuda.devices; sm_80 and"
                + " newer will do");
      }
    }
    if (libraries.collectives() == null) {
      return new Probe.Unavailable(
          "NCCL was not found",
          libraries.noCollectives(),
          "install NCCL 2 for CUDA 13 (libnccl.so.2), or add its folder to LD_LIBRARY_PATH or to"
              + " -Djava.library.path");
    }
    if (kernels.isEmpty()) {
      return new Probe.Unavailable(
          "the kernels are missing",
          "looked at " + kernels.describe(),
          "add counterpoint-kernels-sm80 to the class path, or name a folder of built kernels by"
              + " -Dcuda.kernels");
    }
    Set<String> origins = new TreeSet<>();
    Set<String> tiles = new TreeSet<>();
    for (DeviceInfo device : survey.devices()) {
      List<String> tried = new ArrayList<>();
      String origin = kernels.origin(device.architecture(), tried);
      if (origin == null) {
        return new Probe.Unavailable(
            "there are no kernels for a device",
            "device "
                + device.index()
                + ", "
                + device.name()
                + ", is "
                + device.architecture()
                + ": "
                + String.join("; ", tried),
            "use a counterpoint-kernels-sm80 that was built where nvcc is, or install NVRTC of CUDA 13"
                + " (libnvrtc.so.13) or add its folder to LD_LIBRARY_PATH");
      }
      origins.add(origin);
      tiles.add(String.join(" and ", kernels.tileKernels(PLATFORM, device.architecture())));
    }
    String served = String.join("; ", origins) + "; tile GEMMs by " + String.join("; ", tiles);
    return available(survey, libraries, served, environment);
  }

  private static Probe available(
      DeviceSurvey survey,
      Libraries libraries,
      String kernels,
      UnaryOperator<@Nullable String> environment) {
    List<String> notes = new ArrayList<>();
    Set<Capability> capabilities = survey.capabilities(PLATFORM, libraries.blas() != null, notes);
    if (libraries.blas() == null) {
      notes.add(
          "cuBLASLt was not found, so plain GEMMs run on our own kernels ("
              + libraries.noBlas()
              + "); install it, or add its folder to LD_LIBRARY_PATH");
    }
    addNotesOnEnvironment(environment, survey.devices().size(), notes);
    Map<String, String> versions = new LinkedHashMap<>();
    String release = release();
    versions.put(
        "CUDA driver", cuda(survey.version()) + (release == null ? "" : " (" + release + ")"));
    versions.put("NCCL", String.valueOf(libraries.collectives()));
    if (libraries.blas() != null) {
      versions.put("cuBLASLt", libraries.blas());
    }
    versions.put("kernels", kernels);
    return new Probe.Available(
        survey.summary() + ", driver " + (release == null ? cuda(survey.version()) : release),
        survey.devices(),
        versions,
        capabilities,
        notes);
  }

  private static void addNotesOnEnvironment(
      UnaryOperator<@Nullable String> environment, int devices, List<String> notes) {
    String connections = environment.apply("CUDA_DEVICE_MAX_CONNECTIONS");
    if (connections != null && connections.matches("[0-9]")) {
      notes.add(
          "CUDA_DEVICE_MAX_CONNECTIONS is "
              + connections
              + ": with more streams than that, one that waits may hold up another; leave it unset or"
              + " set it to 32");
    }
    String multicast = environment.apply("NCCL_NVLS_ENABLE");
    if (devices > 1 && multicast != null && !multicast.equals("0")) {
      notes.add("NCCL may use NVLink multicast; leave NCCL_NVLS_ENABLE unset, or set it to 0");
    }
  }

  private static String cuda(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  /** The driver's own release, such as 580.82, where the system tells. */
  private static @Nullable String release() {
    try {
      Matcher matcher =
          DRIVER_RELEASE.matcher(Files.readString(Path.of("/proc/driver/nvidia/version")));
      return matcher.find() ? matcher.group(1) : null;
    } catch (IOException | RuntimeException e) {
      return null;
    }
  }

  private static Probe noDevice(String detail) {
    return new Probe.Unavailable(
        "there is no NVIDIA GPU",
        detail,
        "see whether nvidia-smi lists one; in a container, start it with GPUs; look at"
            + " CUDA_VISIBLE_DEVICES");
  }

  /** Tells the ways apart in which the driver can be missing. */
  static Probe noDriver(@Nullable Throwable failure) {
    String detail = BINDING.matcher(String.valueOf(failure)).replaceFirst("");
    if (failure instanceof NativeException e) {
      if (e.status() == 100) {
        return noDevice(detail);
      }
      String remedy = DriverStatus.remedy(e.status());
      return new Probe.Unavailable(
          "the NVIDIA driver cannot be used",
          detail,
          remedy.isEmpty() ? "see whether nvidia-smi works" : remedy);
    }
    if (detail.contains("libcuda.so")) {
      return new Probe.Unavailable(
          "there is no NVIDIA driver",
          detail,
          "install the driver, release 580 or newer; in a container, start it with GPUs; if"
              + " libcuda.so.1 lies in an unusual folder, add that to LD_LIBRARY_PATH");
    }
    if (detail.contains("libcudart")) {
      return new Probe.Unavailable(
          "the CUDA 13 runtime library was not found",
          detail,
          "install the CUDA 13 runtime (libcudart.so.13), or add its folder to LD_LIBRARY_PATH or to"
              + " -Djava.library.path");
    }
    if (detail.contains("NoClassDefFound") || detail.contains("ClassNotFound")) {
      return new Probe.Unavailable(
          "the CUDA bindings are not on the class path",
          detail,
          "add org.bytedeco:cuda and org.bytedeco:javacpp");
    }
    return new Probe.Unavailable(
        "the CUDA bindings could not be loaded",
        detail,
        "add org.bytedeco:cuda and org.bytedeco:javacpp with the classifier of this platform ("
            + System.getProperty("os.name")
            + ", "
            + System.getProperty("os.arch")
            + "; linux-x86_64 is supported)");
  }
}
