package dev.counterpoint.conformance;

import dev.counterpoint.DType;
import dev.counterpoint.Scaling;
import dev.counterpoint.UnsupportedCapabilityException;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.BackendProvider;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.Device;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.PeerAllReduce;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.Probe;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.RowNorm;
import dev.counterpoint.spi.Signals;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TileGemm;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.TileRoute;
import dev.counterpoint.spi.Transfers;
import dev.counterpoint.spi.Transport;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/**
 * The host backend with nothing but what rule CAP-4 makes mandatory; the rest is refused as it
 * should be.
 */
final class LeanProvider {
  private LeanProvider() {}

  static BackendProvider over(BackendProvider host) {
    return Wrap.around(
        BackendProvider.class,
        host,
        (method, a, call) -> {
          Object result = call.with(a);
          if (result instanceof Probe.Available p) {
            return new Probe.Available(p.summary(), p.devices(), p.versions(), Set.of(), p.notes());
          }
          return result instanceof Backend backend ? lean(backend) : result;
        });
  }

  /** The host backend without factors of blocks, and with everything else. */
  static BackendProvider withoutBlockScales(BackendProvider host) {
    return Wrap.around(
        BackendProvider.class,
        host,
        (method, a, call) -> {
          Object result = call.with(a);
          if (result instanceof Probe.Available p) {
            return new Probe.Available(
                p.summary(), p.devices(), p.versions(), fewer(p.capabilities()), p.notes());
          }
          return result instanceof Backend backend ? withoutBlockScales(backend) : result;
        });
  }

  private static Set<Capability> fewer(Set<Capability> all) {
    Set<Capability> fewer = EnumSet.copyOf(all);
    fewer.remove(Capability.BLOCK_SCALES);
    return fewer;
  }

  private static Backend withoutBlockScales(Backend raw) {
    return Wrap.around(
        Backend.class,
        raw,
        (method, a, call) ->
            switch (method) {
              case "capabilities" -> fewer(raw.capabilities());
              case "gemm" ->
                  Wrap.around(
                      TileGemm.class,
                      call.with(a),
                      (m, b, c) -> {
                        if (m.equals("prepare") && ((GemmSpec) b[0]).scaling() == Scaling.BLOCKS) {
                          throw refusal(Capability.BLOCK_SCALES);
                        }
                        return c.with(b);
                      });
              default -> call.with(a);
            });
  }

  private static Backend lean(Backend raw) {
    return Wrap.around(
        Backend.class,
        raw,
        (method, a, call) ->
            switch (method) {
              case "capabilities" -> Set.of();
              case "startTrace", "stopTrace" -> throw refusal(Capability.TRACING);
              case "device" -> device((Device) call.with(a));
              case "signals" -> passing(Signals.class, call.with(a));
              case "collectives" -> passing(Collectives.class, call.with(a));
              case "transfers" ->
                  Wrap.around(Transfers.class, call.with(a), LeanProvider::transfer);
              case "gemm" -> Wrap.around(TileGemm.class, call.with(a), LeanProvider::gemm);
              case "reduce" -> Wrap.around(TileReduce.class, call.with(a), LeanProvider::reduce);
              case "allReduce" ->
                  Wrap.around(PeerAllReduce.class, call.with(a), LeanProvider::allReduce);
              case "norm" -> Wrap.around(RowNorm.class, call.with(a), LeanProvider::norm);
              default -> call.with(a);
            });
  }

  private static UnsupportedCapabilityException refusal(Capability capability) {
    return new UnsupportedCapabilityException("lean", capability, "this");
  }

  private static <T> T passing(Class<T> type, Object raw) {
    return Wrap.around(type, raw, (method, a, call) -> call.with(a));
  }

  private static Device device(Device raw) {
    return Wrap.around(
        Device.class,
        raw,
        (method, a, call) -> {
          if (method.equals("newEvent") && (boolean) a[0]) {
            throw refusal(Capability.TIMED_EVENTS);
          }
          Object result = call.with(a);
          return !(result instanceof Stream stream)
              ? result
              : Wrap.around(
                  Stream.class,
                  stream,
                  (m, b, c) -> {
                    if (m.equals("beginCapture")) {
                      throw refusal(Capability.GRAPHS);
                    }
                    return c.with(b);
                  });
        });
  }

  private static Object transfer(String method, Object[] a, Wrap.Call call) throws Throwable {
    boolean compute = false;
    int source = -1;
    int target = -1;
    for (Object argument : a) {
      compute |= argument == Transport.COMPUTE;
      if (argument instanceof DeviceMemory memory) {
        source = source < 0 ? memory.rank() : source;
        target = memory.rank();
      }
    }
    if (compute && source != target) {
      throw refusal(Capability.PEER_ACCESS);
    }
    return call.with(a);
  }

  private static Object gemm(String method, Object[] a, Wrap.Call call) throws Throwable {
    switch (method) {
      case "supports" -> {
        return a[0] == DType.FP32 && a[1] == DType.FP32;
      }
      case "tiling" -> refuseTypes((DType) a[4], (DType) a[5]);
      case "prepare" -> refuse((GemmSpec) a[0]);
      default -> throw new AssertionError(method);
    }
    Object result = call.with(a); // a wrong owner is refused there, before one out of reach is here
    if (result instanceof PreparedGemm prepared && reachesOthers((GemmSpec) a[0])) {
      prepared.close();
      throw refusal(Capability.PEER_ACCESS);
    }
    return result instanceof PreparedGemm ? passing(PreparedGemm.class, result) : result;
  }

  private static void refuseTypes(DType in, DType out) {
    switch (in) {
      case FP16 -> throw refusal(Capability.GEMM_FP16);
      case BF16 -> throw refusal(Capability.GEMM_BF16);
      case FP8_E4M3, FP8_E5M2 -> throw refusal(Capability.GEMM_FP8);
      case INT8, INT32 -> throw refusal(Capability.GEMM_INT8);
      case FP32 -> {
        if (out != DType.FP32) {
          throw refusal(out == DType.FP16 ? Capability.GEMM_FP16 : Capability.GEMM_BF16);
        }
      }
    }
  }

  private static void refuse(GemmSpec spec) {
    if (spec.engine() == GemmEngine.VENDOR) {
      throw refusal(Capability.VENDOR_GEMM);
    }
    if (spec.epilogue().rowScale() || spec.epilogue().colScale()) {
      throw refusal(Capability.EPILOGUE_SCALES);
    }
  }

  private static boolean reachesOthers(GemmSpec spec) {
    boolean post =
        spec.post() instanceof TilePost.Counters counters && counters.at() == TilePost.At.OWNER;
    return (post || spec.route() instanceof TileRoute.Owners)
        && Arrays.stream(spec.owners().ranks()).anyMatch(owner -> owner != spec.rank());
  }

  private static Object norm(String method, Object[] a, Wrap.Call call) throws Throwable {
    return passing(RowNorm.PreparedNorm.class, call.with(a));
  }

  private static Object allReduce(String method, Object[] a, Wrap.Call call) {
    throw refusal(Capability.PEER_ALL_REDUCE);
  }

  private static Object reduce(String method, Object[] a, Wrap.Call call) throws Throwable {
    if (a[0] instanceof ReduceSpec spec && spec.route() instanceof ReduceSpec.Everywhere) {
      throw refusal(Capability.PEER_ACCESS);
    }
    Object result = call.with(a);
    return method.equals("prepare")
        ? passing(TileReduce.PreparedReduce.class, result)
        : passing(TileReduce.PreparedUnpack.class, result);
  }
}
