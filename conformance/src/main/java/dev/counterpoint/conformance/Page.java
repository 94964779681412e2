package dev.counterpoint.conformance;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Pages for people: without anything from elsewhere, for light and dark screens. */
public final class Page {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --fg: #1c2128; --soft: #59636e; --bg: #ffffff; --card: #f6f8fa; --line: #d8dee4;
              --good: #1a7f37; --bad: #c4232b; --skip: #9a6700; }
      @media (prefers-color-scheme: dark) {
        :root { --fg: #e6edf3; --soft: #9198a1; --bg: #0d1117; --card: #161b22; --line: #30363d;
                --good: #3fb950; --bad: #f85149; --skip: #d29922; } }
      * { box-sizing: border-box; }
      body { margin: 0 auto; max-width: 72rem; padding: 2rem 1rem 4rem; background: var(--bg); color: var(--fg);
             font: 15px/1.5 system-ui, sans-serif; }
      h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
      .soft { color: var(--soft); } code { font: 13px/1.4 ui-monospace, monospace; }
      .cards { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.2rem 0; }
      .card { flex: 1 1 20rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1.1rem; }
      .card h3 { margin: 0 0 .3rem; font-size: 1rem; } .card p { margin: .2rem 0; }
      table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
      th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
      th { font-weight: 600; color: var(--soft); font-size: .85rem; } td.rule { white-space: nowrap; font-weight: 600; }
      td.cell { min-width: 8rem; }
      .passed { color: var(--good); } .failed { color: var(--bad); font-weight: 600; } .skipped, .none { color: var(--skip); }
      details { margin: .15rem 0; } summary { cursor: pointer; } li { margin: .2rem 0; overflow-wrap: anywhere; }
      .failures li { border-left: 3px solid var(--bad); padding-left: .7rem; list-style: none; margin: .6rem 0; }
      .failures { padding: 0; }
      """;

  private Page() {}

  static StringBuilder begin(String title) {
    return new StringBuilder(1 << 16)
        .append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .append("<title>")
        .append(escape(title))
        .append("</title>\n<style>\n")
        .append(STYLE)
        .append("</style></head><body>\n<h1>")
        .append(escape(title))
        .append("</h1>\n");
  }

  static String end(StringBuilder page) {
    return page.append("</body></html>\n").toString();
  }

  static String date(Instant time) {
    return DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT)
        .withZone(ZoneOffset.UTC)
        .format(time);
  }

  /** A named value, unless it is blank. */
  static void line(StringBuilder page, String name, String value) {
    if (!value.isBlank()) {
      page.append("<p><span class=\"soft\">")
          .append(name)
          .append(":</span> ")
          .append(Page.escape(value))
          .append("</p>");
    }
  }

  /**
   * Text for an element or a quoted attribute. Characters that no document may hold become the
   * replacement character.
   */
  public static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                default -> escaped.appendCodePoint(c < 0x20 && c != '\n' && c != '\t' ? 0xfffd : c);
              }
            });
    return escaped.toString();
  }
}
