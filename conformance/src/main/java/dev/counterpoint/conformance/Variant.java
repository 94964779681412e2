package dev.counterpoint.conformance;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;

/** One way to run a test: the size of the world, and whether work is delayed at random. */
record Variant(int ranks, boolean chaos) {
  /** The variants that a test is run in; empty if the target has no world that it could use. */
  static List<Variant> of(Method test, Session session) {
    ConformanceTest wanted = test.getAnnotation(ConformanceTest.class);
    List<Integer> counts = wanted.value().select(session.worlds());
    List<Variant> variants = new ArrayList<>();
    boolean chaos =
        wanted.chaos()
            && session.chaos().mode() != Chaos.Mode.OFF
            && !session.target().chaos(session.seed()).isEmpty();
    boolean everywhere = session.chaos().mode() == Chaos.Mode.EVERYWHERE;
    for (int i = 0; i < counts.size(); i++) {
      boolean extreme = i == counts.size() - 1 || (session.full() && counts.get(i) == 2);
      boolean delayed = chaos && (everywhere || extreme);
      if (!delayed || session.chaos().mode() != Chaos.Mode.INSTEAD) {
        variants.add(new Variant(counts.get(i), false));
      }
      if (delayed) {
        variants.add(new Variant(counts.get(i), true));
      }
    }
    return variants;
  }

  @Override
  public String toString() {
    return (ranks == 1 ? "1 rank" : ranks + " ranks") + (chaos ? ", chaos" : "");
  }
}
