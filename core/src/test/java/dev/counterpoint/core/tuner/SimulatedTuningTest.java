package dev.counterpoint.core.tuner;

import dev.counterpoint.*;
import dev.counterpoint.core.BackendRegistry;
import dev.counterpoint.core.fake.*;
import dev.counterpoint.core.world.DefaultWorldProvider;
import dev.counterpoint.spi.*;
import java.time.Duration;
import java.util.*;
import org.junit.jupiter.api.Test;

class SimulatedTuningTest {
  @Test
  void explore() throws Exception {
    Speeds speeds = System.getProperty("speeds", "large").equals("large") ? Speeds.large() : Speeds.small();
    int ranks = Integer.getInteger("ranks", 4);
    RecordingBackend backend = RecordingBackend.simulated(ranks, EnumSet.of(Capability.PEER_ACCESS, Capability.TIMED_EVENTS, Capability.VENDOR_GEMM, Capability.GEMM_BF16), speeds);
    World world = DefaultWorldProvider.open(WorldOptions.defaults().withProperty(TuningAdvisor.CACHE, "off"), BackendRegistry.of(List.of(backend.provider())));
    TuningCache cache = new TuningCache(null, Fingerprint.of(backend), w -> {});
    Tuner tuner = new Tuner(world, cache, TuningProgress.NONE, 1, Duration.ofSeconds(60));
    long t0 = System.nanoTime();
    SplittableRandom random = new SplittableRandom(Long.getLong("seed", 5));
    int shapes = Integer.getInteger("shapes", 3);
    Map<String, List<Double>> errors = new TreeMap<>();
    int near = 0, all = 0, slower = 0;
    for (String op : List.of("ag-gemm", "gemm-rs", "gemm-ar", "gemm-a2a")) {
      for (int i = 0; i < shapes; i++) {
        int m = (int) Math.exp(random.nextDouble(Math.log(128), Math.log(4096)));
        int n = (int) Math.exp(random.nextDouble(Math.log(1024), Math.log(8192)));
        int k = (int) Math.exp(random.nextDouble(Math.log(1024), Math.log(8192)));
        GemmProblem p = new GemmProblem(m, n, k, DType.BF16, DType.BF16, WeightLayout.NK, 1f, 0f, false);
        Tuning tuning = Tuning.AUTOMATIC.withTransport(Transport.COPY_ENGINE);
        OperatorSpec spec = switch (op) { case "ag-gemm" -> new AllGatherGemmSpec(p, tuning); case "gemm-rs" -> new GemmReduceScatterSpec(p, tuning); case "gemm-ar" -> new GemmAllReduceSpec(p, tuning); default -> new GemmAllToAllSpec(p, tuning); };
        if (i == 0 && op.equals("ag-gemm")) { tuner.curves(p, false); System.out.printf("curves %.1f s%n", (System.nanoTime() - t0) / 1e9); }
        long t1 = System.nanoTime();
        TuningEntry e = tuner.validate(spec, true);
        double best = e.best().measured(), chosen = e.predictedBest().measured(), seq = e.sequential().get().measured();
        all++; if (chosen <= 1.03 * best) near++; if (chosen > 1.02 * seq) slower++;
        System.out.printf("%s %dx%dx%d: %d candidates %.1fs seq %.0f best %s %.0f (%.0f) choice %s %.0f (pred %.0f) ratio %.3f%n", op, m, n, k, e.candidates().size(), (System.nanoTime() - t1) / 1e9, seq, show(e.chosen()), best, e.best().predicted(), show(e.predicted()), chosen, e.predictedBest().predicted(), chosen / best);
        for (var c : e.candidates()) errors.computeIfAbsent(op + " " + c.tuning().strategy(), x -> new ArrayList<>()).add(c.error());
        if (Boolean.getBoolean("verbose")) e.candidates().stream().sorted(Comparator.comparingDouble(c -> c.measured())).forEach(c -> System.out.printf("    %-70s %.0f pred %.0f%n", show(c.tuning()), c.measured(), c.predicted()));
      }
    }
    errors.forEach((kx, v) -> { Collections.sort(v); System.out.printf("%-24s n %d  p10 %+.2f median %+.2f p90 %+.2f%n", kx, v.size(), v.get(v.size() / 10), v.get(v.size() / 2), v.get(v.size() * 9 / 10)); });
    System.out.printf("near %d of %d, slower than sequential %d%n", near, all, slower);
  }
  static String show(Tuning t) { return t.strategy() + " c" + t.chunks() + " t" + t.tileRows() + "x" + t.tileCols() + " r" + t.reservedUnits() + " g" + t.groups(); }
}
