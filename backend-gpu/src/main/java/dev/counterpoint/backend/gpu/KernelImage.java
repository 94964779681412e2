package dev.counterpoint.backend.gpu;

import java.util.List;

/**
 * Device code that can be loaded.
 *
 * @param family which kernels: the name of their source file
 * @param architecture what it was compiled for
 * @param origin where it came from, for people
 * @param bytes the image
 * @param kernels its entry points and what is known of them
 */
record KernelImage(
    String family,
    String architecture,
    String origin,
    byte[] bytes,
    List<KernelManifest.Kernel> kernels) {
  KernelImage {
    kernels = List.copyOf(kernels);
  }
}
