/** The host backend: ranks are virtual devices of this JVM, the default and the reference. */
@NullMarked
package dev.counterpoint.backend.host;

import org.jspecify.annotations.NullMarked;
