#include "library.h"

#include <dlfcn.h>
#include <link.h>

#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

namespace counterpoint {
namespace {

struct Opened {
  std::vector<std::string> candidates;
  bool tried = false;
  void* handle = nullptr;
  std::string path;
  std::string failures;
};

std::mutex lock;
thread_local const char* missed = "";

Opened& opened(int library) {
  // Never destroyed: threads may still call while the process ends.
  static Opened* const all = new Opened[LIBRARIES];
  return all[library];
}

void* open(int library);

std::string expand(const std::string& candidate) {
  constexpr size_t length = sizeof HIP_DIRECTORY - 1;
  if (candidate.compare(0, length, HIP_DIRECTORY) != 0) {
    return candidate;
  }
  open(HIP);
  const std::string& hip = opened(HIP).path;
  const size_t slash = hip.rfind('/');
  return slash == std::string::npos ? "" : hip.substr(0, slash + 1) + candidate.substr(length);
}

std::string fileOf(void* handle, const std::string& otherwise) {
  link_map* map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || !map || !*map->l_name) {
    return otherwise;
  }
  return map->l_name;
}

void* open(int library) {
  Opened& it = opened(library);
  if (it.tried) {
    return it.handle;
  }
  it.tried = true;
  for (const std::string& candidate : it.candidates) {
    const std::string file = expand(candidate);
    if (file.empty()) {
      continue;
    }
    it.handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (it.handle) {
      it.path = fileOf(it.handle, file);
      return it.handle;
    }
    const char* reason = dlerror();
    it.failures += file + '\t' + (reason ? reason : "no reason given") + '\n';
  }
  return nullptr;
}

bool known(int library) { return library >= 0 && library < LIBRARIES; }

}  // namespace

void setCandidates(int library, const char* lines) {
  std::lock_guard<std::mutex> hold(lock);
  if (!known(library) || opened(library).tried) {
    return;
  }
  std::vector<std::string>& candidates = opened(library).candidates;
  candidates.clear();
  std::string line;
  for (const char* c = lines; *c; c++) {
    if (*c != '\n') {
      line += *c;
    } else {
      candidates.push_back(line);
      line.clear();
    }
  }
  if (!line.empty()) {
    candidates.push_back(line);
  }
}

bool load(int library) {
  std::lock_guard<std::mutex> hold(lock);
  return known(library) && open(library);
}

const char* path(int library) { return load(library) ? opened(library).path.c_str() : ""; }

const char* failures(int library) {
  load(library);
  return known(library) ? opened(library).failures.c_str() : "";
}

bool has(int library, const char* symbol) {
  return known(library) && find(static_cast<Library>(library), symbol);
}

void* find(Library library, const char* symbol) {
  return load(library) ? dlsym(opened(library).handle, symbol) : nullptr;
}

int missing(Library library, const char* symbol) {
  missed = symbol;
  return load(library) ? SYMBOL_MISSING : LIBRARY_MISSING;
}

const char* lastMissing() { return missed; }

bool setDefaultVariable(const char* name, const char* value) {
  return !getenv(name) && setenv(name, value, 0) == 0;
}

}  // namespace counterpoint
