package dev.counterpoint.core.operator;

import dev.counterpoint.Strategy;

/**
 * One way to run one operator.
 *
 * @param operator the operator's short name
 * @param strategy the strategy
 */
record ProgramKey(String operator, Strategy strategy) {}
