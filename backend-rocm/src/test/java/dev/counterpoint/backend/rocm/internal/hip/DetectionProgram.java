package dev.counterpoint.backend.rocm.internal.hip;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Prints what is found of ROCm, and what HIP says of its devices. */
final class DetectionProgram {
  private DetectionProgram() {}

  public static void main(String[] arguments) {
    System.out.println("bindings " + Bindings.unavailability());
    // The others before HIP, whose directory they look into.
    List<RocmLibrary> libraries = new ArrayList<>(List.of(RocmLibrary.values()));
    Collections.reverse(libraries);
    for (RocmLibrary library : libraries) {
      System.out.println(
          library + " " + (library.isAvailable() ? library.path() : library.unavailability()));
    }
    if (!Bindings.unavailability().isEmpty()) {
      return;
    }
    int[] count = {-1};
    say("hipInit", Hip.hipInit(0));
    say("hipGetDeviceCount", Hip.hipGetDeviceCount(count));
    System.out.println("count " + count[0]);
    int[] version = {-1};
    int status = Rccl.ncclGetVersion(version);
    System.out.println("ncclGetVersion " + status + " " + RocmLibrary.RCCL.nameOf(status));
    System.out.println("default " + Bindings.setDefaultVariable("COUNTERPOINT_TEST", "x"));
    System.out.println("again " + Bindings.setDefaultVariable("COUNTERPOINT_TEST", "y"));
    System.out.println("path " + Bindings.setDefaultVariable("PATH", "y"));
  }

  private static void say(String function, int status) {
    System.out.println(
        function
            + " "
            + status
            + " "
            + RocmLibrary.HIP.nameOf(status)
            + ": "
            + RocmLibrary.HIP.explain(status));
  }
}
