package dev.counterpoint.cli.bench;

import dev.counterpoint.Rank;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.World;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.Stream;

/**
 * A subject as a serving loop runs it: a graph of several launches, captured once, whose replays
 * follow each other without the host.
 */
final class Replayed implements Subject {
  private final Subject subject;
  private final Graph[] graphs;

  private Replayed(Subject subject, Graph[] graphs) {
    this.subject = subject;
    this.graphs = graphs;
  }

  /**
   * Captures so many launches on every rank. The subject stays the caller's and must outlive this.
   */
  static Replayed capture(Subject subject, World world, int launches) {
    if (!world.backend().capabilities().contains(Capability.GRAPHS)) {
      throw new UnsupportedCapabilityException(
          world.backend().name(), Capability.GRAPHS, "the replays of --replay");
    }
    Graph[] graphs = new Graph[world.size()];
    world.onEachRank(
        rank -> {
          Stream stream = rank.stream();
          stream.beginCapture();
          for (int launch = 0; launch < launches; launch++) {
            subject.enqueue(rank);
          }
          graphs[rank.index()] = stream.endCapture();
        });
    return new Replayed(subject, graphs);
  }

  @Override
  public String name() {
    return subject.name();
  }

  @Override
  public void enqueue(Rank rank) {
    graphs[rank.index()].launch(rank.stream());
  }

  @Override
  public void close() {
    for (Graph graph : graphs) {
      graph.close();
    }
  }
}
