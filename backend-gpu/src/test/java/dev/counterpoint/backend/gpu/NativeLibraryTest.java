package dev.counterpoint.backend.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NativeLibraryTest {
  @Test
  void theDeepestCauseIsKept() {
    assertThat(NativeLibrary.deepest(new RuntimeException(new IllegalStateException("x"))))
        .isInstanceOf(IllegalStateException.class);
    NativeLibrary<String> broken =
        new NativeLibrary<>(
            () -> {
              throw new ExceptionInInitializerError(new UnsatisfiedLinkError("the reason"));
            });
    assertThat(broken.get()).isNull();
    assertThat(broken.get()).isNull();
    assertThat(broken.failure()).hasMessage("the reason");
  }
}
