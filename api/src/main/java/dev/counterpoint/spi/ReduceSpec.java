package dev.counterpoint.spi;

import dev.counterpoint.DType;
import org.jspecify.annotations.Nullable;

/**
 * The sum of several staged partial matrices of one rank, block of rows by block of rows, each
 * block as soon as its gates are open. Every element is summed over the slots 0, 1, … in that order
 * in the accumulator type and rounded once (rule RED-2).
 *
 * @param label appears in traces and fault records
 * @param rank the rank that reduces
 * @param rows rows of each partial
 * @param cols columns of each partial
 * @param slots number of partials
 * @param staging where they lie; partial s starts {@code s · slotBytes} in
 * @param slotBytes bytes from one partial to the next
 * @param rowStride elements from row to row of a partial
 * @param inputType element type of the partials
 * @param outputType element type of the sum
 * @param blockRows rows of a block; the last may be shorter
 * @param gate what each block waits for, or null for nothing
 * @param route where the sum goes
 * @param epoch the rank's launch counter; needed with a gate
 */
public record ReduceSpec(
    String label,
    int rank,
    int rows,
    int cols,
    int slots,
    DeviceMemory staging,
    long slotBytes,
    int rowStride,
    DType inputType,
    DType outputType,
    int blockRows,
    @Nullable Gate gate,
    Route route,
    @Nullable Epoch epoch) {

  /**
   * Block b waits until, for each slot s, the word {@code words[b · slots + s]} reaches {@code
   * perEpoch[b · slots + s] · epoch}.
   *
   * @param signals where the words are (this rank's own)
   * @param words by block and slot; negative for no wait
   * @param perEpoch by block and slot: how much the word grows each launch
   */
  public record Gate(SignalArray signals, int[] words, long[] perEpoch) {}

  /** Where the sum goes. */
  public sealed interface Route {}

  /** To the output given at launch. */
  public record Local() implements Route {}

  /**
   * To the same place on every rank, this one included, and one is added to a word there after each
   * block is visible. Between ranks this needs {@link Capability#PEER_ACCESS}. Nothing is stored to
   * the output given at launch.
   *
   * @param buffer the symmetric buffer
   * @param offset bytes to row 0 of the sum
   * @param rowStride elements from row to row there
   * @param signals where the words are
   * @param words by block
   * @param clearance permission to overwrite, by rank, or null when none is needed
   */
  public record Everywhere(
      SymmetricBuffer buffer,
      long offset,
      int rowStride,
      SignalArray signals,
      int[] words,
      TileRoute.@Nullable Clearance clearance)
      implements Route {}

  /** Number of blocks. */
  public int blocks() {
    return rows == 0 ? 0 : (rows + blockRows - 1) / blockRows;
  }
}
