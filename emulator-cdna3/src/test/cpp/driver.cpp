// Runs a script of HIP calls, one per line, against the library it is linked with, and prints a line for each: "ok", or
// "error NAME: text of the fault". Tests in Java write scripts and compare files; no JNI is involved.
//
//   device N                                   the current device
//   module NAME PATH                           load a code object
//   buffer NAME BYTES | host NAME BYTES        device or pinned host memory
//   uncached NAME BYTES                        device memory that no cache holds
//   upload NAME PATH | download NAME PATH      whole files
//   zero NAME BYTES
//   peer FROM TO                               peer access
//   stream NAME | event NAME
//   launch STREAM MODULE KERNEL GX GY GZ BX BY BZ LDS ARG...   p:NAME[+OFFSET] i:INT l:LONG f:FLOAT s:STRUCT
//   struct NAME BYTES OFFSET=ARG...            an argument passed by value, zeros where nothing is said
//   place PLACE NAME                           a struct's bytes into memory
//   copy STREAM TO FROM BYTES | set STREAM TO BYTE BYTES
//   copy2d STREAM TO PITCH FROM PITCH WIDTH HEIGHT
//   record EVENT STREAM | wait STREAM EVENT | elapsed EVENT EVENT   recordexternal, waitexternal: by every replay of a capture
//   waitvalue STREAM PLACE VALUE | writevalue STREAM PLACE VALUE
//   capture STREAM | endcapture STREAM GRAPH | replay GRAPH STREAM
//   sync STREAM | query STREAM | devsync | reset | free NAME | export NAME PATH | import NAME PATH
//   comm N                                     communicators of devices 0 .. N − 1
//   collective KIND STREAM RANK SEND RECEIVE COUNT TYPE OP   KIND: allreduce, reduce, broadcast, allgather, reducescatter
//   send STREAM RANK PLACE COUNT TYPE PEER | receive … | group | endgroup
//   clock                                      milliseconds since the last one
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <vector>

#include "rccl/rccl_emu_api.h"

extern "C" {
hipError_t hipInit(unsigned);
hipError_t hipSetDevice(int);
hipError_t hipMalloc(void**, size_t);
hipError_t hipExtMallocWithFlags(void**, size_t, unsigned);
hipError_t hipHostMalloc(void**, size_t, unsigned);
hipError_t hipFree(void*);
hipError_t hipMemcpy(void*, const void*, size_t, hipMemcpyKind);
hipError_t hipMemset(void*, int, size_t);
hipError_t hipMemsetAsync(void*, int, size_t, hipStream_t);
hipError_t hipMemcpyAsync(void*, const void*, size_t, hipMemcpyKind, hipStream_t);
hipError_t hipMemcpy2DAsync(void*, size_t, const void*, size_t, size_t, size_t, hipMemcpyKind, hipStream_t);
hipError_t hipMemGetAddressRange(hipDeviceptr_t*, size_t*, hipDeviceptr_t);
hipError_t hipDeviceEnablePeerAccess(int, unsigned);
hipError_t hipDeviceSynchronize(void);
hipError_t hipDeviceReset(void);
hipError_t hipStreamCreateWithFlags(hipStream_t*, unsigned);
hipError_t hipStreamSynchronize(hipStream_t);
hipError_t hipStreamQuery(hipStream_t);
hipError_t hipStreamWaitEvent(hipStream_t, hipEvent_t, unsigned);
hipError_t hipStreamWaitValue32(hipStream_t, void*, uint32_t, unsigned, uint32_t);
hipError_t hipStreamWriteValue32(hipStream_t, void*, uint32_t, unsigned);
hipError_t hipStreamBeginCapture(hipStream_t, hipStreamCaptureMode);
hipError_t hipStreamEndCapture(hipStream_t, hipGraph_t*);
hipError_t hipGraphInstantiate(hipGraphExec_t*, hipGraph_t, hipGraphNode_t*, char*, size_t);
hipError_t hipGraphLaunch(hipGraphExec_t, hipStream_t);
hipError_t hipEventCreateWithFlags(hipEvent_t*, unsigned);
hipError_t hipEventRecordWithFlags(hipEvent_t, hipStream_t, unsigned);
hipError_t hipEventElapsedTime(float*, hipEvent_t, hipEvent_t);
hipError_t hipModuleLoad(hipModule_t*, const char*);
hipError_t hipModuleGetFunction(hipFunction_t*, hipModule_t, const char*);
hipError_t hipModuleLaunchKernel(hipFunction_t, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, hipStream_t,
                                 void**, void**);
hipError_t hipIpcGetMemHandle(hipIpcMemHandle_t*, void*);
hipError_t hipIpcOpenMemHandle(void**, hipIpcMemHandle_t, unsigned);
const char* hipGetErrorName(hipError_t);
ncclResult_t ncclCommInitAll(ncclComm_t*, int, const int*);
ncclResult_t ncclAllReduce(const void*, void*, size_t, ncclDataType_t, ncclRedOp_t, ncclComm_t, hipStream_t);
ncclResult_t ncclReduce(const void*, void*, size_t, ncclDataType_t, ncclRedOp_t, int, ncclComm_t, hipStream_t);
ncclResult_t ncclBroadcast(const void*, void*, size_t, ncclDataType_t, int, ncclComm_t, hipStream_t);
ncclResult_t ncclAllGather(const void*, void*, size_t, ncclDataType_t, ncclComm_t, hipStream_t);
ncclResult_t ncclReduceScatter(const void*, void*, size_t, ncclDataType_t, ncclRedOp_t, ncclComm_t, hipStream_t);
ncclResult_t ncclSend(const void*, size_t, ncclDataType_t, int, ncclComm_t, hipStream_t);
ncclResult_t ncclRecv(void*, size_t, ncclDataType_t, int, ncclComm_t, hipStream_t);
ncclResult_t ncclGroupStart(void);
ncclResult_t ncclGroupEnd(void);
}

