package dev.counterpoint.cli.bench;

import dev.counterpoint.Rank;

/** Something whose time is measured. */
interface Subject extends AutoCloseable {
  /** Its name in reports and progress. */
  String name();

  /** Enqueues one execution on one rank's stream. */
  void enqueue(Rank rank);

  @Override
  void close();
}
