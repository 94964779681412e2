package dev.counterpoint.spi;

/** A GEMM ready to be launched any number of times. */
public interface PreparedGemm extends AutoCloseable {
  /** What was prepared. */
  GemmSpec spec();

  /** Enqueues one execution on a stream of the spec's rank; allocation-free. */
  void launch(Stream stream, GemmArguments arguments);

  /** Releases kernel parameters. The owner sees to it that no launch is in flight. */
  @Override
  void close();
}
