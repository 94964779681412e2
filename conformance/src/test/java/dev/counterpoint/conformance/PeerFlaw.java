package dev.counterpoint.conformance;

import static dev.counterpoint.conformance.Spoiling.replacing;

import dev.counterpoint.spi.AllReduceSpec;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.PeerAllReduce;
import dev.counterpoint.spi.PeerAllReduce.PreparedAllReduce;
import dev.counterpoint.spi.Stream;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** Wrong all-reduces by kernels. */
enum PeerFlaw implements Flaw {
  SUMS_OF_PEERS_DIFFER("PEER-1", "sumsOfAwkwardShapesAreTheSameBitsEverywhere", "at rank 1") {
    @Override
    Object launch(Backend raw, AllReduceSpec spec, Object[] a, Wrap.Call call) throws Throwable {
      Object result = call.with(a);
      Stream stream = (Stream) a[0];
      if (stream.rank() == 1 && spec.bytes() > 0) {
        raw.transfers().fill(stream, (DeviceMemory) a[4], (long) a[5], 1, (byte) 0x11);
      }
      return result;
    }
  },

  WRITES_BEHIND_ITS_ROWS("PEER-4", "sumsOfAwkwardShapesAreTheSameBitsEverywhere", "at rank 0") {
    @Override
    Object launch(Backend raw, AllReduceSpec spec, Object[] a, Wrap.Call call) throws Throwable {
      Object result = call.with(a);
      int stride = (int) a[6];
      if (stride > spec.cols() && spec.rows() > 1) {
        long gap = (long) a[5] + (long) spec.cols() * spec.dtype().bytes();
        raw.transfers().fill((Stream) a[0], (DeviceMemory) a[4], gap, 1, (byte) 0);
      }
      return result;
    }
  },

  LEAVES_AN_OLD_SUM_NOW_AND_THEN(
      "PEER-5", "launchesFollowOneAnotherWhileRanksAreLate", "launch 99 at rank") {
    private final AtomicInteger launches = new AtomicInteger();

    @Override
    Object launch(Backend raw, AllReduceSpec spec, Object[] a, Wrap.Call call) throws Throwable {
      if (((Stream) a[0]).rank() == 1 && launches.incrementAndGet() % 100 == 0) {
        DeviceMemory elsewhere = raw.device(1).allocate(spec.bytes()).memory();
        a[4] = elsewhere;
        a[5] = 0L;
        a[6] = spec.cols();
      }
      return call.with(a);
    }
  },

  NAMES_NOBODY_WHEN_A_RANK_IS_MISSING(
      "PEER-6", "anAllReduceByKernelsThatARankNeverJoinsExpires", "must name") {
    @Override
    Object launch(Backend raw, AllReduceSpec spec, Object[] a, Wrap.Call call) throws Throwable {
      // A barrier of its own first, which says nothing of an all-reduce.
      raw.collectives()
          .allReduce(
              (Stream) a[0],
              (DeviceMemory) a[1],
              (long) a[2],
              raw.device(((Stream) a[0]).rank()).allocate(64).memory(),
              0,
              1,
              spec.dtype());
      return call.with(a);
    }
  },

  SUMS_WITHOUT_DECLARING_IT(
      "CAP-2", "allReducesByKernelsWorkOrAreRefused", "is not declared, but its use was accepted") {
    @Override
    public Backend spoil(Backend raw) {
      Set<Capability> fewer = EnumSet.copyOf(raw.capabilities());
      fewer.remove(Capability.PEER_ALL_REDUCE);
      return Wrap.around(
          Backend.class,
          raw,
          (method, a, call) -> method.equals("capabilities") ? fewer : call.with(a));
    }
  };

  private final String rule;
  private final String test;
  private final String says;

  PeerFlaw(String rule, String test, String says) {
    this.rule = rule;
    this.test = test;
    this.says = says;
  }

  /** What is done instead of a launch. */
  Object launch(Backend raw, AllReduceSpec spec, Object[] a, Wrap.Call call) throws Throwable {
    return call.with(a);
  }

  @Override
  public Backend spoil(Backend raw) {
    return replacing(
        raw,
        "allReduce",
        PeerAllReduce.class,
        (method, a, call) -> {
          Object prepared = call.with(a);
          return Wrap.around(
              PreparedAllReduce.class,
              prepared,
              (m, b, c) ->
                  m.equals("launch") ? launch(raw, (AllReduceSpec) a[0], b, c) : c.with(b));
        });
  }

  @Override
  public String rule() {
    return rule;
  }

  @Override
  public String test() {
    return test;
  }

  @Override
  public String says() {
    return says;
  }
}
