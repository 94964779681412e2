// All-reduces by kernels: ranks are streams of one device, each launched as far ahead as it may be.

#include <algorithm>
#include <memory>

#include "checks.h"
#include "elements.h"

namespace {

constexpr int kThreads = 256;

struct Way {
  const char* entry;
  bool shared;  // every rank sums a share
  bool bulk;
};

constexpr Way kWays[] = {{"all_reduce_one_shot", false, false},
                         {"all_reduce_two_shot", true, false},
                         {"all_reduce_bulk", true, true}};

struct Shape {
  int type;
  int rows;
  int cols;
  int pad;     // elements between rows
  int offset;  // elements before the first
};

std::string nameOf(const Way& way, const Shape& shape, int ranks) {
  return std::string(way.entry) + " of " + std::to_string(ranks) + " ranks, " +
         ::nameOf(shape.type) + " " + std::to_string(shape.rows) + "x" +
         std::to_string(shape.cols) + " + " + std::to_string(shape.pad);
}

// One matrix of a rank, with what surrounds it.
struct Operand {
  std::vector<uint8_t> host;
  Buffer device;
  size_t offset;

  Operand(const Shape& shape, int pattern)
      : host((static_cast<size_t>(shape.rows) * (shape.cols + shape.pad) + shape.offset + 8) *
                 bytesOf(shape.type),
             static_cast<uint8_t>(pattern)),
        device(host.size(), pattern),
        offset(static_cast<size_t>(shape.offset) * bytesOf(shape.type)) {}
};

// What the ranks share, and their launches one after the other.
struct Ranks {
  const Way way;
  const Shape shape;
  const int count;
  const int launches;
  const bool inPlace;
  int grid = 1;
  int places;
  std::vector<std::unique_ptr<World>> worlds;
  std::vector<std::unique_ptr<Buffer>> workspaces;
  std::vector<std::unique_ptr<Buffer>> counters;
  std::vector<std::vector<std::unique_ptr<Operand>>> inputs, outputs;  // by launch and rank
  std::vector<cudaStream_t> streams;
  std::unique_ptr<Table<u64>> table;

  Ranks(const Way& w, const Shape& s, int ranks, int times, bool same, int64_t timeoutNanos)
      : way(w), shape(s), count(ranks), launches(times), inPlace(same) {
    const int groups = shape.rows * ((shape.cols + 7) / 8);
    places = way.shared ? (groups + count - 1) / count : groups;
    grid = std::min(3, (places + kThreads - 1) / kThreads);
    std::vector<u64> addresses;
    for (int rank = 0; rank < count; rank++) {
      worlds.push_back(std::make_unique<World>(timeoutNanos, rank));
      workspaces.push_back(std::make_unique<Buffer>(flags() + 2 * count * grid * 8));
      counters.push_back(std::make_unique<Buffer>(16));
      addresses.push_back(workspaces.back()->at());
      streams.emplace_back();
      CUDA_OK(cudaStreamCreateWithFlags(&streams.back(), cudaStreamNonBlocking));
    }
    table = std::make_unique<Table<u64>>(addresses);
    for (int launch = 0; launch < launches; launch++) {
      inputs.emplace_back();
      outputs.emplace_back();
      for (int rank = 0; rank < count; rank++) {
        inputs.back().push_back(std::make_unique<Operand>(shape, 0xff));
        outputs.back().push_back(std::make_unique<Operand>(shape, kPoison));
        fill(*inputs.back().back());
      }
    }
  }

  ~Ranks() {
    for (cudaStream_t stream : streams) {
      cudaStreamDestroy(stream);
    }
  }

  int stride() const { return shape.cols + shape.pad; }

  // Bytes of all slots.
  size_t flags() const {
    const size_t group = 8 * bytesOf(shape.type) * (way.bulk ? 1 : 2);
    return 2 * (way.shared ? 2 : 1) * count * places * group;
  }

  void fill(Operand& operand) const {
    const auto rows = randomMatrix(shape.type, shape.rows, shape.cols, stride());
    std::copy(rows.begin(), rows.end(), operand.host.begin() + operand.offset);
    operand.device.upload(operand.host.data(), operand.host.size());
  }

  void launch(int number, int rank) {
    AllReduceParams p{};
    p.operation = worlds[rank]->operation;
    p.input = inputs[number][rank]->device.at(inputs[number][rank]->offset);
    const Operand& output = inPlace ? *inputs[number][rank] : *outputs[number][rank];
    p.output = output.device.at(output.offset);
    p.inputStride = p.outputStride = stride();
    p.workspaces = table->at();
    p.flags = flags();
    p.launches = counters[rank]->at();
    p.arrivals = counters[rank]->at(8);
    p.rows = shape.rows;
    p.cols = shape.cols;
    p.type = shape.type;
    p.rank = rank;
    p.ranks = count;
    p.places = places;
    p.array = 21;
    kernels.companion(way.entry, p, streams[rank], grid);
  }

