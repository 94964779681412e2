package dev.counterpoint.spi;

/** What carries a transfer. */
public enum Transport {
  /** The backend chooses by size. */
  AUTO,
  /** Copy engines (SDMA): no compute unit is used. */
  COPY_ENGINE,
  /** Loads and stores by compute units. Between ranks this needs {@link Capability#PEER_ACCESS}. */
  COMPUTE
}
