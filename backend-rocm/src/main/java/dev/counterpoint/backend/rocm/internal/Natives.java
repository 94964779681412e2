package dev.counterpoint.backend.rocm.internal;

import dev.counterpoint.backend.gpu.CollectiveLibrary;
import dev.counterpoint.backend.gpu.Driver;
import dev.counterpoint.backend.gpu.Installation;
import dev.counterpoint.backend.gpu.KernelCompiler;
import dev.counterpoint.backend.gpu.NativeLibrary;
import dev.counterpoint.backend.gpu.VendorBlas;
import dev.counterpoint.spi.Probe;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The native libraries of this process. */
public final class Natives implements Installation {
  static final NativeLibrary<Driver> DRIVER = new NativeLibrary<>(NativeDriver::new);
  static final NativeLibrary<Integer> COLLECTIVES =
      new NativeLibrary<>(NativeCollectives::libraryVersion);
  static final NativeLibrary<String> BLAS = new NativeLibrary<>(NativeBlas::libraryVersion);
  static final NativeLibrary<KernelCompiler> COMPILER = new NativeLibrary<>(NativeCompiler::new);

  /** Loads nothing yet. */
  public Natives() {}

  @Override
  public Probe probe(@Nullable String kernelFolder) {
    return GpuProbe.probe(kernelFolder);
  }

  @Override
  public Driver driver() {
    return DRIVER.require();
  }

  @Override
  public @Nullable KernelCompiler compiler() {
    return COMPILER.get();
  }

  @Override
  public boolean hasBlas() {
    return BLAS.get() != null;
  }

  @Override
  public VendorBlas newBlas() {
    return new NativeBlas();
  }

  @Override
  public CollectiveLibrary newCollectives(List<Integer> devices) {
    return new NativeCollectives(devices, driver().isEmulated(0));
  }
}
