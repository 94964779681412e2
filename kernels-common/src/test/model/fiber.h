#pragma once
// A fiber: a stack of its own, left and entered again by one function call.

#include <cstddef>
#include <functional>

namespace model {

class Fiber {
 public:
  Fiber();
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Sets what the next `enter` begins with; whatever ran before is forgotten.
  void begin(std::function<void()> body);
  // From the thread's own stack: runs until the fiber leaves or its body returns.
  void enter();
  // From inside: back to who entered.
  void leave();
  bool isDone() const { return done; }

 private:
  static void trampoline();

  static constexpr std::size_t kStackBytes = 96 << 10;
  void* stack;
  void* inside = nullptr;   // stack pointer while away
  void* outside = nullptr;  // of who entered
  std::function<void()> body;
  bool done = true;
};

}  // namespace model
