package io.querator.node.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// Text in columns, right-aligned.
final class Table {
  private final List<List<String>> rows = new ArrayList<>();

  Table(String... heads) {
    row(heads);
  }

  void row(String... cells) {
    if (!rows.isEmpty() && rows.getFirst().size() != cells.length) {
      throw new IllegalArgumentException(
          "expected %d cells but found %d".formatted(rows.getFirst().size(), cells.length));
    }
    rows.add(List.of(cells));
  }

  String text() {
    return rows.stream().map(this::line).collect(Collectors.joining("\n"));
  }

  private String line(List<String> row) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      int column = i;
      int width = rows.stream().mapToInt(other -> other.get(column).length()).max().orElse(0);
      line.append(i == 0 ? "" : "  ").append(" ".repeat(width - row.get(i).length()));
      line.append(row.get(i));
    }
    return line.toString();
  }
}
