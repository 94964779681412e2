package dev.counterpoint.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.Splits;
import dev.counterpoint.cli.CommandException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class DivisionTest {
  private static Division division(String text) {
    return new Division.Converter().convert(text);
  }

  @ParameterizedTest
  @CsvSource({"slope:3, 100, 2", "slope:1, 97, 4", "slope:1000, 5, 3", "slope:2.5, 4096, 8"})
  void slopesDivideAllRowsAndFallFromTheFirstTargetToTheLast(String text, int rows, int ranks) {
    Splits splits = division(text).of(rows, ranks);
    for (int source = 0; source < ranks; source++) {
      assertThat(splits.sent(source)).isEqualTo(rows);
      for (int target = 1; target < ranks; target++) {
        long before = splits.count(source, target - 1);
        assertThat(splits.count(source, target)).isBetween(0L, before + 1);
      }
    }
  }

  @Test
  void aSlopeIsTheFirstOverTheLast() {
    Splits splits = division("slope:3").of(4000, 4);
    assertThat(splits.count(2, 0)).isEqualTo(1500);
    assertThat(splits.count(2, 3)).isEqualTo(500);
  }

  @Test
  void aMatrixIsTakenAsItIs() {
    Splits splits = division("10,20;30,0").of(1, 2);
    assertThat(splits.count(0, 1)).isEqualTo(20);
    assertThat(splits.count(1, 0)).isEqualTo(30);
    assertThatThrownBy(() -> division("10,20;30,0").of(1, 3))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("the rows of 2 ranks, and there are 3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "slope:", "slope:0.5", "slope:1001", "slope:NaN", "1,2", "1,2;3", "-1"})
  void whatIsNoDivisionIsSaidToBeNone(String text) {
    assertThatThrownBy(() -> division(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("is no division");
  }
}
