package dev.counterpoint;

/**
 * An argument broke a rule; names the argument, the value and the rule. Nothing was changed or
 * launched.
 */
public final class InvalidArgumentException extends IllegalArgumentException implements Failure {
  private static final long serialVersionUID = 1L;
  private final String argument;
  private final String value;
  private final String rule;

  /**
   * Creates the exception.
   *
   * @param argument name of the argument as the caller knows it
   * @param value the value that was passed
   * @param rule the rule it breaks, completing the sentence "must …"
   */
  public InvalidArgumentException(String argument, Object value, String rule) {
    super(argument + " is " + value + "; it must " + rule);
    this.argument = argument;
    this.value = String.valueOf(value);
    this.rule = rule;
  }

  /** Name of the argument. */
  public String argument() {
    return argument;
  }

  /** The value, as text. */
  public String value() {
    return value;
  }

  /** The rule that was broken. */
  public String rule() {
    return rule;
  }

  @Override
  public Category category() {
    return Category.USAGE;
  }
}
