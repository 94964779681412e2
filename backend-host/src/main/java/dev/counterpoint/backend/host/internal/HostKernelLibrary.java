package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.KernelLibrary;
import java.util.List;
import java.util.Map;

/** What stands for kernels on the host. */
final class HostKernelLibrary implements KernelLibrary {
  private final List<Kernel> kernels;

  HostKernelLibrary(HostOptions options) {
    String architecture = System.getProperty("os.arch", "unknown");
    String blas = "library: OpenBLAS " + OpenBlas.version();
    String threads = String.valueOf(options.threads());
    kernels =
        List.of(
            new Kernel(
                "sgemm tile",
                architecture,
                blas,
                Map.of(
                    "tile",
                    HostTileGemm.DEFAULT_TILE,
                    "threads",
                    threads,
                    "cpu",
                    HostProbe.processor())),
            new Kernel(
                "sgemm panel", architecture, blas, Map.of("engine", "VENDOR", "threads", threads)),
            new Kernel(
                "int8 tile",
                architecture,
                blas + ", exact in chunks of 1024 terms",
                Map.of("tile", HostTileGemm.DEFAULT_TILE)),
            new Kernel(
                "reduce", architecture, "built in (Java)", Map.of("accumulator", "FP32 or INT32")),
            new Kernel("unpack", architecture, "built in (Java)", Map.of()),
            new Kernel("norm", architecture, "built in (Java)", Map.of("accumulator", "FP64")));
  }

  @Override
  public List<Kernel> kernels() {
    return kernels;
  }
}
