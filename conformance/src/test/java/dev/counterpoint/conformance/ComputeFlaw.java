package dev.counterpoint.conformance;

import static dev.counterpoint.conformance.Spoiling.onLaunches;
import static dev.counterpoint.conformance.Spoiling.onNorms;
import static dev.counterpoint.conformance.Spoiling.onSpecs;
import static dev.counterpoint.conformance.Spoiling.replacing;
import static dev.counterpoint.conformance.Spoiling.with;

import dev.counterpoint.DType;
import dev.counterpoint.Norm;
import dev.counterpoint.Scaling;
import dev.counterpoint.Splits;
import dev.counterpoint.spi.Backend;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.Collectives;
import dev.counterpoint.spi.DeviceMemory;
import dev.counterpoint.spi.GemmEngine;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.NormSpec;
import dev.counterpoint.spi.PreparedGemm;
import dev.counterpoint.spi.ReduceSpec;
import dev.counterpoint.spi.ShardOwners;
import dev.counterpoint.spi.Stream;
import dev.counterpoint.spi.TileGate;
import dev.counterpoint.spi.TileGemm;
import dev.counterpoint.spi.TilePost;
import dev.counterpoint.spi.TileReduce;
import dev.counterpoint.spi.TileRoute;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** Wrong products, sums, hooks, collectives and capabilities. */
enum ComputeFlaw implements Flaw {
  LEAVES_OUT_A_PARTIAL_SUM(
      "RED-1", "sumsAreTakenInSlotOrderAndRoundedOnce", "sum over the slots in order") {
    @Override
    public Backend spoil(Backend raw) {
      return replacing(
          raw,
          "reduce",
          TileReduce.class,
          (method, a, call) -> {
            if (method.equals("prepare") && ((ReduceSpec) a[0]).slots() > 1) {
              ReduceSpec s = (ReduceSpec) a[0];
              return call.with(
                  new ReduceSpec(
                      s.label(),
                      s.rank(),
                      s.rows(),
                      s.cols(),
                      s.slots() - 1,
                      s.staging(),
                      s.slotBytes(),
                      s.rowStride(),
                      s.inputType(),
                      s.outputType(),
                      s.blockRows(),
                      s.gate(),
                      s.route(),
                      s.epoch()));
            }
            return call.with(a);
          });
    }
  },

  SUMS_DIFFER_BETWEEN_RANKS("COLL-3", "allReduceGivesEveryoneTheSameSums", "at rank 1") {
    @Override
    public Backend spoil(Backend raw) {
      return replacing(
          raw,
          "collectives",
          Collectives.class,
          (method, a, call) -> {
            Object result = call.with(a);
            Stream stream = (Stream) a[0];
            if (method.equals("allReduce")
                && stream.rank() == 1
                && (long) a[5] > 0
                && a[6] == DType.FP32) {
              raw.transfers().fill(stream, (DeviceMemory) a[3], (long) a[4], 1, (byte) 1);
            }
            return result;
          });
    }
  },

  LOSES_THE_BEGINNING_OF_A_BLOCK(
      "COLL-8", "blocksThatDifferArriveInTheOrderOfTheirSources", "received") {
    @Override
    public Backend spoil(Backend raw) {
      return replacing(
          raw,
          "collectives",
          Collectives.class,
          (method, a, call) -> {
            Object result = call.with(a);
            Stream stream = (Stream) a[0];
            if (method.equals("allToAllV") && ((Splits) a[5]).received(stream.rank()) > 0) {
              raw.transfers().fill(stream, (DeviceMemory) a[3], (long) a[4], 2, (byte) 0x5a);
            }
            return result;
          });
    }
  },

  DECLARES_WHAT_IT_CANNOT_DO("CAP-1", "theVendorsGemmWorksOrIsRefused", "VENDOR_GEMM") {
    @Override
    public Backend spoil(Backend raw) {
      return replacing(
          raw,
          "gemm",
          TileGemm.class,
          (method, a, call) -> {
            if (method.equals("prepare") && ((GemmSpec) a[0]).engine() == GemmEngine.VENDOR) {
              throw new dev.counterpoint.UnsupportedCapabilityException(
                  "broken", Capability.VENDOR_GEMM, "a GEMM");
            }
            return call.with(a);
          });
    }
  },

