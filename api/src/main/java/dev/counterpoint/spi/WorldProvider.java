package dev.counterpoint.spi;

import dev.counterpoint.World;
import dev.counterpoint.WorldOptions;

/** Implements {@link World#open}; found by {@link java.util.ServiceLoader}. */
public interface WorldProvider {
  /** Opens a world; see {@link World#open}. */
  World open(WorldOptions options);
}
