package dev.counterpoint.backend.gpu;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.support.Duration64;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The backend's settings.
 *
 * @param devices ordinal of each rank's device
 * @param waitNanos bound of every wait
 * @param signalByCopy whether a put by copy engine raises its signal by copying the epoch
 * @param tile wanted tile, or null for the heuristic's
 * @param splits wanted splits of K; 0 for the heuristic's
 * @param companions multiprocessors for kernels that must run beside a GEMM that posts
 * @param chaosSeed seed of delays before whatever is enqueued, for tests; 0 for none
 * @param collectives who carries collectives
 * @param kernelSet name of the kernels that tile GEMMs should use, or null for the best
 * @param kernelFolder a folder of built kernels to look into first, or null
 * @param cacheFolder folder of the kernel cache, {@code "off"}, or null for the usual place
 */
record GpuOptions(
    List<Integer> devices,
    long waitNanos,
    boolean signalByCopy,
    @Nullable Tile tile,
    int splits,
    int companions,
    long chaosSeed,
    CollectiveCarrier collectives,
    @Nullable String kernelSet,
    @Nullable String kernelFolder,
    @Nullable String cacheFolder) {
  static final String DEVICES = "devices";
  static final String SIGNAL = "signal";
  static final String TILE = "tile";
  static final String SPLITS = "splits";
  static final String COMPANIONS = "companions";
  static final String CHAOS = "chaos";
  static final String COLLECTIVES = "collectives";
  static final String KERNEL_SET = "kernels.arch";
  static final String KERNELS = "kernels";
  static final String CACHE = "cache";
  private static final Set<String> KNOWN =
      Set.of(
          DEVICES,
          SIGNAL,
          TILE,
          SPLITS,
          COMPANIONS,
          CHAOS,
          COLLECTIVES,
          KERNEL_SET,
          KERNELS,
          CACHE);
  private static final Pattern TILE_TEXT = Pattern.compile("([0-9]{1,4})[x×]([0-9]{1,4})");
  private static final int MOST_RANKS = 64;
  private static final int MOST_SPLITS = 64;
  private static final int USUAL_COMPANIONS = 8;
  private static final int MOST_COMPANIONS = 64;

  /** Who carries collectives. */
  enum CollectiveCarrier {
    /** The library, or copies where ranks share a device, which the library refuses. */
    AUTO,
    /** The library. */
    LIBRARY,
    /** Copies and signals of our own. */
    COPIES
  }

  /** Rows and columns of a tile. */
  record Tile(int rows, int cols) {}

  /** Whether some ranks share a device. */
  boolean sharesDevices() {
    return new HashSet<>(devices).size() < devices.size();
  }

  /** How many ranks the device of a rank serves. */
  int ranksOnDeviceOf(int rank) {
    return (int) devices.stream().filter(devices.get(rank)::equals).count();
  }

  /**
   * Reads the options.
   *
   * @param platform whose property names begin with its own
   * @param available number of devices that the driver shows
   */
  static GpuOptions parse(Platform platform, BackendOptions options, int available) {
    Map<String, String> properties = options.properties();
    requireKnown(platform, properties.keySet());
    if (options.ranks() < 0 || options.ranks() > MOST_RANKS) {
      throw new InvalidArgumentException(
          "ranks", options.ranks(), "be 0 (one for each device) to " + MOST_RANKS);
    }
    if (options.bootstrap().processes() != 1) {
      throw new InvalidArgumentException(
          "bootstrap",
          options.bootstrap().processes() + " processes",
          "be a single process: all ranks of this version are devices of one JVM");
    }
    if (options.waitTimeout().isNegative() || options.waitTimeout().isZero()) {
      throw new InvalidArgumentException(
          "waitTimeout", options.waitTimeout(), "be positive: no wait is unbounded");
    }
    Reader reader = new Reader(platform, properties);
    return new GpuOptions(
        reader.devices(options.ranks(), available),
        Duration64.nanos(options.waitTimeout()),
        reader.choice(SIGNAL, "copy", "kernel").equals("copy"),
        reader.tile(),
        (int) reader.integer(SPLITS, 0, 0, MOST_SPLITS),
        (int) reader.integer(COMPANIONS, USUAL_COMPANIONS, 1, MOST_COMPANIONS),
        reader.integer(CHAOS, 0, Long.MIN_VALUE, Long.MAX_VALUE),
        reader.carrier(),
        reader.kernelSet(),
        reader.text(KERNELS),
        reader.text(CACHE));
  }

  /** Refuses misspelt names (rule LIFE-9). */
  static void requireKnown(Platform platform, Set<String> names) {
    Set<String> known = new TreeSet<>();
    KNOWN.forEach(option -> known.add(platform.property(option)));
    for (String name : names) {
      if (name.startsWith(platform.property("")) && !known.contains(name)) {
        throw new InvalidArgumentException("property", name, "be one of " + known);
      }
    }
  }

  /** Reads single options, and refuses them by their full names. */
  private record Reader(Platform platform, Map<String, String> properties) {
    private @Nullable String text(String option) {
      return properties.get(platform.property(option));
    }

    private InvalidArgumentException wrong(String option, String text, String must) {
      return new InvalidArgumentException(platform.property(option), text, must);
    }

    private List<Integer> devices(int ranks, int available) {
      String text = text(DEVICES);
      List<Integer> devices = new ArrayList<>();
      if (text == null) {
        int count = ranks == 0 ? available : ranks;
        if (count > available) {
          throw new InvalidArgumentException(
              "ranks",
              ranks,
              "be at most the number of devices, "
                  + available
                  + ", unless "
                  + platform.property(DEVICES)
                  + " names one device for several ranks");
        }
        for (int ordinal = 0; ordinal < count; ordinal++) {
          devices.add(ordinal);
        }
        return List.copyOf(devices);
      }
      for (String part : text.split(",", -1)) {
        devices.add(ordinal(text, part.trim(), available));
      }
      if (ranks > devices.size()) {
        throw wrong(DEVICES, text, "name a device for each of the " + ranks + " ranks asked for");
      }
      if (devices.size() > MOST_RANKS) {
        throw wrong(DEVICES, text, "name at most " + MOST_RANKS + " devices");
      }
      return List.copyOf(ranks == 0 ? devices : devices.subList(0, ranks));
    }

    private int ordinal(String text, String part, int available) {
      try {
        int ordinal = Integer.parseInt(part);
        if (ordinal >= 0 && ordinal < available) {
          return ordinal;
        }
      } catch (NumberFormatException e) {
        // answered below
      }
      throw wrong(
          DEVICES,
          text,
          "be numbers of devices, 0 … " + (available - 1) + ", with commas between them");
    }

    private String choice(String option, String first, String second) {
      String text = text(option);
      if (text == null || text.trim().equals(first)) {
        return first;
      }
      if (text.trim().equals(second)) {
        return second;
      }
      throw wrong(option, text, "be '" + first + "' or '" + second + "'");
    }

    private CollectiveCarrier carrier() {
      String text = text(COLLECTIVES);
      if (text == null) {
        return CollectiveCarrier.AUTO;
      }
      return switch (text.trim()) {
        case "auto" -> CollectiveCarrier.AUTO;
        case "library" -> CollectiveCarrier.LIBRARY;
        case "copies" -> CollectiveCarrier.COPIES;
        default -> throw wrong(COLLECTIVES, text, "be 'auto', 'library' or 'copies'");
      };
    }

    /** Which names there are depends on the devices. */
    private @Nullable String kernelSet() {
      String text = text(KERNEL_SET);
      return text == null || text.trim().equals("auto") ? null : text.trim();
    }

    private @Nullable Tile tile() {
      String text = text(TILE);
      if (text == null) {
        return null;
      }
      Matcher matcher = TILE_TEXT.matcher(text.trim());
      if (!matcher.matches()) {
        throw wrong(TILE, text, "be rows and columns, such as 128x256");
      }
      return new Tile(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
    }

    private long integer(String option, long usual, long least, long most) {
      String text = text(option);
      if (text == null) {
        return usual;
      }
      try {
        long value = Long.parseLong(text.trim());
        if (value >= least && value <= most) {
          return value;
        }
      } catch (NumberFormatException e) {
        // answered below
      }
      throw wrong(option, text, "be an integer from " + least + " to " + most);
    }
  }
}
