#pragma once
// The groups of checks, each in its own file.

void checkGemm(bool quick);
void checkHooks(bool quick);
void checkFaults();
void checkCompanions(bool quick);
void checkNorms(bool quick);
void checkAllReduces(bool quick);
void checkTwoDevices();
void bench(const char* jsonPath);
void benchCandidates(const char* jsonPath);
void benchFp8(const char* jsonPath);
void benchRouted(const char* jsonPath);
