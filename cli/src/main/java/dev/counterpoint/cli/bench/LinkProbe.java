package dev.counterpoint.cli.bench;

import dev.counterpoint.World;
import dev.counterpoint.core.measure.Samples;
import dev.counterpoint.core.measure.Stopwatch;
import dev.counterpoint.spi.LinkInfo;
import dev.counterpoint.spi.SymmetricBuffer;
import dev.counterpoint.spi.Transport;

/**
 * Bandwidth of one device's link in one direction: what is imposed where it is simulated, otherwise
 * the best of several puts of 64 MiB from rank 0 to rank 1 while nothing else runs.
 */
final class LinkProbe {
  private static final long BYTES = 64L << 20;
  private static final int TIMES = 8;

  private LinkProbe() {}

  /**
   * A link's bandwidth.
   *
   * @param bytesPerSecond 0 where there is no link because there is one rank
   * @param origin how it is known
   */
  record Bandwidth(double bytesPerSecond, String origin) {}

  static Bandwidth measure(World world, Stopwatch stopwatch) {
    LinkInfo link = world.backend().link();
    if (world.size() == 1) {
      return new Bandwidth(0, "one rank, no link");
    }
    if (link.simulated() && link.bytesPerSecond() > 0) {
      return new Bandwidth(link.bytesPerSecond(), "simulated");
    }
    Samples samples = new Samples();
    try (SymmetricBuffer source = world.backend().heap().allocate("link probe source", BYTES);
        SymmetricBuffer target = world.backend().heap().allocate("link probe target", BYTES)) {
      for (int i = 0; i < TIMES; i++) {
        double micros =
            stopwatch.micros(
                rank -> {
                  if (rank.index() == 0) {
                    world
                        .backend()
                        .transfers()
                        .put(
                            rank.stream(), source.at(0), 0, target.at(1), 0, BYTES, Transport.AUTO);
                  }
                });
        if (i > 0) {
          samples.add(micros);
        }
      }
    }
    return new Bandwidth(BYTES / samples.minimum() * 1e6, "measured, 64 MiB from rank 0 to rank 1");
  }
}
