#include "fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace model {

static Fiber* starting = nullptr;

#if defined(__x86_64__)

// Saves what a call must preserve on the old stack, and takes it from the new one.
asm(R"(
.text
.globl model_switch_stacks
model_switch_stacks:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
)");
extern "C" void model_switch_stacks(void** from, void* to);

#else

static void model_switch_stacks(void** from, void* to) {
  ucontext_t mine;
  *from = &mine;
  swapcontext(&mine, static_cast<ucontext_t*>(to));
}

#endif

Fiber::Fiber() {
  stack = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) {
    std::perror("a fiber's stack");
    std::exit(3);
  }
}

Fiber::~Fiber() {
  munmap(stack, kStackBytes);
}

void Fiber::trampoline() {
  Fiber* self = starting;
  self->body();
  self->done = true;
  self->leave();
  std::abort();  // nobody enters a fiber that is done
}

void Fiber::begin(std::function<void()> newBody) {
  body = std::move(newBody);
  done = false;
  auto* top = reinterpret_cast<std::uintptr_t*>(static_cast<char*>(stack) + kStackBytes);
#if defined(__x86_64__)
  // As if trampoline had been called: aligned as at a function's entry, six registers below.
  *--top = 0;
  *--top = reinterpret_cast<std::uintptr_t>(&Fiber::trampoline);
  for (int i = 0; i < 6; i++) {
    *--top = 0;
  }
  inside = top;
#else
  top -= sizeof(ucontext_t) / sizeof(*top) + 2;
  auto* context = reinterpret_cast<ucontext_t*>(top);
  getcontext(context);
  context->uc_stack.ss_sp = stack;
  context->uc_stack.ss_size = kStackBytes - sizeof(ucontext_t) - 64;
  context->uc_link = nullptr;
  makecontext(context, reinterpret_cast<void (*)()>(&Fiber::trampoline), 0);
  inside = context;
#endif
}

void Fiber::enter() {
  starting = this;
  model_switch_stacks(&outside, inside);
}

void Fiber::leave() {
  model_switch_stacks(&inside, outside);
}

}  // namespace model
