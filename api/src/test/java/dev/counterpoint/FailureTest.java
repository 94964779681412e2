package dev.counterpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.Failure.Category;
import dev.counterpoint.spi.Capability;
import dev.counterpoint.spi.FaultRecord;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailureTest {
  @Test
  void theBaseKeepsCategoryMessageAndCause() {
    Exception cause = new Exception();
    CounterpointException e = new CounterpointException(Category.STATE, "text", cause);
    assertThat(e.category()).isEqualTo(Category.STATE);
    assertThat(e).hasMessage("text").hasCause(cause);
    assertThat(new CounterpointException(Category.STATE, "text")).hasNoCause();
  }

  @Test
  void anInvalidArgumentNamesArgumentValueAndRule() {
    InvalidArgumentException e = new InvalidArgumentException("rows", -1, "not be negative");
    assertThat(e).isInstanceOf(IllegalArgumentException.class);
    assertThat(e).hasMessage("rows is -1; it must not be negative");
    assertThat(e.argument()).isEqualTo("rows");
    assertThat(e.value()).isEqualTo("-1");
    assertThat(e.rule()).isEqualTo("not be negative");
    assertThat(e.category()).isEqualTo(Category.USAGE);
  }

  @Test
  void useAfterCloseIsAnIllegalState() {
    ResourceClosedException e = new ResourceClosedException("world 'x'");
    assertThat(e).isInstanceOf(IllegalStateException.class).hasMessage("world 'x' is closed");
    assertThat(e.category()).isEqualTo(Category.STATE);
  }

  @Test
  void aNativeErrorCarriesFunctionStatusAndName() {
    NativeException e =
        new NativeException("cuMemMap", 801, "NOT_SUPPORTED", "device=3", "update the driver");
    assertThat(e).hasMessage("cuMemMap failed: 801 NOT_SUPPORTED [device=3]; update the driver");
    assertThat(e.function()).isEqualTo("cuMemMap");
    assertThat(e.status()).isEqualTo(801);
    assertThat(e.statusName()).isEqualTo("NOT_SUPPORTED");
    assertThat(e.category()).isEqualTo(Category.NATIVE);
    assertThat(new NativeException("f", 1, "N", "c", "")).hasMessage("f failed: 1 N [c]");
  }

  @Test
  void aMissingCapabilityIsNamed() {
    UnsupportedCapabilityException e =
        new UnsupportedCapabilityException("host", Capability.GRAPHS, "capturing");
    assertThat(e.capability()).isEqualTo(Capability.GRAPHS);
    assertThat(e.category()).isEqualTo(Category.UNAVAILABLE);
    assertThat(e).hasMessageContainingAll("host", "GRAPHS", "capturing");
  }

  @ParameterizedTest
  @CsvSource({"WAIT_EXPIRED,TIMEOUT", "ABORTED,TIMEOUT", "NATIVE_ERROR,NATIVE"})
  void aDeviceFaultTellsTheWholeRecord(FaultRecord.Kind kind, Category category) {
    FaultRecord fault = new FaultRecord(kind, 2, "gemm-rs#1", "word[3]", -1, 4, 5, 6, "more");
    DeviceFaultException e = new DeviceFaultException(fault);
    assertThat(e.fault()).isSameAs(fault);
    assertThat(e).hasMessage(fault.describe());
    assertThat(e.category()).isEqualTo(category);
  }

  @Test
  void theOthers() {
    assertThat(new BackendUnavailableException("m").category()).isEqualTo(Category.UNAVAILABLE);
    assertThat(new LaunchOrderException("m").category()).isEqualTo(Category.USAGE);
    DeadlineExceededException late =
        new DeadlineExceededException("rank 1", Duration.ofMillis(1500));
    assertThat(late.category()).isEqualTo(Category.TIMEOUT);
    assertThat(late).hasMessageContainingAll("rank 1", "1500 ms");
    DeviceMemoryException memory = new DeviceMemoryException("m", 1L << 40, late);
    assertThat(memory.category()).isEqualTo(Category.RESOURCE);
    assertThat(memory.requestedBytes()).isEqualTo(1L << 40);
    assertThat(memory).hasCause(late);
  }
}