namespace {

std::map<std::string, char*> buffers;
std::map<std::string, std::vector<char>> structs;
std::map<std::string, hipModule_t> modules;
std::map<std::string, hipStream_t> streams;
std::map<std::string, hipEvent_t> events;
std::map<std::string, hipGraphExec_t> graphs;
std::vector<ncclComm_t> comms;

std::string fault() {
  char text[2048];
  hipEmuLastFault(text, sizeof text);
  return text;
}

char* place(const std::string& text) {
  const size_t plus = text.find('+');
  char* base = buffers.at(text.substr(0, plus));
  return plus == std::string::npos ? base : base + std::stoll(text.substr(plus + 1));
}

hipStream_t stream(std::istringstream& in) {
  std::string name;
  in >> name;
  return name == "0" ? nullptr : streams.at(name);
}

template <class T> T next(std::istringstream& in) {
  T value;
  if (!(in >> value)) throw std::runtime_error("a word is missing");
  return value;
}

std::string readFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("no file " + path);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

template <class T> std::vector<char> bytesOf(T value) {
  std::vector<char> bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::vector<char> value(const std::string& argument) {
  const std::string text = argument.substr(2);
  if (argument[0] == 'p') return bytesOf(uint64_t(place(text)));
  if (argument[0] == 'i') return bytesOf(uint32_t(std::stoll(text)));
  if (argument[0] == 'l') return bytesOf(uint64_t(std::stoll(text)));
  if (argument[0] == 'f') return bytesOf(std::stof(text));
  if (argument[0] == 's') return structs.at(text);
  throw std::runtime_error("no kind of value: " + argument);
}

hipError_t makeStruct(std::istringstream& in) {
  std::vector<char>& bytes = structs[next<std::string>(in)];
  bytes.assign(next<size_t>(in), 0);
  for (std::string field; in >> field;) {
    const size_t equals = field.find('='), offset = std::stoul(field);
    const std::vector<char> part = value(field.substr(equals + 1));
    if (offset + part.size() > bytes.size()) throw std::runtime_error("beyond the struct: " + field);
    std::memcpy(&bytes[offset], part.data(), part.size());
  }
  return hipSuccess;
}

hipError_t launch(std::istringstream& in) {
  hipStream_t s = stream(in);
  const auto module = next<std::string>(in), kernel = next<std::string>(in);
  unsigned n[7];
  for (unsigned& value : n) value = next<unsigned>(in);
  std::vector<std::vector<char>> values;
  for (std::string argument; in >> argument;) values.push_back(value(argument));
  std::vector<void*> pointers;
  for (auto& value : values) pointers.push_back(value.data());
  hipFunction_t function;
  if (hipError_t e = hipModuleGetFunction(&function, modules.at(module), kernel.c_str())) return e;
  return hipModuleLaunchKernel(function, n[0], n[1], n[2], n[3], n[4], n[5], n[6], s, pointers.data(), nullptr);
}

hipError_t memory(const std::string& command, std::istringstream& in) {
  const auto name = next<std::string>(in);
  if (command == "buffer") return hipMalloc(reinterpret_cast<void**>(&buffers[name]), next<size_t>(in));
  if (command == "uncached") return hipExtMallocWithFlags(reinterpret_cast<void**>(&buffers[name]), next<size_t>(in), 3);
  if (command == "host") return hipHostMalloc(reinterpret_cast<void**>(&buffers[name]), next<size_t>(in), 0);
  if (command == "zero") return hipMemset(buffers.at(name), 0, next<size_t>(in));
  if (command == "free") return hipFree(buffers.at(name));
  const auto path = next<std::string>(in);
  if (command == "upload") {
    const std::string bytes = readFile(path);
    return hipMemcpy(buffers.at(name), bytes.data(), bytes.size(), hipMemcpyHostToDevice);
  }
  if (command == "export") {
    hipIpcMemHandle_t handle;
    const hipError_t e = hipIpcGetMemHandle(&handle, buffers.at(name));
    std::ofstream(path, std::ios::binary).write(handle.reserved, sizeof handle);
    return e;
  }
  if (command == "import") {
    hipIpcMemHandle_t handle;
    std::memcpy(&handle, readFile(path).data(), sizeof handle);
    return hipIpcOpenMemHandle(reinterpret_cast<void**>(&buffers[name]), handle, 1);
  }
  size_t size = 0;
  if (hipError_t e = hipMemGetAddressRange(nullptr, &size, buffers.at(name))) return e;
  std::vector<char> bytes(size);
  const hipError_t e = hipMemcpy(bytes.data(), buffers.at(name), size, hipMemcpyDeviceToHost);
  std::ofstream(path, std::ios::binary).write(bytes.data(), std::streamsize(size));
  return e;
}

hipError_t onStreams(const std::string& command, std::istringstream& in) {
  if (command == "copy") {
    hipStream_t s = stream(in);
    char *to = place(next<std::string>(in)), *from = place(next<std::string>(in));
    return hipMemcpyAsync(to, from, next<size_t>(in), hipMemcpyDefault, s);
  }
  if (command == "copy2d") {
    hipStream_t s = stream(in);
    char* to = place(next<std::string>(in));
    const auto toPitch = next<size_t>(in);
    char* from = place(next<std::string>(in));
    const auto fromPitch = next<size_t>(in), width = next<size_t>(in);
    return hipMemcpy2DAsync(to, toPitch, from, fromPitch, width, next<size_t>(in), hipMemcpyDefault, s);
  }
  if (command == "set") {
    hipStream_t s = stream(in);
    char* to = place(next<std::string>(in));
    const int byte = next<int>(in);
    return hipMemsetAsync(to, byte, next<size_t>(in), s);
  }
  if (command == "record" || command == "recordexternal") {
    hipEvent_t e = events.at(next<std::string>(in));
    return hipEventRecordWithFlags(e, stream(in), command == "record" ? 0 : 1);
  }
  if (command == "wait" || command == "waitexternal") {
    hipStream_t s = stream(in);
    return hipStreamWaitEvent(s, events.at(next<std::string>(in)), command == "wait" ? 0 : 1);
  }
  if (command == "elapsed") {
    hipEvent_t a = events.at(next<std::string>(in)), b = events.at(next<std::string>(in));
    float milliseconds = 0;
    const hipError_t e = hipEventElapsedTime(&milliseconds, a, b);
    std::cout << "elapsed " << milliseconds << "\n";
    return e;
  }
  hipStream_t s = stream(in);
  if (command == "capture") return hipStreamBeginCapture(s, hipStreamCaptureModeGlobal);
  if (command == "sync") return hipStreamSynchronize(s);
  if (command == "query") return hipStreamQuery(s);
  if (command == "endcapture") {
    hipGraph_t graph;
    if (hipError_t e = hipStreamEndCapture(s, &graph)) return e;
    return hipGraphInstantiate(&graphs[next<std::string>(in)], graph, nullptr, nullptr, 0);
  }
  char* at = place(next<std::string>(in));
  if (command == "waitvalue") return hipStreamWaitValue32(s, at, next<uint32_t>(in), 0, ~0u);
  if (command == "writevalue") return hipStreamWriteValue32(s, at, next<uint32_t>(in), 0);
  throw std::runtime_error("unknown command");
}

hipError_t asHip(ncclResult_t result) { return result == ncclSuccess ? hipSuccess : hipErrorUnknown; }

hipError_t collective(std::istringstream& in) {
  const auto kind = next<std::string>(in);
  hipStream_t s = stream(in);
  ncclComm_t comm = comms.at(next<size_t>(in));
  char *send = place(next<std::string>(in)), *receive = place(next<std::string>(in));
  const auto count = next<size_t>(in);
  const auto type = ncclDataType_t(next<int>(in));
  const int op = next<int>(in);  // or the root
  if (kind == "allreduce") return asHip(ncclAllReduce(send, receive, count, type, ncclRedOp_t(op), comm, s));
  if (kind == "reduce") return asHip(ncclReduce(send, receive, count, type, ncclSum, op, comm, s));
  if (kind == "broadcast") return asHip(ncclBroadcast(send, receive, count, type, op, comm, s));
  if (kind == "allgather") return asHip(ncclAllGather(send, receive, count, type, comm, s));
  return asHip(ncclReduceScatter(send, receive, count, type, ncclRedOp_t(op), comm, s));
}

hipError_t transfer(bool send, std::istringstream& in) {
  hipStream_t s = stream(in);
  ncclComm_t comm = comms.at(next<size_t>(in));
  char* at = place(next<std::string>(in));
  const auto count = next<size_t>(in);
  const auto type = ncclDataType_t(next<int>(in));
  const int peer = next<int>(in);
  return asHip(send ? ncclSend(at, count, type, peer, comm, s) : ncclRecv(at, count, type, peer, comm, s));
}

hipError_t run(const std::string& command, std::istringstream& in) {
  if (command == "device") return hipSetDevice(next<int>(in));
  if (command == "module") {
    const auto name = next<std::string>(in);
    return hipModuleLoad(&modules[name], next<std::string>(in).c_str());
  }
  if (command == "stream") return hipStreamCreateWithFlags(&streams[next<std::string>(in)], hipStreamNonBlocking);
  if (command == "event") return hipEventCreateWithFlags(&events[next<std::string>(in)], 0);
  if (command == "launch") return launch(in);
  if (command == "struct") return makeStruct(in);
  if (command == "place") {
    char* to = place(next<std::string>(in));
    const std::vector<char>& bytes = structs.at(next<std::string>(in));
    return hipMemcpy(to, bytes.data(), bytes.size(), hipMemcpyHostToDevice);
  }
  if (command == "comm") {
    comms.resize(next<size_t>(in));
    return asHip(ncclCommInitAll(comms.data(), int(comms.size()), nullptr));
  }
  if (command == "collective") return collective(in);
  if (command == "send" || command == "receive") return transfer(command == "send", in);
  if (command == "group") return asHip(ncclGroupStart());
  if (command == "endgroup") return asHip(ncclGroupEnd());
  if (command == "devsync") return hipDeviceSynchronize();
  if (command == "reset") return hipDeviceReset();
  if (command == "peer") {
    hipSetDevice(next<int>(in));
    return hipDeviceEnablePeerAccess(next<int>(in), 0);
  }
  if (command == "replay") {
    hipGraphExec_t graph = graphs.at(next<std::string>(in));
    return hipGraphLaunch(graph, stream(in));
  }
  if (command == "clock") {
    static auto last = std::chrono::steady_clock::now();
    const auto now = std::chrono::steady_clock::now();
    std::cout << "clock " << std::chrono::duration<double, std::milli>(now - last).count() << "\n";
    last = now;
    return hipSuccess;
  }
  static const char* const MEMORY[] = {"buffer", "uncached", "host", "zero", "free", "upload", "download", "export", "import"};
  for (const char* name : MEMORY)
    if (command == name) return memory(command, in);
  return onStreams(command, in);
}

}  // namespace

int main() {
  if (hipError_t e = hipInit(0)) {
    std::cout << "error " << hipGetErrorName(e) << "\n";
    return 1;
  }
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream in(line);
    std::string command;
    if (!(in >> command) || command[0] == '#') continue;
    try {
      const hipError_t e = run(command, in);
      if (e) std::cout << "error " << hipGetErrorName(e) << ": " << fault() << "\n";
      else std::cout << "ok\n";
    } catch (const std::exception& e) {
      std::cout << "bad line: " << line << ": " << e.what() << "\n";
    }
    std::cout.flush();
  }
}
