package io.querator.node.text;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// Text in columns, each as wide as it must be.
public final class Table {
  private static final String GAP = "  ";

  private final boolean leftAligned;
  private final List<List<String>> rows = new ArrayList<>();

  private Table(boolean leftAligned, String... heads) {
    this.leftAligned = leftAligned;
    row(heads);
  }

  /// For words.
  public static Table ofWords(String... heads) {
    return new Table(true, heads);
  }

  /// For numbers.
  public static Table ofNumbers(String... heads) {
    return new Table(false, heads);
  }

  /// @throws IllegalArgumentException if it has not as many cells as the table has columns
  public void row(String... cells) {
    if (!rows.isEmpty() && rows.getFirst().size() != cells.length) {
      throw new IllegalArgumentException(
          "expected %d cells but found %d".formatted(rows.getFirst().size(), cells.length));
    }
    rows.add(List.of(cells));
  }

  /// Its lines.
  public String text() {
    return rows.stream().map(this::line).collect(Collectors.joining("\n"));
  }

  private String line(List<String> row) {
    List<String> cells = new ArrayList<>();
    for (int i = 0; i < row.size(); i++) {
      int column = i;
      int width = rows.stream().mapToInt(other -> other.get(column).length()).max().orElse(0);
      String padding = " ".repeat(width - row.get(i).length());
      cells.add(leftAligned ? row.get(i) + padding : padding + row.get(i));
    }
    return String.join(GAP, cells).stripTrailing();
  }
}
