// The portable functions on this machine, written as the kernel writes them.
#include <cstdio>
#define PORTABLE static inline
#define PORTABLE_CALL static
#include "../hip/portable.h"

int main() {
  for (word f = 0; f < FUNCTIONS; f++)
    for (word x = 0; x < 1024; x++) {
      const word value = portable(f, x);
      std::fwrite(&value, sizeof value, 1, stdout);
    }
}