  // What the output of a launch must hold, surroundings included.
  std::vector<uint8_t> expected(int number, const Operand& before) const {
    std::vector<uint8_t> host = before.host;
    const int bytes = bytesOf(shape.type);
    for (int row = 0; row < shape.rows; row++) {
      for (int col = 0; col < shape.cols; col++) {
        const size_t at = before.offset + (static_cast<size_t>(row) * stride() + col) * bytes;
        float sum = static_cast<float>(decode(shape.type, &inputs[number][0]->host[at]));
        for (int rank = 1; rank < count; rank++) {
          sum += static_cast<float>(decode(shape.type, &inputs[number][rank]->host[at]));
        }
        encode(shape.type, &host[at], sum);
      }
    }
    return host;
  }

  void check() const {
    const std::string label = nameOf(way, shape, count) + (inPlace ? ", in place" : "");
    for (int number = 0; number < launches; number++) {
      bool same = true;
      for (int rank = 0; rank < count; rank++) {
        const Operand& output = inPlace ? *inputs[number][rank] : *outputs[number][rank];
        same &= output.device.download<uint8_t>() == expected(number, output);
      }
      tally.check(same, label + ": bits of launch " + std::to_string(number));
    }
    for (int rank = 0; rank < count; rank++) {
      tally.check(worlds[rank]->record->state == 0, label + ": no fault");
      const auto counter = counters[rank]->download<u64>();
      tally.check(counter[0] == static_cast<u64>(launches) && counter[1] == 0,
                  label + ": launches count themselves");
    }
  }
};

// Ranks come one after the other, with all their launches: those that are there go on as far as
// they can.
void sums(const Way& way, const Shape& shape, int count, int launches, bool inPlace = false) {
  Ranks ranks(way, shape, count, launches, inPlace, 5'000'000'000);
  for (int rank = count - 1; rank >= 0; rank--) {
    for (int number = 0; number < launches; number++) {
      ranks.launch(number, rank);
    }
  }
  CUDA_OK(cudaDeviceSynchronize());
  ranks.check();
}

bool isUntouched(const Operand& operand) {
  return operand.device.download<uint8_t>() == operand.host;
}

// One good launch, and one to which the last rank never comes.
void rankNeverComes(const Way& way) {
  const int count = 2;
  Ranks ranks(way, {kBf16, 3, 40, 0, 0}, count, 3, false, 50'000'000);
  for (int rank = 0; rank < count; rank++) {
    ranks.launch(0, rank);
  }
  CUDA_OK(cudaDeviceSynchronize());
  ranks.launch(1, 0);
  CUDA_OK(cudaDeviceSynchronize());
  const FaultRecord& record = *ranks.worlds[0]->record;
  const std::string label = std::string(way.entry) + " without a rank";
  tally.check(record.state == 1 && record.kind == 1 && record.rank == 0 && record.operation == 77 &&
                  record.site == kPart && record.array == 21 && record.word == 1 &&
                  record.wanted == 2 && record.seen < 2 && record.elapsedNanos >= 50'000'000,
              label + ": the record says it all: state " + std::to_string(record.state) + " word " +
                  std::to_string(record.word) + " seen " + std::to_string(record.seen));
  tally.check(*ranks.worlds[0]->hostAbort == 1, label + ": the host is told");
  tally.check(isUntouched(*ranks.outputs[1][0]), label + ": nothing is written");
  ranks.launch(2, 0);
  CUDA_OK(cudaDeviceSynchronize());
  tally.check(isUntouched(*ranks.outputs[2][0]), label + ": what follows does not act");
}

}  // namespace

void checkAllReduces(bool quick) {
  if (serial) {
    return;  // ranks wait for each other
  }
  const int launches = quick ? 4 : 50;
  for (const Way& way : kWays) {
    for (int type : {kBf16, kFp16, kFp32}) {
      sums(way, {type, 1, 1, 0, 0}, 3, launches);
      sums(way, {type, 5, 40, 8, 0}, 2, launches);
      sums(way, {type, 3, 53, 1, 3}, 4, launches);
    }
    sums(way, {kBf16, 2, 16, 0, 0}, 1, launches);
    sums(way, {kBf16, 7, 24, 0, 0}, 8, launches);
    sums(way, {kBf16, 5, 40, 8, 0}, 3, launches, true);
    sums(way, {kFp32, 2, 21, 2, 1}, 3, launches, true);
    sums(way, {kFp16, 33, 385, 0, 0}, 2, quick ? 2 : launches);  // several blocks and rounds
    if (!quick) {
      sums(way, {kBf16, 64, 8192, 0, 0}, 4, launches);
      sums(way, {kFp32, 16, 1000, 3, 0}, 8, launches);
    }
    rankNeverComes(way);
  }
}
