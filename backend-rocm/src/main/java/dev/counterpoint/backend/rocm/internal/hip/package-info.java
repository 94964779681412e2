/**
 * HIP, RCCL, hipRTC, hipBLASLt and rocSHMEM as they are: every function under its C name, on
 * handles that are numbers, with its status as the result.
 *
 * <p>One JNI library serves all of them. It is linked against none of them: each is looked for when
 * one of its functions is first called ({@link
 * dev.counterpoint.backend.rocm.internal.hip.RocmLibrary} says where), and a library or function
 * that is not there is a status of its own ({@link
 * dev.counterpoint.backend.rocm.internal.hip.BindingStatus}).
 *
 * <p>Functions allocate nothing on the Java heap, unless they take or return a text. Results come
 * through arrays, which native code copies; functions that are called while launching have none.
 */
@NullMarked
package dev.counterpoint.backend.rocm.internal.hip;

import org.jspecify.annotations.NullMarked;
