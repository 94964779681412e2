package dev.counterpoint.spi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.spi.FaultRecord.Kind;
import org.junit.jupiter.api.Test;

class FaultRecordTest {
  private static FaultRecord fault(Kind kind, String operation, long tile, String detail) {
    return new FaultRecord(kind, 3, operation, "consumed[7]", tile, 41, 42, 1234, detail);
  }

  @Test
  void anExpiredWaitTellsWhoWaitedForWhatAndHowLong() {
    assertThat(fault(Kind.WAIT_EXPIRED, "ag-gemm#5", 12, "clock skewed").describe())
        .contains(
            "wait expired",
            "rank 3",
            "ag-gemm#5",
            "tile 12",
            "consumed[7] was 41",
            "wanted 42",
            "1234 ms",
            "clock skewed",
            "a peer did not arrive");
  }

  @Test
  void aNativeErrorTellsTheCallAndItsStatus() {
    assertThat(
            new FaultRecord(
                    Kind.NATIVE_ERROR, 1, "gemm-rs#2", "cuLaunchKernel", 0, 0, 0, 0, "700 ILLEGAL")
                .describe())
        .contains("device error", "rank 1", "gemm-rs#2", "tile 0", "cuLaunchKernel", "700 ILLEGAL");
  }

  @Test
  void anAbortTellsTheReason() {
    assertThat(fault(Kind.ABORTED, "gemm-ar#1", -1, "operator asked").describe())
        .isEqualTo("world aborted on rank 3, gemm-ar#1; operator asked");
  }

  @Test
  void whatIsUnknownIsLeftOut() {
    assertThat(fault(Kind.WAIT_EXPIRED, "", -1, "").describe())
        .isEqualTo(
            "wait expired on rank 3: consumed[7] was 41, wanted 42, after 1234 ms; a peer did not"
                + " arrive, or arrived with another operation");
    assertThat(fault(Kind.ABORTED, "", -1, "").describe()).isEqualTo("world aborted on rank 3");
    assertThat(fault(Kind.NATIVE_ERROR, "", -1, "").describe())
        .isEqualTo("device error on rank 3: consumed[7]");
  }
}
