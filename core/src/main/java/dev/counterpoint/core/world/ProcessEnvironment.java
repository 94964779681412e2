package dev.counterpoint.core.world;

import dev.counterpoint.CounterpointException;
import dev.counterpoint.Failure;
import dev.counterpoint.InvalidArgumentException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where this process stands among the processes of a job, as launchers tell it in the environment:
 * {@code torchrun} and most others by RANK and WORLD_SIZE, Open MPI and Slurm by names of their
 * own.
 *
 * @param launcher whose variables were found
 * @param rank position of this process
 * @param size number of processes
 * @param localRank position among the processes of this host, or −1 if not told
 * @param master host and port of the meeting point, or null if not told
 */
record ProcessEnvironment(
    String launcher, int rank, int size, int localRank, @Nullable String master) {
  private static final List<String[]> NAMES =
      List.of(
          new String[] {"RANK/WORLD_SIZE", "RANK", "WORLD_SIZE", "LOCAL_RANK"},
          new String[] {
            "Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"
          },
          new String[] {"Slurm", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"});

  static ProcessEnvironment of(Map<String, String> environment) {
    for (String[] names : NAMES) {
      String rank = environment.get(names[1]);
      String size = environment.get(names[2]);
      if (rank != null && size != null) {
        String address = environment.get("MASTER_ADDR");
        String port = environment.get("MASTER_PORT");
        String local = environment.get(names[3]);
        requireWithin(names, number(names[1], rank), number(names[2], size));
        return new ProcessEnvironment(
            names[0],
            number(names[1], rank),
            number(names[2], size),
            local == null ? -1 : number(names[3], local),
            address == null ? null : address + ":" + (port == null ? "29500" : port));
      }
    }
    return new ProcessEnvironment("none", 0, 1, 0, null);
  }

  /** Refuses a job of several processes, which worlds cannot span yet. */
  void requireSingleProcess() {
    if (size > 1) {
      throw new CounterpointException(
          Failure.Category.UNAVAILABLE,
          "this process is "
              + rank
              + " of "
              + size
              + " by the variables of "
              + launcher
              + ", but a world cannot span processes yet: start one JVM per host, which drives all local devices, or unset these variables");
    }
  }

  private static void requireWithin(String[] names, int rank, int size) {
    if (size < 1) {
      throw new InvalidArgumentException("environment variable " + names[2], size, "be at least 1");
    }
    if (rank < 0 || rank >= size) {
      throw new InvalidArgumentException(
          "environment variable " + names[1],
          rank,
          "be 0 … " + (size - 1) + " (by " + names[2] + ")");
    }
  }

  private static int number(String name, String value) {
    try {
      return Integer.parseInt(value.trim());
    } catch (NumberFormatException e) {
      throw new InvalidArgumentException(
          "environment variable " + name, "'" + value + "'", "be a number");
    }
  }
}
