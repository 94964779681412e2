package dev.counterpoint.core.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.DType;
import dev.counterpoint.GemmReduceScatterSpec;
import dev.counterpoint.OperatorSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How work is cut: {@link Staging}, {@link Chunking} and padding. */
class CuttingTest {
  @ParameterizedTest
  @CsvSource({
    // rows of the shard, block, rows of the block; blocks have 4 rows
    "10,0,4",
    "10,1,4",
    "10,2,2",
    "10,3,0",
    "8,1,4",
    "8,2,0",
    "3,0,3",
    "3,1,0",
    "0,0,0"
  })
  void stagedBlocksCoverAShard(int shardRows, int block, int rows) {
    assertThat(new Staging(null, null, 1, RowBlocks.even(16, 4), 16).rows(shardRows, block))
        .isEqualTo(rows);
  }

  @Test
  void stagedBlocksDoNotOverflow() {
    RowBlocks huge = RowBlocks.even(Integer.MAX_VALUE, 1 << 30);
    assertThat(huge.count()).isEqualTo(2);
    assertThat(huge.rows(Integer.MAX_VALUE, 1)).isEqualTo((1 << 30) - 1);
    assertThat(huge.rows(1 << 30, 1)).isZero();
    assertThat(RowBlocks.tapered(Integer.MAX_VALUE, 1).rows(Integer.MAX_VALUE, 0))
        .isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void everySourceAndBlockHasAWordOfItsOwn() {
    Staging staging = new Staging(null, null, 4, RowBlocks.even(5, 1), 5);
    assertThat(staging.word(0, 4)).isEqualTo(16);
    assertThat(staging.word(1, 0)).isEqualTo(1);
    assertThat(staging.word(3, 2)).isEqualTo(11);
  }

  private static OperatorSpec spec(int m, int chunks) {
    GemmReduceScatterSpec spec = GemmReduceScatterSpec.builder().m(m).n(1).k(1).build();
    return spec.withTuning(spec.tuning().withChunks(chunks));
  }

  @ParameterizedTest
  @CsvSource({
    // m, chunks asked for, automatic, chunks of one of 4 shards
    "100,0,3,3",
    "100,7,3,7",
    "100,26,3,25",
    "9,0,4,3",
    "9,2,4,2",
    "0,0,4,1",
    "0,9,4,1",
    "1,5,1,1"
  })
  void chunksPerShard(int m, int asked, int automatic, int chunks) {
    assertThat(Chunking.pieces(spec(m, asked), (m + 3) / 4, automatic)).isEqualTo(chunks);
  }

  @ParameterizedTest
  @CsvSource({
    // wide device, bytes, chunks
    "false,0,1",
    "false,4194304,1",
    "false,8388607,1",
    "false,8388608,2",
    "false,16777216,4",
    "false,1099511627776,4",
    "true,0,1",
    "true,33554431,1",
    "true,33554432,2",
    "true,1099511627776,4"
  })
  void chunksKeepTransfersLarge(boolean wide, long bytes, int chunks) {
    assertThat(Chunking.byBytes(wide, bytes)).isEqualTo(chunks);
  }

  @ParameterizedTest
  @CsvSource({"0,10,8", "0,3,3", "0,0,1", "7,10,7", "7,5,5", "1,5,1"})
  void groups(int asked, int items, int groups) {
    assertThat(Chunking.groups(spec(8, asked), items)).isEqualTo(groups);
  }

  @ParameterizedTest
  @CsvSource({"5,FP32,8", "4,FP32,4", "1,BF16,8", "9,FP16,16", "17,FP8_E4M3,32", "0,INT32,0"})
  void rowsStartAtMultiplesOfSixteenBytes(int cols, DType dtype, int padded) {
    assertThat(PlanContext.padded(cols, dtype)).isEqualTo(padded);
  }
}
