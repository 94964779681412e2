package dev.counterpoint.cli.bench;

import dev.counterpoint.GemmProblem;
import dev.counterpoint.Strategy;
import dev.counterpoint.Tuning;
import dev.counterpoint.WorldOptions;
import java.util.List;

/**
 * What is to be measured.
 *
 * @param operator the operator
 * @param problem its sizes and types
 * @param variant what the operator does besides the usual
 * @param layer which layer of which model they are; may be empty
 * @param world how the world is opened
 * @param tuning what is forced, apart from the strategy
 * @param strategies in order of the report; sequential is added in front if it is missing
 * @param everyStrategy whether nobody chose strategies, so that one that cannot be is no failure
 * @param iterations timed runs
 * @param warmup runs before them
 * @param seed of the random data
 * @param bulk whether the GEMM beside an unrelated collective is measured, too
 * @param traced whether timelines are wanted
 * @param chaotic whether the backend throws in delays
 * @param replayed how many launches are captured in the graph whose replays are timed; 0 times
 *     single launches
 */
public record BenchRequest(
    Operator operator,
    GemmProblem problem,
    Variant variant,
    String layer,
    WorldOptions world,
    Tuning tuning,
    List<Strategy> strategies,
    boolean everyStrategy,
    int iterations,
    int warmup,
    long seed,
    boolean bulk,
    boolean traced,
    boolean chaotic,
    int replayed) {}
