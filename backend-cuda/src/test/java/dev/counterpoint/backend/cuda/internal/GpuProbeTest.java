package dev.counterpoint.backend.cuda.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.counterpoint.BackendUnavailableException;
import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.backend.cuda.CudaBackendProvider;
import dev.counterpoint.backend.gpu.DeviceSurvey;
import dev.counterpoint.backend.gpu.KernelStore;
import dev.counterpoint.backend.gpu.Platform;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.Bootstrap;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceInfo;
import dev.counterpoint.spi.Probe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GpuProbeTest {
  private static final GpuProbe.Libraries ALL = new GpuProbe.Libraries("2.28.3", "", "13.0.2", "");
  private static final Platform PLATFORM = new CudaPlatform();
  private static final DeviceInfo DEVICE =
      new DeviceInfo(0, "Fake GPU", "sm_90", 1 << 30, 132, false);

  @TempDir Path kernels;
  private DeviceSurvey survey =
      new DeviceSurvey(
          13000,
          List.of(DEVICE, new DeviceInfo(1, "Fake GPU", "sm_90", 1 << 30, 132, false)),
          null);
  private final Map<String, String> environment = new HashMap<>();

  private Probe probe(GpuProbe.Libraries libraries) {
    return GpuProbe.probe(
        survey,
        KernelStore.of(PLATFORM, kernels.toString(), "off", () -> null),
        libraries,
        environment::get);
  }

  private static Probe.Unavailable refused(Probe probe) {
    assertThat(probe).isInstanceOf(Probe.Unavailable.class);
    Probe.Unavailable no = (Probe.Unavailable) probe;
    assertThat(no.reason()).isNotBlank();
    assertThat(no.remedy()).isNotBlank();
    return no;
  }

  @Test
  void theProviderIsFoundAndItsProbeNeverThrowsAndAnswersAgain() {
    BackendProvider provider =
        ServiceLoader.load(BackendProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(CudaBackendProvider.class::isInstance)
            .findFirst()
            .orElseThrow();
    assertThat(provider.name()).isEqualTo("cuda");
    assertThat(provider.priority()).isEqualTo(100);
    Probe first = provider.probe();
    assertThat(provider.probe()).isEqualTo(first);
  }

  @Test
  void withoutADriverTheAnswerSaysSo() {
    assumeTrue(Natives.DRIVER.get() == null, "there is a driver on this machine");
    Probe.Unavailable no = refused(GpuProbe.probe(null));
    assertThat(no.reason()).isEqualTo("there is no NVIDIA driver");
    assertThat(no.detail()).contains("libcuda.so.1");
    assertThat(no.remedy()).contains("install the driver");
    BackendOptions options =
        new BackendOptions(0, Bootstrap.singleProcess(), Duration.ofSeconds(1), Map.of());
    assertThatThrownBy(() -> new CudaBackendProvider().open(options))
        .isInstanceOf(BackendUnavailableException.class)
        .hasMessageContaining("there is no NVIDIA driver");
  }

  @Test
  void aMisspeltOptionIsRefusedEvenWithoutADevice() {
    BackendOptions options =
        new BackendOptions(
            0, Bootstrap.singleProcess(), Duration.ofSeconds(1), Map.of("cuda.device", "0"));
    assertThatThrownBy(() -> new CudaBackendProvider().open(options))
        .isInstanceOf(InvalidArgumentException.class)
        .hasMessageContaining("cuda.devices");
  }

  @BeforeEach
  void kernels() throws IOException {
    Files.writeString(
        kernels.resolve("manifest.json"),
        "{\"ptx\": \"compute_80\", \"kernels\": [{\"entry\": \"put\", \"file\": \"companions.fatbin\", \"arch\": \"sm_80\"}]}");
    Files.write(kernels.resolve("companions.fatbin"), new byte[] {1});
  }

  @Test
  void everythingThere() {
    Probe.Available yes = (Probe.Available) probe(ALL);
    assertThat(yes.summary()).startsWith("2 × Fake GPU, driver ");
    assertThat(yes.devices()).hasSize(2);
    assertThat(yes.devices().get(1).architecture()).isEqualTo("sm_90");
    assertThat(yes.versions())
        .containsEntry("NCCL", "2.28.3")
        .containsEntry("cuBLASLt", "13.0.2")
        .containsEntry(
            "kernels", "built in as portable code, folder " + kernels + "; tile GEMMs by sm80")
        .containsKey("CUDA driver");
    assertThat(yes.capabilities())
        .contains(Capability.PEER_ACCESS, Capability.VENDOR_GEMM, Capability.GEMM_FP8)
        .doesNotContain(Capability.GEMM_FP32_FULL);
    assertThat(yes.notes()).isEmpty();
  }

  @Test
  void hopperHasKernelsOfItsOwnWhereTheyAreThere() throws IOException {
    Files.writeString(
        kernels.resolve("manifest.json"),
        """
        {"ptx": "", "kernels": [
        {"entry": "put", "file": "companions.fatbin", "arch": "sm_90"},
        {"entry": "t", "file": "tile_gemm_sm90_bf16.fatbin", "arch": "sm_90a"}]}
        """);
    Files.write(kernels.resolve("tile_gemm_sm90_bf16.fatbin"), new byte[] {1});
    Probe.Available yes = (Probe.Available) probe(ALL);
    assertThat(yes.versions().get("kernels")).endsWith("; tile GEMMs by sm90 and sm80");
  }

  @Test
  void variablesThatHarmAreNoted() {
    environment.put("CUDA_DEVICE_MAX_CONNECTIONS", "1");
    environment.put("NCCL_NVLS_ENABLE", "1");
    Probe.Available yes = (Probe.Available) probe(ALL);
    assertThat(yes.notes())
        .anyMatch(n -> n.contains("CUDA_DEVICE_MAX_CONNECTIONS is 1"))
        .anyMatch(n -> n.contains("NVLink multicast"));
  }

  @Test
  void anOldDriver() {
    survey = new DeviceSurvey(12040, survey.devices(), null);
    Probe.Unavailable no = refused(probe(ALL));
    assertThat(no.reason()).isEqualTo("the NVIDIA driver is too old");
    assertThat(no.detail()).contains("12.4").contains("13.0");
    assertThat(no.remedy()).contains("580");
  }

  @Test
  void noDevice() {
    survey = new DeviceSurvey(13000, List.of(), null);
    assertThat(refused(probe(ALL)).reason()).isEqualTo("there is no NVIDIA GPU");
    assertThat(
            refused(
                    GpuProbe.noDriver(
                        new dev.counterpoint.NativeException(
                            "cuInit", 100, "CUDA_ERROR_NO_DEVICE", "", "")))
                .reason())
        .isEqualTo("there is no NVIDIA GPU");
  }

  @Test
  void anOldDevice() {
    survey =
        new DeviceSurvey(
            13000, List.of(new DeviceInfo(0, "Fake GPU", "sm_70", 1 << 30, 80, false)), null);
    Probe.Unavailable no = refused(probe(ALL));
    assertThat(no.detail()).contains("device 0, Fake GPU, is sm_70");
  }

  @Test
  void noNccl() {
    Probe.Unavailable no =
        refused(
            probe(
                new GpuProbe.Libraries(
                    null, "UnsatisfiedLinkError: libnccl.so.2: cannot open", "13.0", "")));
    assertThat(no.reason()).isEqualTo("NCCL was not found");
    assertThat(no.detail()).contains("libnccl.so.2");
    assertThat(no.remedy()).contains("LD_LIBRARY_PATH");
  }

  @Test
  void noVendorGemm() {
    Probe.Available yes =
        (Probe.Available) probe(new GpuProbe.Libraries("2.28.3", "", null, "not there"));
    assertThat(yes.capabilities()).doesNotContain(Capability.VENDOR_GEMM);
    assertThat(yes.notes()).anyMatch(n -> n.contains("cuBLASLt") && n.contains("not there"));
  }

  @Test
  void noKernels() {
    KernelStore nothing = KernelStore.of(PLATFORM, "no such folder", "off", () -> null);
    Probe.Unavailable no = refused(GpuProbe.probe(survey, nothing, ALL, name -> null));
    assertThat(no.reason()).isEqualTo("the kernels are missing");
    assertThat(no.remedy()).contains("counterpoint-kernels-sm80");
  }

  @Test
  void sourcesOfKernelsAndNobodyToCompileThem(@TempDir Path folder) throws IOException {
    Files.createDirectories(folder.resolve("source/kernels"));
    Files.writeString(folder.resolve("source/index.txt"), "kernels/companions.cu\n");
    Files.writeString(folder.resolve("source/kernels/companions.cu"), "// kernels");
    KernelStore sources = KernelStore.of(PLATFORM, folder.toString(), "off", () -> null);
    Probe.Unavailable no = refused(GpuProbe.probe(survey, sources, ALL, name -> null));
    assertThat(no.reason()).isEqualTo("there are no kernels for a device");
    assertThat(no.detail()).contains("device 0, Fake GPU, is sm_90", "no run-time compiler");
    assertThat(no.remedy()).contains("libnvrtc.so.13");
  }

  @ParameterizedTest
  @CsvSource({
    "java.lang.UnsatisfiedLinkError: x: libcuda.so.1: cannot open, there is no NVIDIA driver",
    "libcudart.so.13: cannot open shared object, the CUDA 13 runtime library was not found",
    "java.lang.NoClassDefFoundError: org/bytedeco/x, the CUDA bindings are not on the class path",
    "no jnicudart in java.library.path, the CUDA bindings could not be loaded",
  })
  void theWaysToMissADriverAreToldApart(String message, String reason) {
    Throwable failure =
        message.contains("NoClassDef")
            ? new NoClassDefFoundError(message)
            : new UnsatisfiedLinkError(message);
    assertThat(refused(GpuProbe.noDriver(failure)).reason()).isEqualTo(reason);
  }

  @Test
  void whatIsMissingIsNamedWithoutThePathOfTheBindings() {
    String missing = "libcuda.so.1: cannot open shared object file";
    assertThat(
            refused(
                    GpuProbe.noDriver(
                        new UnsatisfiedLinkError("/home/x/.javacpp/libjnicudart.so: " + missing)))
                .detail())
        .isEqualTo(missing);
  }
}
