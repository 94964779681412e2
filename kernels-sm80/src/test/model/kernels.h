#pragma once
// The kernels under test by name.

#include <functional>
#include <string>

struct ModelKernel {
  std::string name;
  // A call with its own copy of the parameters.
  std::function<std::function<void()>(const void* parameters)> bind;
};

// Null when there is none of this name.
const ModelKernel* findKernel(const std::string& name);
