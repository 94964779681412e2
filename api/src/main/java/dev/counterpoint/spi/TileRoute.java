package dev.counterpoint.spi;

import org.jspecify.annotations.Nullable;

/** Third hook of a tile GEMM: where a finished tile goes. */
public sealed interface TileRoute {
  /** To its place in the local output matrix given at launch. */
  record Local() implements TileRoute {}

  /**
   * To the rank that owns its shard ({@link GemmSpec#owners}): row i of shard s goes to row {@code
   * owners.row(s) + i} of a matrix that starts {@code offset} bytes into that rank's part of a
   * symmetric buffer. Nothing is stored to the local output. Between ranks this needs {@link
   * Capability#PEER_ACCESS}.
   *
   * @param buffer the symmetric buffer
   * @param offset bytes from the start of each rank's part
   * @param rowStride elements from row to row there
   * @param clearance permission to overwrite, or null when none is needed
   */
  record Owners(SymmetricBuffer buffer, long offset, int rowStride, @Nullable Clearance clearance)
      implements TileRoute {}

  /**
   * Whole tiles one after the other in the local output given at launch: tile t occupies the {@code
   * slots[t]}-th block of {@code tileRows · tileCols} elements, row-major with stride {@code
   * tileCols}. Elements outside a partial tile are not written.
   *
   * @param slots by tile id: its block, all different
   */
  record Packed(int[] slots) implements TileRoute {}

  /**
   * Back-pressure: before anything is stored to shard s's owner, the storing rank waits until its
   * own word {@code words[s]} reaches the target, which that owner raises when it has consumed the
   * previous launch's data.
   *
   * @param signals where the words are
   * @param words by shard
   * @param target what the word must have reached
   */
  record Clearance(SignalArray signals, int[] words, Target target) {}

  /** To the local output matrix. */
  TileRoute LOCAL = new Local();
}
