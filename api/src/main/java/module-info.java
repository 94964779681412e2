/** The user's API and the SPI of Counterpoint. */
module dev.counterpoint.api {
  requires static transitive org.jspecify;
  requires org.slf4j;

  exports dev.counterpoint;
  exports dev.counterpoint.spi;
  exports dev.counterpoint.spi.support;

  uses dev.counterpoint.spi.WorldProvider;
}
