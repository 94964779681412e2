#include "rccl/clique.h"

#include <algorithm>
#include <cstring>

namespace emu {

void Clique::fail(const std::string& text) {
  for (ncclComm_t comm : comms) {
    if (!comm) continue;
    comm->error = ncclInvalidUsage;
    hipEmuFail(comm->device, hipErrorLaunchFailure, text.c_str());
  }
}

void Clique::arrive(const CollectiveCall& call, void* token) {
  std::vector<Arrival> all;
  {
    std::lock_guard<std::mutex> hold(lock);
    if (call.comm->aborted) {
      hipEmuFinish(token);
      return;
    }
    const unsigned long long number = call.comm->executed++;
    std::vector<Arrival>& meeting = meetings[number];
    meeting.push_back({call, token});
    if (meeting.size() < comms.size()) return;
    all = std::move(meeting);
    meetings.erase(number);
    std::sort(all.begin(), all.end(), [](const Arrival& a, const Arrival& b) { return a.call.comm->rank < b.call.comm->rank; });
    const CollectiveCall& first = all[0].call;
    bool same = true;
    for (const Arrival& a : all)
      same &= a.call.kind == first.kind && a.call.count == first.count && a.call.type == first.type && a.call.op == first.op &&
              a.call.root == first.root;
    if (!same) {
      fail("RCCL (emulated): the ranks' collectives differ in kind, count, type, operation or root");
    } else {
      std::vector<CollectiveCall> calls;
      for (const Arrival& a : all) calls.push_back(a.call);
      perform(calls);
    }
  }
  for (const Arrival& a : all) hipEmuFinish(a.token);
}

void Clique::arrive(const PointToPoint& call, void* token) {
  std::vector<void*> finished;
  {
    std::lock_guard<std::mutex> hold(lock);
    auto group = std::make_shared<Group>(Group{call.comm, token, call.parts.size()});
    if (call.comm->aborted || call.parts.empty()) finished.push_back(token);
    else
      for (const PointToPoint::Part& part : call.parts) {
        const std::pair<int, int> way = part.send ? std::make_pair(call.comm->rank, part.peer) : std::make_pair(part.peer, call.comm->rank);
        (part.send ? sends : receives)[way].push_back({part.data, part.bytes, group});
        auto &from = sends[way], &to = receives[way];
        while (!from.empty() && !to.empty()) {
          if (from.front().bytes != to.front().bytes) fail("RCCL (emulated): a send and its receive differ in size");
          else if (from.front().bytes) std::memmove(to.front().data, from.front().data, from.front().bytes);
          for (auto* queue : {&from, &to}) {
            if (--queue->front().group->open == 0) finished.push_back(queue->front().group->token);
            queue->pop_front();
          }
        }
      }
  }
  for (void* t : finished) hipEmuFinish(t);
}

void Clique::abandon(ncclComm_t comm) {
  std::vector<void*> finished;
  {
    std::lock_guard<std::mutex> hold(lock);
    comm->aborted = true;
    for (auto& [number, meeting] : meetings)
      for (auto it = meeting.begin(); it != meeting.end();)
        if (it->call.comm == comm) {
          finished.push_back(it->token);
          it = meeting.erase(it);
        } else {
          ++it;
        }
    for (auto* side : {&sends, &receives})
      for (auto& [way, queue] : *side)
        for (auto it = queue.begin(); it != queue.end();)
          if (it->group->comm == comm) {
            if (it->group->token) finished.push_back(it->group->token);
            it->group->token = nullptr;
            it = queue.erase(it);
          } else {
            ++it;
          }
  }
  for (void* t : finished) hipEmuFinish(t);
}

}  // namespace emu
