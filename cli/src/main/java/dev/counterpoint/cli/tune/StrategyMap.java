package dev.counterpoint.cli.tune;

import dev.counterpoint.GemmProblem;
import dev.counterpoint.OperatorSpec;
import dev.counterpoint.cli.bench.Operator;
import dev.counterpoint.cli.report.StrategyMapSvg;
import dev.counterpoint.core.tuner.Tuner;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The picture of what {@code auto} takes where, with what it is made from written below it. */
final class StrategyMap {
  private StrategyMap() {}

  /**
   * Draws it.
   *
   * @param specs shapes that differ in M and N alone
   * @param outlooks what is known of each
   * @param machine one line about it
   */
  static String draw(
      Operator operator,
      List<OperatorSpec> specs,
      List<Tuner.Outlook> outlooks,
      int ranks,
      String machine,
      List<String> caveats) {
    List<StrategyMapSvg.Cell> cells = new ArrayList<>();
    for (int i = 0; i < specs.size(); i++) {
      GemmProblem problem = specs.get(i).problem();
      Tuner.Outlook found = outlooks.get(i);
      cells.add(
          new StrategyMapSvg.Cell(
              problem.m(), problem.n(), found.choice().strategy(), found.gain(), found.measured()));
    }
    long measured = cells.stream().filter(StrategyMapSvg.Cell::measured).count();
    List<String> notes = new ArrayList<>();
    notes.add(machine);
    notes.add(
        measured
            + " of "
            + cells.size()
            + " shapes MEASURED (with a dot), all others MODELLED from curves sampled on this machine");
    notes.add("The deeper a colour, the more is gained over sequential: full from 1.5 times on");
    if (!caveats.isEmpty()) {
      notes.add(String.join(", ", caveats));
    }
    GemmProblem problem = specs.get(0).problem();
    String title =
        operator.title()
            + " · K "
            + problem.k()
            + " · "
            + problem.inputType().name().toLowerCase(Locale.ROOT)
            + " · "
            + ranks
            + " ranks";
    return new StrategyMapSvg(title, notes, cells).draw();
  }
}
