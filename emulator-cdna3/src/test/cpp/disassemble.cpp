// Reads lines of hexadecimal dwords, writes each one's disassembly: the decoder's side of the comparison with llvm-objdump.
#include <cstdio>
#include <iostream>
#include <sstream>

#include "decode/instruction.h"

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream in(line);
    emu::u32 words[3] = {0, 0, 0};
    unsigned count = 0;
    for (std::string token; count < 3 && in >> token;) words[count++] = emu::u32(std::stoul(token, nullptr, 16));
    emu::Instruction instruction;
    const bool known = emu::decode(words, count, instruction) && instruction.size == count;
    std::cout << (known ? emu::disassemble(instruction) : "?") << "\n";
  }
}
