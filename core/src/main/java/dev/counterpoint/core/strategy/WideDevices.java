package dev.counterpoint.core.strategy;

import dev.counterpoint.spi.Backend;

/**
 * Devices with so many compute units that a step of its own costs more than the work in it: what is
 * cut and chosen for them was measured on H200s (docs/reports/2026-11-20-cuda-h200.md).
 */
public final class WideDevices {
  private static final int LEAST_UNITS = 64;

  /** Rows of a product that give such a device enough to do. */
  static final int ROWS = 1024;

  private WideDevices() {}

  /** Whether devices of so many units are wide. */
  public static boolean areOf(int units) {
    return units >= LEAST_UNITS;
  }

  /** Whether devices of so many units are wide and a product of so many rows fills them. */
  public static boolean areFilledBy(int units, int rows) {
    return areOf(units) && rows >= ROWS;
  }

  /** Whether a backend's ranks have them. */
  public static boolean areThoseOf(Backend backend) {
    int rank = backend.localRanks().get(0);
    return areOf(backend.device(rank).info().computeUnits());
  }
}
