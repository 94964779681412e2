// Tiles stored at a peer and counted there, over a real link: a kernel of the peer waits for the
// counts, copies what it finds at once, and must find all of it. Repeated, with the epoch moving
// on.

#include "checks.h"
#include "gemm_case.h"

// Device 1 is the current one, before and after.
static void storeAtPeer(int tile, cudaStream_t receiver) {
  // What belongs to device 1.
  GemmSpec spec;
  spec.tile = tile;
  spec.rows = 640;
  spec.cols = 1000;
  spec.k = 304;
  const size_t bytes = static_cast<size_t>(spec.rows) * spec.cols * 2;
  World peer(5'000'000'000, 1);
  Buffer staging(bytes, kPoison);
  Buffer copy(bytes);
  Buffer counts(64);
  Buffer peerEpoch(8);
  CUDA_OK(cudaDeviceSynchronize());

  CUDA_OK(cudaSetDevice(0));
  World world(5'000'000'000, 0);
  Gemm gemm(spec);
  gemm.launch();
  CUDA_OK(cudaDeviceSynchronize());
  const auto wanted = gemm.d.download<uint8_t>();
  Table<u64> origins({staging.at()});
  Table<u64> postWords({counts.at()});
  Table<i32> postIndex(std::vector<i32>(gemm.tileCount(), 1));
  Buffer consumed(64);
  Buffer epoch(8);
  Table<i32> clearance(std::vector<i32>{2});
  gemm.params.operation = world.operation;
  gemm.params.owners = origins.at();
  gemm.params.ownerStride = spec.cols;
  gemm.params.postIndex = postIndex.at();
  gemm.params.postWords = postWords.at();
  gemm.params.clearanceWords = consumed.at();
  gemm.params.clearanceIndex = clearance.at();
  gemm.params.clearanceTarget = {epoch.at(), 1, -1};
  cudaStream_t sender;
  CUDA_OK(cudaStreamCreateWithFlags(&sender, cudaStreamNonBlocking));
  CUDA_OK(cudaDeviceSynchronize());
  for (int round = 0; round < 300; round++) {
    kernels.companion("epoch_advance", EpochAdvanceParams{world.operation, epoch.at()}, sender);
    gemm.launch(sender);
    CUDA_OK(cudaSetDevice(1));
    // The peer waits for all tiles, takes them away, spoils the place, and says so.
    kernels.companion(
        "epoch_advance", EpochAdvanceParams{peer.operation, peerEpoch.at()}, receiver);
    kernels.companion(
        "await_words",
        AwaitParams{peer.operation, counts.at(8), {peerEpoch.at(), gemm.tileCount(), 0}, 1, 0, 1},
        receiver);
    kernels.companion(
        "put",
        PutParams{
            peer.operation, staging.at(), copy.at(), 0, 0, static_cast<i64>(bytes), 1, 0, 0, 0},
        receiver,
        16);
    kernels.companion("fill",
                      FillParams{peer.operation, staging.at(), static_cast<i64>(bytes), kPoison, 0},
                      receiver,
                      16);
    kernels.companion("signal_set",
                      SignalSetParams{peer.operation, 0, consumed.at(16), peerEpoch.at(), 0, 0},
                      receiver);
    if (round == 0) {
      // Now every kernel is loaded on both devices, and nothing has to be while one waits.
      CUDA_OK(cudaStreamSynchronize(receiver));
    }
    if (round % 50 == 49) {
      CUDA_OK(cudaStreamSynchronize(receiver));
      const auto got = copy.download<uint8_t>();
      tally.check(std::memcmp(got.data(), wanted.data(), bytes) == 0,
                  "two devices, tile " + nameOf(kTiles[tile]) + ", round " + std::to_string(round));
    }
    CUDA_OK(cudaSetDevice(0));
  }
  CUDA_OK(cudaStreamSynchronize(sender));
  tally.check(world.record->state == 0 && peer.record->state == 0, "two devices: no fault");
  CUDA_OK(cudaStreamDestroy(sender));
  CUDA_OK(cudaSetDevice(1));
}

void checkTwoDevices() {
  if (!connectTwoDevices()) {
    std::printf("skipped: two devices with peer access are not here\n");
    return;
  }
  CUDA_OK(cudaSetDevice(1));
  cudaStream_t receiver;
  CUDA_OK(cudaStreamCreateWithFlags(&receiver, cudaStreamNonBlocking));
  for (int tile : {1, 0}) {
    storeAtPeer(tile, receiver);
  }
  CUDA_OK(cudaStreamDestroy(receiver));
  CUDA_OK(cudaSetDevice(0));
}
