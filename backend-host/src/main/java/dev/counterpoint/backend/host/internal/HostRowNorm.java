package dev.counterpoint.backend.host.internal;

import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.support.NormOperands;

/** Makes normalisations ready. */
final class HostRowNorm implements RowNorm {
  private final HostContext context;

  HostRowNorm(HostContext context) {
    this.context = context;
  }

  @Override
  public PreparedNorm prepare(NormSpec spec) {
    context.requireOpen();
    NormOperands.requireValid(spec, context.size());
    HostPreparedNorm prepared = new HostPreparedNorm(context, spec);
    prepared.opened();
    return prepared;
  }
}
