package dev.counterpoint;

import org.jspecify.annotations.Nullable;

/**
 * An operator made ready for one world: strategy and tiles chosen, symmetric workspace allocated,
 * everything warmed. Launching it allocates nothing and does not wait for the device.
 *
 * <p><b>Calling.</b> Every rank of the world launches the same plans in the same order. Different
 * ranks may be launched from different threads; one rank is launched by one thread at a time. A
 * launch is enqueued on {@link Rank#stream()}: its inputs are read and its output written in that
 * stream's order, so launches need no host synchronization between them. Ranks may run ahead of
 * each other by any amount.
 *
 * <p><b>Errors.</b> A wrong tensor is an {@link InvalidArgumentException} at once, and nothing is
 * launched. What fails later (a peer that never arrives, a device error) surfaces at {@link
 * World#synchronize} and at later launches as a {@link DeviceFaultException} that names this plan
 * and the rank.
 *
 * <p><b>Lifetime.</b> {@link #close()} waits for this plan's work on the local ranks, then frees
 * the workspace. Closing the world closes its plans.
 */
public interface OperatorPlan extends AutoCloseable {
  /** What was planned. */
  OperatorSpec spec();

  /** The strategy in use; never {@link Strategy#AUTO}. */
  Strategy strategy();

  /** In words: why this strategy, which tiles, how many chunks. */
  String explanation();

  /**
   * A name that is unique in the world and appears in traces and fault records, such as {@code
   * "ag-gemm#3"}.
   */
  String label();

  /** Bytes of workspace on one rank. */
  long workspaceBytes();

  /**
   * Enqueues one execution without a bias. With {@link Scaling#BLOCKS} input and weight have scales
   * of {@link OperatorSpec#inputScalesShape} and {@link OperatorSpec#weightScalesShape} ({@link
   * Tensor#withScales}), in all forms of launch.
   *
   * @param rank a local rank of the plan's world
   * @param input of {@link OperatorSpec#inputShape}, row-major, any row stride
   * @param weight of {@link OperatorSpec#weightShape}
   * @param output of {@link OperatorSpec#outputShape}; must not overlap the others
   */
  void launch(Rank rank, Tensor input, Tensor weight, Tensor output);

  /**
   * Enqueues one execution.
   *
   * @param bias of {@link OperatorSpec#biasLength} elements as one row; present exactly when the
   *     problem has a bias
   */
  void launch(Rank rank, Tensor input, Tensor weight, @Nullable Tensor bias, Tensor output);

  @Override
  void close();
}
