package dev.counterpoint.conformance;

import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendOptions;
import dev.counterpoint.spi.BackendProvider;
import java.util.List;
import java.util.stream.Stream;

/**
 * A way to be a wrong backend: breaks one thing of the host backend, and names the rule that this
 * breaks, the test that must notice, and what it must say.
 */
interface Flaw {
  /** The rule that is broken. */
  String rule();

  /** The test that notices. */
  String test();

  /** Part of what it says. */
  String says();

  /** Breaks an open backend. */
  default Backend spoil(Backend raw) {
    return raw;
  }

  /** Changes what is asked of the backend. */
  default BackendOptions options(BackendOptions asked) {
    return asked;
  }

  /** The backend of a good provider with this flaw. */
  default BackendProvider provider(BackendProvider good) {
    return Wrap.around(
        BackendProvider.class,
        good,
        (method, a, call) ->
            method.equals("open")
                ? spoil((Backend) call.with(options((BackendOptions) a[0])))
                : call.with(a));
  }

  /** All that are known. */
  static List<Flaw> all() {
    return Stream.<Flaw[]>of(ComputeFlaw.values(), OrderFlaw.values(), PeerFlaw.values())
        .flatMap(Stream::of)
        .toList();
  }
}
