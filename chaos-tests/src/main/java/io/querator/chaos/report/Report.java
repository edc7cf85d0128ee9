package io.querator.chaos.report;

import io.querator.chaos.check.Checker;
import io.querator.chaos.history.Entry;
import io.querator.chaos.history.History;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Judges a recorded history and writes a page beside it.
///
/// @param page the file
public record Report(Figures figures, Checker.Verdict verdict, Path page) {
  /// @param history the file of a whole history
  public static Report of(Path history) throws IOException {
    List<Entry> entries = History.read(history);
    Checker.Verdict verdict = Checker.check(entries);
    Figures figures = Figures.of(entries, verdict);
    Path page = history.resolveSibling("report.html");
    Files.writeString(page, Page.of(entries, figures, verdict.violations()));
    return new Report(figures, verdict, page);
  }
}
