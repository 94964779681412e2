package dev.counterpoint.backend.rocm.internal.hip;

/** Calls functions that the library at hand lacks. */
final class MissingProgram {
  private MissingProgram() {}

  public static void main(String[] arguments) {
    int status = Hip.hipEventRecordWithFlags(1, 2, 3);
    System.out.println(status + " " + RocmLibrary.HIP.nameOf(status));
    System.out.println(RocmLibrary.HIP.explain(status));
    System.out.println(
        "has "
            + RocmLibrary.HIP.has("hipEventRecordWithFlags")
            + " "
            + RocmLibrary.HIP.has("hipEventRecord"));
    System.out.println(RocmLibrary.HIP.nameOf(1));
  }
}