  DOES_WHAT_IT_DOES_NOT_DECLARE(
      "CAP-2", "epilogueScalesWorkOrAreRefused", "is not declared, but its use was accepted") {
    @Override
    public Backend spoil(Backend raw) {
      Set<Capability> fewer = EnumSet.copyOf(raw.capabilities());
      fewer.remove(Capability.EPILOGUE_SCALES);
      return Wrap.around(
          Backend.class,
          raw,
          (method, a, call) -> method.equals("capabilities") ? fewer : call.with(a));
    }
  },

  CHANGES_ITS_MIND_ABOUT_CAPABILITIES(
      "CAP-3", "capabilitiesAreThoseOfTheProbeAndNeverChange", "capabilities after use") {
    @Override
    public Backend spoil(Backend raw) {
      AtomicInteger calls = new AtomicInteger();
      return Wrap.around(
          Backend.class,
          raw,
          (method, a, call) ->
              method.equals("capabilities") && calls.incrementAndGet() > 2
                  ? Set.of()
                  : call.with(a));
    }
  },

  A_RANK_NEVER_ARRIVES("COLL-4", "collectivesTakePartInStreamOrder", "wait expired") {
    @Override
    public Backend spoil(Backend raw) {
      return replacing(
          raw,
          "collectives",
          Collectives.class,
          (method, a, call) -> ((Stream) a[0]).rank() == 1 ? null : call.with(a));
    }
  },

  DIFFERS_FROM_RUN_TO_RUN("DET-1", "theTimingOfGatesChangesNoBit", "1 bytes differ") {
    @Override
    public Backend spoil(Backend raw) {
      AtomicInteger launches = new AtomicInteger();
      return onLaunches(
          raw,
          (gemm, stream, arguments) -> {
            DeviceMemory d = arguments.d();
            if (d != null) {
              raw.transfers()
                  .fill(stream, d, arguments.dOffset(), 1, (byte) launches.incrementAndGet());
            }
          });
    }
  },

  WRITES_OUTSIDE_ITS_OUTPUT("GEMM-3", "productsOfAwkwardShapesAreRightInEveryType", "was written") {
    @Override
    public Backend spoil(Backend raw) {
      return onLaunches(
          raw,
          (gemm, stream, arguments) -> {
            int row = gemm.cols() * gemm.outputType().bytes();
            DeviceMemory d = arguments.d();
            if (d != null && arguments.dStride() > gemm.cols() && gemm.rows() > 1) {
              raw.transfers().fill(stream, d, arguments.dOffset() + row, 1, (byte) 0);
            }
          });
    }
  },

  POSTS_EMPTY_TILES(
      "GEMM-13", "eachTileIsPostedExactlyOncePerLaunchAndEmptyOnesNever", "posts of tile") {
    @Override
    public Backend spoil(Backend raw) {
      return onLaunches(
          raw,
          (gemm, stream, arguments) -> {
            if (gemm.post() instanceof TilePost.Counters counters) {
              for (int tile = 0; tile < gemm.tiling().tiles(); tile++) {
                int owner =
                    counters.at() == TilePost.At.SELF ? gemm.rank() : gemm.tiling().shard(tile);
                if (gemm.tiling().isEmpty(tile) && counters.words()[tile] >= 0) {
                  raw.signals().add(stream, counters.signals(), owner, counters.words()[tile], 1);
                }
              }
            }
          });
    }
  },

  FORGETS_THE_FACTORS_OF_BLOCKS(
      "GEMM-21", "productsOfScaledBlocksAreRightInEveryShape", "scales by block") {
    @Override
    public Backend spoil(Backend raw) {
      return onSpecs(raw, s -> s.withScaling(Scaling.TENSOR));
    }
  },

  SCALES_BLOCKS_UNDECLARED("CAP-2", "scalesByBlockWorkOrAreRefused", "BLOCK_SCALES") {
    @Override
    public Backend spoil(Backend raw) {
      Set<Capability> fewer = EnumSet.copyOf(raw.capabilities());
      fewer.remove(Capability.BLOCK_SCALES);
      return Wrap.around(
          Backend.class,
          raw,
          (method, a, call) -> method.equals("capabilities") ? fewer : call.with(a));
    }
  },

  READS_FACTORS_BEFORE_THE_GATE(
      "GEMM-8", "noFactorOfARowIsReadBeforeItsWordsHaveArrived", "seen NaN") {
    @Override
    public Backend spoil(Backend raw) {
      return onSpecs(
          raw,
          s -> s.gate() instanceof TileGate.None ? s : with(s, TileGate.NONE, s.route(), s.post()));
    }
  },

