package dev.counterpoint.spi.support;

import dev.counterpoint.InvalidArgumentException;
import dev.counterpoint.spi.GemmSpec;
import dev.counterpoint.spi.RowPartition;
import dev.counterpoint.spi.ShardOwners;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Checks of the table that says whose each shard is (rule GEMM-16). */
final class OwnerChecks {
  private OwnerChecks() {}

  /** Throws unless every shard has an owner among the ranks. */
  static void requireOwners(String hook, GemmSpec spec, int size) {
    ShardOwners owners = spec.owners();
    int shards = spec.tiling().partition().shards();
    TableChecks.requireLength(hook + ": owners.ranks", owners.ranks().length, shards);
    TableChecks.requireLength(hook + ": owners.rows", owners.rows().length, shards);
    for (int shard = 0; shard < shards; shard++) {
      int owner = owners.rank(shard);
      if (owner < 0 || owner >= size) {
        throw new InvalidArgumentException(
            hook + ": owner of shard " + shard,
            "rank " + owner,
            "be one of the " + size + " ranks, as of each of the " + shards + " shards");
      }
    }
  }

  /**
   * Throws unless all shards of an owner lie apart from each other; returns the rows of the longest
   * owner's matrix. Shards without rows lie nowhere.
   */
  static long requireApart(ShardOwners owners, RowPartition partition) {
    List<Integer> placed =
        IntStream.range(0, partition.shards())
            .filter(shard -> partition.rows(shard) > 0)
            .boxed()
            .sorted(Comparator.comparingInt(owners::rank).thenComparingInt(owners::row))
            .toList();
    long most = 0;
    long end = 0;
    int rank = -1;
    for (int shard : placed) {
      long free = owners.rank(shard) == rank ? end : 0;
      if (owners.row(shard) < free) {
        throw new InvalidArgumentException(
            "route: owners.rows[" + shard + "]",
            owners.row(shard),
            free == 0 ? "not be negative" : "not lie within another shard of the same owner");
      }
      rank = owners.rank(shard);
      end = (long) owners.row(shard) + partition.rows(shard);
      most = Math.max(most, end);
    }
    return most;
  }
}
