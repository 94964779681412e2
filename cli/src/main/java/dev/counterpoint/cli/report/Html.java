package dev.counterpoint.cli.report;

import dev.counterpoint.conformance.Page;
import java.util.Locale;

/** Text and numbers as HTML and SVG want them. */
final class Html {
  private Html() {}

  /** Text for an element or a quoted attribute. */
  static String escape(String text) {
    return Page.escape(text);
  }

  /** A coordinate. */
  static String at(double value) {
    String text = String.format(Locale.ROOT, "%.2f", value);
    return text.endsWith(".00") ? text.substring(0, text.length() - 3) : text;
  }

  static String rect(
      double x, double y, double width, double height, double radius, String kind, String title) {
    return "<rect x=\""
        + at(x)
        + "\" y=\""
        + at(y)
        + "\" width=\""
        + at(width)
        + "\" height=\""
        + at(height)
        + "\" rx=\""
        + at(radius)
        + "\" class=\""
        + kind
        + "\">"
        + (title.isEmpty() ? "" : "<title>" + escape(title) + "</title>")
        + "</rect>\n";
  }

  static String line(double x1, double y1, double x2, double y2, String kind) {
    return "<line x1=\""
        + at(x1)
        + "\" y1=\""
        + at(y1)
        + "\" x2=\""
        + at(x2)
        + "\" y2=\""
        + at(y2)
        + "\" class=\""
        + kind
        + "\"/>\n";
  }

  /** Text whose anchor is {@code start}, {@code middle} or {@code end}. */
  static String text(double x, double y, String anchor, String kind, String text) {
    return "<text x=\""
        + at(x)
        + "\" y=\""
        + at(y)
        + "\" text-anchor=\""
        + anchor
        + "\" class=\""
        + kind
        + "\">"
        + escape(text)
        + "</text>\n";
  }

  static String svg(double width, double height, String label, String content) {
    return "<svg viewBox=\"0 0 "
        + at(width)
        + " "
        + at(height)
        + "\" role=\"img\" aria-label=\""
        + escape(label)
        + "\">\n"
        + content
        + "</svg>\n";
  }
}
