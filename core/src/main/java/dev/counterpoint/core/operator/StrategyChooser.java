package dev.counterpoint.core.operator;

import dev.counterpoint.OperatorSpec;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.core.strategy.OutputPeerReduced;
import dev.counterpoint.core.strategy.WideDevices;
import dev.counterpoint.core.tuner.TuningAdvisor;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Transport;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Decides between strategies: what is asked for, else what was measured or is predicted, else by
 * what the backend can do and how large the pieces are.
 */
final class StrategyChooser {
  /**
   * Below this many rows per rank a GEMM cannot be cut by rows without wasting most of its tiles.
   */
  private static final int FEW_ROWS = 16;

  /**
   * A decision.
   *
   * @param tuning what to do, strategy included
   * @param reason why, in words
   */
  record Choice(Tuning tuning, String reason) {
    Strategy strategy() {
      return tuning.strategy();
    }
  }

  private StrategyChooser() {}

  static Choice choose(OperatorSpec spec, Backend backend, TuningAdvisor advisor) {
    Strategy wanted = spec.tuning().strategy();
    if (wanted != Strategy.AUTO) {
      requireCapabilities(wanted, spec, backend);
      return new Choice(spec.tuning(), "asked for");
    }
    if (backend.size() > 1) {
      Optional<TuningAdvisor.Advice> advice = advisor.advise(spec);
      if (advice.isPresent()) {
        return new Choice(advice.get().tuning(), advice.get().reason());
      }
    }
    return byRule(spec, backend);
  }

  /** What holds mostly, where nothing was sampled or measured. */
  private static Choice byRule(OperatorSpec spec, Backend backend) {
    Tuning tuning = spec.tuning();
    int rowsPerRank = OperatorSpec.piece(spec.problem().m(), 0, backend.size());
    if (backend.size() == 1) {
      return new Choice(
          tuning.withStrategy(Strategy.SEQUENTIAL), "one rank has nothing to overlap");
    }
    boolean wide = WideDevices.areThoseOf(backend);
    if (wide && spec.problem().m() > 0 && OutputPeerReduced.serves(spec, backend)) {
      return new Choice(
          tuning.withStrategy(Strategy.FUSED),
          "so few rows are exchanged by one kernel; not measured yet");
    }
    if (rowsPerRank < FEW_ROWS) {
      return new Choice(
          tuning.withStrategy(Strategy.SEQUENTIAL),
          rowsPerRank + " rows per rank are too few to cut");
    }
    if (wide) {
      return WideDeviceRule.choose(spec, backend);
    }
    if (backend.capabilities().contains(Capability.PEER_ACCESS)) {
      return new Choice(tuning.withStrategy(Strategy.FUSED), "peers can be addressed directly");
    }
    return new Choice(
        tuning.withStrategy(Strategy.SIGNALED),
        "peers cannot be addressed directly, so library collectives carry the data");
  }

  private static void requireCapabilities(Strategy strategy, OperatorSpec spec, Backend backend) {
    Set<Capability> needed = EnumSet.noneOf(Capability.class);
    boolean stores =
        switch (strategy) {
          case FUSED -> true;
          case RING, DECOMPOSED -> spec.tuning().transport() == Transport.COMPUTE;
          case AUTO, SEQUENTIAL, PIPELINED, SIGNALED -> false;
        };
    if (stores && backend.size() > 1) {
      needed.add(Capability.PEER_ACCESS);
    }
    for (Capability capability : needed) {
      if (!backend.capabilities().contains(capability)) {
        throw new UnsupportedCapabilityException(
            backend.name(), capability, "strategy " + strategy + " of " + spec.operator());
      }
    }
  }
}
