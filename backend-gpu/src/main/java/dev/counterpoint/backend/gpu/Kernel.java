package dev.counterpoint.backend.gpu;

/**
 * A loaded kernel.
 *
 * @param entry its name
 * @param handle the driver's
 * @param threads threads of a block
 * @param sharedBytes dynamic shared memory of a block
 * @param blocksPerUnit how many blocks fit one multiprocessor
 * @param cluster blocks of a cluster
 * @param clusters how many clusters an idle device holds at once; 0 where blocks are on their own
 */
record Kernel(
    String entry,
    long handle,
    int threads,
    int sharedBytes,
    int blocksPerUnit,
    int cluster,
    int clusters) {
  /**
   * How many blocks are sure to be resident at once.
   *
   * @param units multiprocessors that may be used
   * @param kept how many of them others may need. A cluster that others keep away begins when one
   *     before it has ended; nothing waits for that, so it costs time and no more.
   */
  int resident(int units, int kept) {
    if (cluster == 1) {
      return Math.max(1, units - kept) * blocksPerUnit;
    }
    return Math.max(1, Math.min(clusters, units / cluster) - (kept + cluster - 1) / cluster)
        * cluster;
  }
}
