package dev.counterpoint.kernels.cdna3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;

/**
 * Launches of one all-reduce, each rank on a device of its own and as far ahead as it may be, with
 * operands of their own.
 */
final class AllReduces {
  /** The kernels. */
  enum Way {
    ONE_SHOT(false, false),
    TWO_SHOT(true, false),
    BULK(true, true);

    /** Whether every rank sums a share. */
    final boolean shared;

    final boolean bulk;

    Way(boolean shared, boolean bulk) {
      this.shared = shared;
      this.bulk = bulk;
    }

    String entry() {
      return "all_reduce_" + name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** Elements between rows are pad, before the first one offset. */
  record Shape(Element type, int rows, int cols, int pad, int offset) {
    int stride() {
      return cols + pad;
    }

    int bytes() {
      return (rows * stride() + offset + 8) * type.bytes;
    }

    int at(int row, int col) {
      return (row * stride() + offset + col) * type.bytes;
    }
  }

  private static final int THREADS = 256;
  private static final int MOST_BLOCKS = 3;

  final KernelScript script = new KernelScript();
  private final Way way;
  private final Shape shape;
  private final int ranks;
  private final boolean inPlace;
  private final int places;
  private final int blocks;
  private final byte[][][] inputs;

  AllReduces(Way way, Shape shape, int ranks, int launches, boolean inPlace) {
    this.way = way;
    this.shape = shape;
    this.ranks = ranks;
    this.inPlace = inPlace;
    int groups = shape.rows * Gemm.divideUp(shape.cols, 8);
    places = way.shared ? Gemm.divideUp(groups, ranks) : groups;
    blocks = Math.min(MOST_BLOCKS, Gemm.divideUp(places, THREADS));
    inputs = new byte[launches][ranks][];
    Random random = new Random(ranks);
    for (byte[][] launch : inputs) {
      for (int rank = 0; rank < ranks; rank++) {
        byte[] rows = shape.type.randomMatrix(random, shape.rows, shape.cols, shape.stride());
        launch[rank] = new byte[shape.bytes()];
        Arrays.fill(launch[rank], (byte) Gemm.POISON);
        System.arraycopy(rows, 0, launch[rank], shape.at(0, 0), rows.length);
      }
    }
  }

  /** Bytes of all slots. */
  private long slotBytes() {
    long group = 8L * shape.type.bytes * (way.bulk ? 1 : 2);
    return 2L * (way.shared ? 2 : 1) * ranks * places * group;
  }

  AllReduces prepare(int chaos, long timeoutNanos) {
    script.script.environment("HIPEMU_CHAOS", String.valueOf(chaos));
    script.script.environment("HIPEMU_DEVICES", String.valueOf(ranks));
    String[] workspaces = new String[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      workspaces[rank] = "space" + rank;
      script.device(rank).world("w" + rank, rank, timeoutNanos);
      script.zeros(workspaces[rank], slotBytes() + 16L * ranks * blocks);
      script.zeros("counters" + rank, 16).add("stream s%d", rank);
      for (int launch = 0; launch < inputs.length; launch++) {
        script.upload("in" + launch + "of" + rank, inputs[launch][rank]);
        if (!inPlace) {
          script.filled("out" + launch + "of" + rank, shape.bytes(), Gemm.POISON);
        }
      }
    }
    for (int rank = 0; rank < ranks; rank++) {
      script.device(rank).table("spaces" + rank, workspaces);
      for (int peer = 0; peer < ranks; peer++) {
        if (peer != rank) {
          script.add("peer %d %d", rank, peer);
        }
      }
    }
    return this;
  }

  private String output(int launch, int rank) {
    return (inPlace ? "in" : "out") + launch + "of" + rank;
  }

  void launch(int launch, int rank) {
    int first = shape.at(0, 0);
    Parameters p = KernelScript.in("w" + rank, new Parameters("AllReduceParams"));
    p.set("input", "in" + launch + "of" + rank + "+" + first).set("inputStride", shape.stride());
    p.set("output", output(launch, rank) + "+" + first).set("outputStride", shape.stride());
    p.set("workspaces", "spaces" + rank).set("flags", slotBytes());
    p.set("launches", "counters" + rank).set("arrivals", "counters" + rank + "+8");
    p.set("rows", shape.rows).set("cols", shape.cols).set("type", shape.type.ordinal());
    p.set("rank", rank).set("ranks", ranks).set("places", places).set("array", 21);
    script.device(rank).companion("s" + rank, way.entry(), blocks, p);
  }

  /** All launches, rank after rank, the last one first; and everything to look at. */
  AllReduces launchAll() {
    for (int rank = ranks - 1; rank >= 0; rank--) {
      for (int launch = 0; launch < inputs.length; launch++) {
        launch(launch, rank);
      }
    }
    for (int rank = 0; rank < ranks; rank++) {
      script.add("sync s%d", rank);
      for (int launch = 0; launch < inputs.length; launch++) {
        script.download(output(launch, rank));
      }
      script.download("w" + rank + "Record").download("counters" + rank);
    }
    return this;
  }

  /** What surrounds the sums is what was there. */
  private byte[] expected(int launch, int rank) {
    byte[] wanted = inPlace ? inputs[launch][rank].clone() : new byte[shape.bytes()];
    if (!inPlace) {
      Arrays.fill(wanted, (byte) Gemm.POISON);
    }
    for (int row = 0; row < shape.rows; row++) {
      for (int col = 0; col < shape.cols; col++) {
        int at = shape.at(row, col);
        float sum = (float) shape.type.read(inputs[launch][0], at);
        for (int from = 1; from < ranks; from++) {
          sum += (float) shape.type.read(inputs[launch][from], at);
        }
        shape.type.write(wanted, at, sum);
      }
    }
    return wanted;
  }

  boolean isRight() {
    for (int launch = 0; launch < inputs.length; launch++) {
      for (int rank = 0; rank < ranks; rank++) {
        if (!Arrays.equals(script.bytes(output(launch, rank)), expected(launch, rank))) {
          return false;
        }
      }
    }
    return true;
  }

  void verify() {
    script.run();
    for (int rank = 0; rank < ranks; rank++) {
      assertThat(script.fault("w" + rank, "state")).as("a fault of rank %d", rank).isZero();
      for (int launch = 0; launch < inputs.length; launch++) {
        assertThat(script.bytes(output(launch, rank)))
            .as("%s %s, %d ranks: launch %d at rank %d", way, shape, ranks, launch, rank)
            .isEqualTo(expected(launch, rank));
      }
      assertThat(script.longs("counters" + rank))
          .as("launches count themselves")
          .containsExactly(inputs.length, 0);
    }
  }
}
