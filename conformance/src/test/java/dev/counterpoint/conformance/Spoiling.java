package dev.counterpoint.conformance;

import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Device;
import dev.counterpoint.spi.Epoch;
import dev.counterpoint.spi.GemmArguments;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.Graph;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileGemm;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Transfers;

/** Ways to get between the kit and parts of a backend. */
final class Spoiling {
  private Spoiling() {}

  static <T> Backend replacing(Backend raw, String service, Class<T> type, Wrap.Hook hook) {
    return Wrap.around(
        Backend.class,
        raw,
        (method, a, call) ->
            method.equals(service) ? Wrap.around(type, call.with(a), hook) : call.with(a));
  }

  static Backend onDevices(Backend raw, Wrap.Hook hook) {
    return replacing(raw, "device", Device.class, hook);
  }

  interface StreamHook {
    Object call(Stream stream, String method, Object[] arguments, Wrap.Call call) throws Throwable;
  }

  /** Wraps streams and graphs, and what takes streams so that it knows them again. */
  static Backend onStreams(Backend raw, StreamHook hook) {
    Backend devices =
        onDevices(
            raw,
            (method, a, call) -> {
              Object result = call.with(a);
              return !(result instanceof Stream stream)
                  ? result
                  : Wrap.around(
                      Stream.class,
                      stream,
                      (m, b, c) -> {
                        Object answer = hook.call(stream, m, b, c);
                        return answer instanceof Graph graph
                            ? Wrap.around(Graph.class, graph, (n, d, e) -> e.with(d))
                            : answer;
                      });
            });
    return Wrap.around(
        Backend.class,
        raw,
        (method, a, call) ->
            switch (method) {
              case "device" -> devices.device((int) a[0]);
              case "signals" -> Wrap.around(Signals.class, raw.signals(), (m, b, c) -> c.with(b));
              case "transfers" ->
                  Wrap.around(Transfers.class, raw.transfers(), (m, b, c) -> c.with(b));
              default -> call.with(a);
            });
  }

  interface AfterLaunch {
    void spoil(GemmSpec gemm, Stream stream, GemmArguments arguments);
  }

  static Backend onLaunches(Backend raw, AfterLaunch after) {
    return replacing(
        raw,
        "gemm",
        TileGemm.class,
        (method, a, call) -> {
          Object result = call.with(a);
          return !(result instanceof PreparedGemm gemm)
              ? result
              : Wrap.around(
                  PreparedGemm.class,
                  gemm,
                  (m, b, c) -> {
                    Object launched = c.with(b);
                    if (m.equals("launch")) {
                      after.spoil(gemm.spec(), (Stream) b[0], (GemmArguments) b[1]);
                    }
                    return launched;
                  });
        });
  }

  static Backend onSpecs(Backend raw, java.util.function.UnaryOperator<GemmSpec> change) {
    return replacing(
        raw,
        "gemm",
        TileGemm.class,
        (method, a, call) ->
            method.equals("prepare") ? call.with(change.apply((GemmSpec) a[0])) : call.with(a));
  }

  static Backend onNorms(Backend raw, java.util.function.UnaryOperator<NormSpec> change) {
    return replacing(
        raw, "norm", RowNorm.class, (method, a, call) -> call.with(change.apply((NormSpec) a[0])));
  }

  static GemmSpec with(GemmSpec s, TileGate gate, TileRoute route, TilePost post) {
    return new GemmSpec(
        s.label(),
        s.rank(),
        s.tiling(),
        s.k(),
        s.inputType(),
        s.outputType(),
        s.weightLayout(),
        s.engine(),
        s.order(),
        gate,
        route,
        post,
        s.epilogue(),
        s.epoch(),
        s.reservedUnits(),
        s.owners(),
        s.scaling());
  }

  /** An epoch that stands for ever where the next launch of another one will be. */
  static Epoch frozen(Backend raw, Epoch epoch) {
    Epoch constant = raw.signals().newEpoch(epoch.rank());
    try (Stream stream = raw.device(epoch.rank()).newStream("freezer", 0)) {
      for (long value = epoch.read(); value >= 0; value--) {
        raw.signals().advance(stream, constant);
      }
      stream.synchronize(Rig.DEADLINE);
    }
    return constant;
  }
}