  IGNORES_GATES("GEMM-8", "noRowIsReadBeforeAllItsWordsHaveArrived", "seen NaN") {
    @Override
    public Backend spoil(Backend raw) {
      return onSpecs(
          raw,
          s -> s.gate() instanceof TileGate.None ? s : with(s, TileGate.NONE, s.route(), s.post()));
    }
  },

  IGNORES_CLEARANCE("GEMM-14", "nothingIsStoredToAnOwnerThatHasNotClearedIt", "is not cleared") {
    @Override
    public Backend spoil(Backend raw) {
      return onSpecs(
          raw,
          s ->
              s.route() instanceof TileRoute.Owners o
                  ? with(
                      s,
                      s.gate(),
                      new TileRoute.Owners(o.buffer(), o.offset(), o.rowStride(), null),
                      s.post())
                  : s);
    }
  },

  SWAPS_SHARDS_OF_AN_OWNER("GEMM-10", "aRankMayOwnAnyShardsAnywhereInItsMatrix", "at rank") {
    @Override
    public Backend spoil(Backend raw) {
      return onSpecs(raw, s -> s.withOwners(swapped(s.owners())));
    }

    private ShardOwners swapped(ShardOwners owners) {
      int[] rows = owners.rows().clone();
      for (int shard = 0; shard < rows.length; shard++) {
        for (int other = shard + 1; other < rows.length; other++) {
          if (owners.rank(shard) == owners.rank(other)) {
            rows[shard] = owners.row(other);
            rows[other] = owners.row(shard);
            return new ShardOwners(owners.ranks(), rows);
          }
        }
      }
      return owners;
    }
  },

  POSTS_BEFORE_THE_DATA("GEMM-12", "aTileIsVisibleBeforeItsPost", "as soon as they were posted") {
    @Override
    public Backend spoil(Backend raw) {
      return replacing(
          raw,
          "gemm",
          TileGemm.class,
          (method, a, call) -> {
            if (!method.equals("prepare")
                || !(((GemmSpec) a[0]).post() instanceof TilePost.Counters counters)) {
              return call.with(a);
            }
            GemmSpec spec = (GemmSpec) a[0];
            Object gemm = call.with(with(spec, spec.gate(), spec.route(), TilePost.NONE));
            return Wrap.around(
                PreparedGemm.class,
                gemm,
                (m, b, c) -> {
                  for (int tile = 0; m.equals("launch") && tile < spec.tiling().tiles(); tile++) {
                    raw.signals()
                        .add(
                            (Stream) b[0],
                            counters.signals(),
                            spec.rank(),
                            counters.words()[tile],
                            1);
                  }
                  return c.with(b);
                });
          });
    }
  },

  READS_PACKED_ROWS_WITHOUT_THE_MAP(
      "NORM-3", "packedTilesGiveBitwiseWhatRowsInPlaceGive", "rows of packed tiles") {
    @Override
    public Backend spoil(Backend raw) {
      return onNorms(
          raw,
          s -> {
            NormSpec.Packing packing = s.packing();
            if (packing == null) {
              return s;
            }
            int[] slots = new int[packing.slots().length];
            Arrays.setAll(slots, tile -> tile);
            return NormSpec.packed(
                s.label(), s.rank(), s.dtype(), s.norm(), packing.tiling(), slots);
          });
    }
  },

  FORGETS_THE_RESIDUAL("NORM-1", "rowsOfAwkwardShapesAreNormalised", "normalised rows") {
    @Override
    public Backend spoil(Backend raw) {
      return onNorms(
          raw,
          s ->
              new NormSpec(
                  s.label(),
                  s.rank(),
                  s.rows(),
                  s.cols(),
                  s.dtype(),
                  new Norm(s.norm().kind(), s.norm().eps(), s.norm().bias(), false, s.norm().sum()),
                  s.packing()));
    }
  },

  UNPACKS_TILES_THAT_WERE_LEFT_OUT("RED-8", "unpackingUndoesAPackedRoute", "unpacked matrix") {
    @Override
    public Backend spoil(Backend raw) {
      return replacing(
          raw,
          "reduce",
          TileReduce.class,
          (method, a, call) -> {
            if (method.equals("prepareUnpack")) {
              a[3] = Arrays.stream((int[]) a[3]).map(slot -> Math.max(0, slot)).toArray();
            }
            return call.with(a);
          });
    }
  };

  private final String rule;
  private final String test;
  private final String says;

  ComputeFlaw(String rule, String test, String says) {
    this.rule = rule;
    this.test = test;
    this.says = says;
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
