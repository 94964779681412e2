/** Inside of the host backend; nothing here is for users. */
@NullMarked
package dev.counterpoint.backend.host.internal;

import org.jspecify.annotations.NullMarked;
