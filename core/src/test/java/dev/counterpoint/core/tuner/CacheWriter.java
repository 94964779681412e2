package dev.counterpoint.core.tuner;

import dev.counterpoint.Strategy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A process that tunes, as far as the cache is concerned: entries of its own, and a shared one. */
final class CacheWriter {
  static final int OWN = 10;

  private CacheWriter() {}

  public static void main(String[] arguments) {
    List<String> warnings = new ArrayList<>();
    int number = Integer.parseInt(arguments[1]);
    TuningKey shared = Synthetic.key("gemm-rs", 1024, 512, 256, 4);
    for (int i = 0; i < OWN; i++) {
      TuningCache cache =
          new TuningCache(Path.of(arguments[0]), Synthetic.fingerprint("a"), warnings::add);
      cache.put(Synthetic.entry(shared, Strategy.FUSED, number + 1));
      TuningKey own = Synthetic.key("ag-gemm", number + 1, i + 1, 1, 4);
      cache.put(Synthetic.entry(own, Strategy.SIGNALED, 1));
      if (cache.find(shared).isEmpty() || cache.find(own).isEmpty()) {
        throw new IllegalStateException("an entry is missing: " + warnings);
      }
    }
    if (!warnings.isEmpty()) {
      throw new IllegalStateException(warnings.toString());
    }
  }
}
