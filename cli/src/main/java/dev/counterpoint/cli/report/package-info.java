/** What a run leaves behind: table, JSON, CSV, page, timeline and trace. */
@NullMarked
package dev.counterpoint.cli.report;

import org.jspecify.annotations.NullMarked;
