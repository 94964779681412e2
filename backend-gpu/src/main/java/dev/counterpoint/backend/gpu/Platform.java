package dev.counterpoint.backend.gpu;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What sets one vendor's devices and tools apart; facts only, nothing native. */
public interface Platform {
  /** The backend's name, such as {@code cuda}. */
  String name();

  /** Name of one of the backend's properties. */
  default String property(String option) {
    return name() + "." + option;
  }

  /** Name of the library of collectives. */
  String collectiveLibrary();

  /** Modules of kernels that may be on the class path, best first. */
  List<String> kernelModules();

  /** How device code is named and compiled. */
  CodeFormat code();

  /** The kernels of the tile GEMM for an architecture, best first; the last take everything. */
  List<TileKernels> tileKernels(String architecture);

  /** Whether FP32 is multiplied as such, and not as a shorter type. */
  boolean multipliesFullFp32();

  /** Whether all-reduces over peers' memory are among the kernels. */
  boolean reducesOverPeers();

  /** Why the kernels for an architecture take no FP8, or null when they do. */
  @Nullable String noFp8(String architecture);

  /** Whether kernels that take FP8 take a factor for each block of it as well. */
  boolean takesBlockFactors();

  /** Where to look when devices do not reach each other's memory. */
  String peerRemedy();
}
