package dev.counterpoint.backend.host.internal;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.support.Duration64;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The host backend's settings.
 *
 * @param ranks number of ranks
 * @param threads compute threads of each rank
 * @param linkBytesPerSecond simulated bandwidth; 0 for none
 * @param linkLatencyNanos simulated latency
 * @param chaosSeed seed of the delays; 0 for none
 * @param panelBytes what one GEMM may spend on operands converted as a whole
 * @param waitNanos bound of every wait
 */
record HostOptions(
    int ranks,
    int threads,
    double linkBytesPerSecond,
    long linkLatencyNanos,
    long chaosSeed,
    long panelBytes,
    long waitNanos) {
  private static final String PREFIX = "host.";
  private static final String LINK = "host.link";
  private static final String LATENCY = "host.latency";
  private static final String CHAOS = "host.chaos";
  private static final String THREADS = "host.threads";
  private static final String PANELS = "host.panels";
  private static final Set<String> KNOWN =
      new TreeSet<>(Set.of(LINK, LATENCY, CHAOS, THREADS, PANELS));
  private static final Pattern QUANTITY =
      Pattern.compile("([0-9]+(?:\\.[0-9]+)?(?:[eE][0-9]+)?)\\s*([a-zA-Zµμ]*)");
  private static final int DEFAULT_RANKS = 4;
  private static final int MOST_RANKS = 1024;

  /** Whether the link between ranks is simulated. */
  boolean linked() {
    return linkBytesPerSecond > 0;
  }

  static HostOptions parse(BackendOptions options) {
    Map<String, String> properties = options.properties();
    for (String name : properties.keySet()) {
      if (name.startsWith(PREFIX) && !KNOWN.contains(name)) {
        throw new InvalidArgumentException(
            name,
            String.valueOf(properties.get(name)),
            "not be given: the host backend knows " + KNOWN);
      }
    }
    if (options.ranks() < 0 || options.ranks() > MOST_RANKS) {
      throw new InvalidArgumentException(
          "ranks", options.ranks(), "be 0 (that is " + DEFAULT_RANKS + ") to " + MOST_RANKS);
    }
    if (options.bootstrap().processes() != 1) {
      throw new InvalidArgumentException(
          "bootstrap",
          options.bootstrap().processes() + " processes",
          "be a single process: the ranks of the host backend are threads");
    }
    if (options.waitTimeout().isNegative() || options.waitTimeout().isZero()) {
      throw new InvalidArgumentException(
          "waitTimeout", options.waitTimeout(), "be positive: no wait is unbounded");
    }
    int ranks = options.ranks() == 0 ? DEFAULT_RANKS : options.ranks();
    int cores = Runtime.getRuntime().availableProcessors();
    double bandwidth = properties.containsKey(LINK) ? bytes(LINK, properties.get(LINK)) : 0;
    long latency = properties.containsKey(LATENCY) ? nanos(properties.get(LATENCY)) : 0;
    if (latency > 0 && bandwidth == 0) {
      throw new InvalidArgumentException(LATENCY, latency + " ns", "come with " + LINK);
    }
    return new HostOptions(
        ranks,
        (int) integer(THREADS, properties.get(THREADS), Math.max(1, cores / ranks), 1, 4096),
        bandwidth,
        latency,
        integer(CHAOS, properties.get(CHAOS), 0, Long.MIN_VALUE, Long.MAX_VALUE),
        properties.containsKey(PANELS) ? (long) bytes(PANELS, properties.get(PANELS)) : 256L << 20,
        Duration64.nanos(options.waitTimeout()));
  }

  private static long integer(
      String name, @Nullable String text, long absent, long least, long most) {
    if (text == null) {
      return absent;
    }
    try {
      long value = Long.parseLong(text.trim());
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // answered below
    }
    throw new InvalidArgumentException(name, text, "be an integer from " + least + " to " + most);
  }

  private static double bytes(String name, @Nullable String text) {
    Matcher matcher = QUANTITY.matcher(text == null ? "" : text.trim().replaceFirst("/s$", ""));
    if (matcher.matches()) {
      double unit =
          switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
            case "", "b" -> 1;
            case "kb" -> 1e3;
            case "mb" -> 1e6;
            case "gb" -> 1e9;
            case "tb" -> 1e12;
            case "kib" -> 0x1p10;
            case "mib" -> 0x1p20;
            case "gib" -> 0x1p30;
            default -> 0;
          };
      double value = Double.parseDouble(matcher.group(1)) * unit;
      if (value > 0 || (unit > 0 && name.equals(PANELS))) {
        return value;
      }
    }
    throw new InvalidArgumentException(
        name,
        String.valueOf(text),
        "be a positive number of bytes, such as 40GB or 25600MiB, per second where it is a speed (40GB/s)");
  }

  private static long nanos(@Nullable String text) {
    Matcher matcher = QUANTITY.matcher(text == null ? "" : text.trim());
    if (matcher.matches()) {
      double unit =
          switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
            case "ns" -> 1;
            case "us", "µs", "μs" -> 1e3;
            case "ms" -> 1e6;
            case "s" -> 1e9;
            default -> -1;
          };
      if (unit > 0) {
        return Math.round(Double.parseDouble(matcher.group(1)) * unit);
      }
    }
    throw new InvalidArgumentException(
        LATENCY, String.valueOf(text), "be a time with its unit, such as 5us");
  }
}
