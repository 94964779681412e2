// The libraries of ROCm as this process finds them. Nothing is linked: each is opened when first
// asked for, because the soname of libamdhip64 changes with every major version and the bindings
// have to load where there is no ROCm.
#pragma once
#include <cstdint>

namespace counterpoint {

/// As numbered by the Java enumeration RocmLibrary.
enum Library : int { HIP, RCCL, HIPRTC, HIPBLASLT, ROCSHMEM, LIBRARIES };

/// Statuses that no library of ROCm uses; the Java class BindingStatus has them too.
constexpr int LIBRARY_MISSING = -1001;
constexpr int SYMBOL_MISSING = -1002;

/// Stands, at the beginning of a candidate, for the directory that libamdhip64 was loaded from.
constexpr char HIP_DIRECTORY[] = "{hip}/";

/// Says where a library may be: one file name per line, tried in order. Ignored once the library
/// has been asked for.
void setCandidates(int library, const char* lines);

/// Opens a library unless that was tried before. True when it is open.
bool load(int library);

/// The file a library was loaded from; empty when it is not open.
const char* path(int library);

/// What was tried in vain: lines of candidate, tab, the dynamic linker's message.
const char* failures(int library);

/// Whether an open library exports a symbol; opens it if need be.
bool has(int library, const char* symbol);

/// The function of a library, or null.
void* find(Library library, const char* symbol);

/// The status of a call to a function that find() did not find, which lastMissing() names then.
int missing(Library library, const char* symbol);

/// The symbol that the calling thread last missed; empty when none.
const char* lastMissing();

/// Sets an environment variable of this process unless it is set. True when it did.
bool setDefaultVariable(const char* name, const char* value);

}  // namespace counterpoint
