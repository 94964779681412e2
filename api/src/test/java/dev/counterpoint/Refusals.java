package dev.counterpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Asserts that a call is refused for the argument it should be refused for. */
final class Refusals {
  private Refusals() {}

  static void refused(String argument, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            InvalidArgumentException.class,
            e -> {
              assertThat(e.argument()).isEqualTo(argument);
              assertThat(e).hasMessage(argument + " is " + e.value() + "; it must " + e.rule());
              assertThat(e.category()).isEqualTo(Failure.Category.USAGE);
            });
  }
}
