package dev.counterpoint.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options that say which backend to take and how to open it; shared by the commands that open
 * one.
 */
public final class BackendChoice {
  private static final String HOST = "host";

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "Which backend: auto (default), host, … See 'counterpoint doctor'.")
  private String backend = "auto";

  @Option(
      names = "--ranks",
      paramLabel = "N",
      defaultValue = "0",
      description = "Number of ranks; 0 (default) is one per device, or 4 on the host.")
  private int ranks;

  @Option(
      names = "--link",
      paramLabel = "SPEED",
      description = "Host only: simulate a link of this speed between ranks, such as 40GB/s.")
  private @Nullable String link;

  @Option(
      names = "--latency",
      paramLabel = "TIME",
      description = "Host only: latency of the simulated link, such as 5us.")
  private @Nullable String latency;

  @Option(
      names = "--chaos",
      paramLabel = "SEED",
      description =
          "Pseudo-random delays before puts, signals and tiles. Results must not change; times mean nothing.")
  private @Nullable Long chaos;

  @Option(
      names = {"-P", "--property"},
      paramLabel = "NAME=VALUE",
      mapFallbackValue = "",
      description = "A setting of the backend, such as -P host.threads=2. May be repeated.")
  private Map<String, String> properties = new LinkedHashMap<>();

  /** The backend's name, or {@code auto}. */
  public String backend() {
    return backend;
  }

  /** Number of ranks; 0 is the backend's choice. */
  public int ranks() {
    return ranks;
  }

  /** Whether a link is simulated. */
  public boolean simulatesLink() {
    return link != null || properties.containsKey("host.link");
  }

  /** Whether delays are thrown in. */
  public boolean chaotic() {
    return chaos != null || properties.keySet().stream().anyMatch(name -> name.endsWith(".chaos"));
  }

  /**
   * All settings for a backend.
   *
   * @param selected the name of the backend that will be opened
   * @throws CommandException if an option does not apply to it
   */
  public Map<String, String> properties(String selected) {
    Map<String, String> all = new LinkedHashMap<>(properties);
    Map<String, String> special = new LinkedHashMap<>();
    put(special, "host.link", link);
    put(special, "host.latency", latency);
    if (!special.isEmpty() && !selected.equals(HOST)) {
      List<String> names = new ArrayList<>();
      special.keySet().forEach(name -> names.add("--" + name.substring("host.".length())));
      throw new CommandException(
          dev.counterpoint.Failure.Category.USAGE,
          String.join(", ", names)
              + ": only the host backend simulates; add --backend host, or leave it out on '"
              + selected
              + "'");
    }
    if (latency != null && !simulatesLink()) {
      throw new CommandException(
          dev.counterpoint.Failure.Category.USAGE,
          "--latency needs --link: it is the latency of the simulated link");
    }
    all.putAll(special);
    put(all, selected + ".chaos", chaos == null ? null : Long.toString(chaos));
    return all;
  }

  private static void put(Map<String, String> target, String name, @Nullable String value) {
    if (value != null) {
      target.put(name, value);
    }
  }
}
