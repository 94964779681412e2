// What the functions of the fake libraries do: write their arguments to the file that FAKE_LOG
// names, one line per call, and fill what results point to with numbers that depend on the
// argument's position. Without FAKE_LOG they do nothing.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <string>

#include "forward.h"

namespace fake {

using namespace counterpoint;

class Call {
 public:
  explicit Call(const char* name) : line(name) {}

  ~Call() {
    if (std::FILE* log = file()) {
      std::fprintf(log, "%s\n", line.c_str());
      std::fflush(log);
    }
  }

  void add(int value) { number(value); }
  void add(unsigned value) { number(value); }
  void add(long value) { number(value); }
  void add(unsigned long value) { number(static_cast<long long>(value)); }
  void add(long long value) { number(value); }
  void add(const char* value) { text(value); }
  void add(int* value) { *value = 500 + fill("result"); }
  void add(long long* value) { *value = (1LL << 33) + fill("result"); }
  void add(float* value) { *value = 0.5f + static_cast<float>(fill("result")); }
  void add(signed char* value) {
    check(reinterpret_cast<char*>(value), 64);
    *value = static_cast<signed char>(64 + position);
  }
  void add(Bytes64 value) { check(value.bytes, 64); }
  void add(Bytes128 value) { check(value.bytes, 128); }

  static std::FILE* file() {
    static const char* const name = std::getenv("FAKE_LOG");
    static std::FILE* const log = name ? std::fopen(name, "a") : nullptr;
    return log;
  }

 private:
  void text(const std::string& value) {
    line += '|' + value;
    position++;
  }
  void number(long long value) { text(std::to_string(value)); }
  int fill(const char* what) {
    text(what);
    return position;
  }
  void check(const char* bytes, int count) {
    bool as_sent = true;
    for (int k = 0; k < count; k++) {
      as_sent = as_sent && bytes[k] == static_cast<char>((7 * k + position) % 128);
    }
    text(as_sent ? "bytes" : "other bytes");
  }

  std::string line;
  int position = 0;
};

template <class... Argument>
int record(const char* name, Argument... values) {
  if (!Call::file()) {
    return 0;
  }
  Call call(name);
  (call.add(values), ...);
  return 40 + static_cast<int>(sizeof...(values));
}

}  // namespace fake
