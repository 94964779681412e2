#pragma once
// Times of single launches, and random operands to take them with.

#include <algorithm>

#include "support.h"

// Times single launches, in microseconds of the device: no time of the host is inside.
class Timer {
 public:
  Timer();
  ~Timer();

  template <class Launch>
  float micros(const Launch& launch) {
    begin();
    launch();
    return end();
  }

 private:
  void begin();
  float end();

  cudaEvent_t start_, end_;
};

inline double median(std::vector<float> times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

// Fills with bf16 of either sign around one.
void fillRandomBf16(const Buffer& buffer);
void fillRandomE4m3(const Buffer& buffer);
