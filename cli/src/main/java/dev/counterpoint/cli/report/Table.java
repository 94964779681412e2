package dev.counterpoint.cli.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Columns of text, aligned; the first to the left, the others to the right unless said otherwise.
 */
public final class Table {
  private final List<String> heads;
  private final List<List<String>> rows = new ArrayList<>();

  /** Starts a table; a heading that begins with {@code <} is of a column aligned to the left. */
  public Table(String... heads) {
    this.heads = List.of(heads);
  }

  /** Adds a row; missing cells at its end are empty. */
  public Table row(List<String> cells) {
    List<String> row = new ArrayList<>(cells);
    row.addAll(Collections.nCopies(heads.size() - cells.size(), ""));
    rows.add(row);
    return this;
  }

  /** The lines, without trailing blanks. */
  public List<String> lines() {
    int[] widths = new int[heads.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = head(i).length();
      for (List<String> row : rows) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    List<String> lines = new ArrayList<>();
    List<String> titles = new ArrayList<>();
    List<String> rules = new ArrayList<>();
    for (int i = 0; i < widths.length; i++) {
      titles.add(head(i));
      rules.add("─".repeat(widths[i]));
    }
    lines.add(line(titles, widths));
    lines.add(line(rules, widths));
    rows.forEach(row -> lines.add(line(row, widths)));
    return lines;
  }

  private String line(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String blanks = " ".repeat(widths[i] - cells.get(i).length());
      line.append(i == 0 ? "" : "  ")
          .append(left(i) ? cells.get(i) + blanks : blanks + cells.get(i));
    }
    return line.toString().stripTrailing();
  }

  private boolean left(int column) {
    return column == 0 || heads.get(column).startsWith("<");
  }

  private String head(int column) {
    String head = heads.get(column);
    return head.startsWith("<") ? head.substring(1) : head;
  }
}
