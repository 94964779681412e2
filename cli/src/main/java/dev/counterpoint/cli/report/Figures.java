package dev.counterpoint.cli.report;

import java.util.Locale;

/** How numbers are written, in every output for people. */
public final class Figures {
  /** What stands where there is no number. */
  public static final String NONE = "–";

  private Figures() {}

  /** Microseconds: one decimal below 1000, none above. */
  public static String micros(double value) {
    if (Double.isNaN(value)) {
      return NONE;
    }
    return String.format(Locale.ROOT, Math.abs(value) < 999.95 ? "%.1f" : "%,.0f", value);
  }

  /** A ratio with two decimals. */
  public static String ratio(double value) {
    return Double.isNaN(value) || Double.isInfinite(value)
        ? NONE
        : String.format(Locale.ROOT, "%.2f", value);
  }

  /** A ratio with two decimals and a times sign. */
  public static String times(double value) {
    String text = ratio(value);
    return text.equals(NONE) ? text : text + "×";
  }

  /** A small number in scientific notation; zero is plain. */
  public static String small(double value) {
    if (Double.isNaN(value)) {
      return NONE;
    }
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
  }

  /** Bytes per second in GB/s. */
  public static String bandwidth(double bytesPerSecond) {
    return bytesPerSecond <= 0
        ? NONE
        : String.format(
            Locale.ROOT, bytesPerSecond < 1e10 ? "%.1f GB/s" : "%.0f GB/s", bytesPerSecond / 1e9);
  }

  /** A number of bytes in KiB, MiB or GiB. */
  public static String bytes(double bytes) {
    if (bytes < 1024) {
      return String.format(Locale.ROOT, "%.0f B", bytes);
    }
    if (bytes < 1 << 20) {
      return String.format(Locale.ROOT, "%.0f KiB", bytes / 1024);
    }
    return bytes < 1 << 30
        ? String.format(Locale.ROOT, "%.1f MiB", bytes / (1 << 20))
        : String.format(Locale.ROOT, "%.2f GiB", bytes / (1 << 30));
  }
}
