package dev.counterpoint.cli.report;

import java.util.Locale;

/**
 * Maps microseconds to horizontal positions, and finds round ticks.
 *
 * @param left position of zero
 * @param right position of the end
 * @param end microseconds at the end
 */
record TimeAxis(double left, double right, double end) {
  double x(double micros) {
    return left + (right - left) * micros / Math.max(end, 1e-9);
  }

  /** A step of 1, 2 or 5 times a power of ten that gives four to ten ticks. */
  double step() {
    double power = Math.pow(10, Math.floor(Math.log10(Math.max(end, 1e-6))));
    double scaled = end / power;
    return power * (scaled < 2 ? 0.25 : scaled < 4 ? 0.5 : scaled < 8 ? 1 : 2);
  }

  String label(double micros) {
    if (micros == 0) {
      return "0";
    }
    boolean millis = end >= 5000;
    double value = millis ? micros / 1e3 : micros;
    String number = String.format(Locale.ROOT, "%.2f", value).replaceAll("\\.?0+$", "");
    return number + (millis ? " ms" : " µs");
  }

  /** Grid lines and their labels. */
  String draw(double top, double bottom) {
    StringBuilder svg = new StringBuilder();
    for (double tick = 0; tick <= end * 1.0001; tick += step()) {
      svg.append(Html.line(x(tick), top, x(tick), bottom, "grid"));
      svg.append(
          Html.text(x(tick), bottom + 17, tick == 0 ? "start" : "middle", "minor", label(tick)));
    }
    return svg.toString();
  }
}
