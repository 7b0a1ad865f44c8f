// SPDX-License-Identifier: Apache-2.0
#include "obs/trace_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/varint.hpp"
#include "identity/keys.hpp"
#include "trace.pb.h"

namespace grapevine::obs {
namespace {

using gossipsub::Recorded;
using Kind = Recorded::Kind;

class TraceFiles : public testing::Test {
 protected:
  ~TraceFiles() override { std::filesystem::remove_all(folder_); }
  TraceFile::Setup setup(TraceFormat format) const {
    return {path(),
            format,
            KeyPair::from_ed25519_seed(Rng::Seed{1}).peer_id(),
            pubsub::ids::sha256_data,
            {},
            {}};
  }
  std::string path() const { return folder_ + "/trace"; }
  std::string content() const {
    std::ifstream file{path(), std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

 private:
  static std::string make() {
    std::string name = std::filesystem::temp_directory_path() / "grapevine-trace-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    return name;
  }
  const std::string folder_ = make();
};

Recorded joined(std::string topic) { return {Kind::join, {}, std::move(topic), {}, {}, {}}; }

TEST_F(TraceFiles, OfJsonHoldALineForEveryEventInOrder) {
  {
    const auto file = *TraceFile::open(setup(TraceFormat::json));
    for (int i = 0; i < 1000; ++i) file->add(joined("t" + std::to_string(i)), i);
  }

  const auto text = content();
  EXPECT_EQ(std::ranges::count(text, '\n'), 1000);
  EXPECT_LT(text.find("\"timestamp\":0,\"join\":{\"topic\":\"t0\"}"),
            text.find("\"timestamp\":999,\"join\":{\"topic\":\"t999\"}"));
}

TEST_F(TraceFiles, OfProtobufHoldEachEventBehindItsLength) {
  {
    const auto file = *TraceFile::open(setup(TraceFormat::protobuf));
    for (int i = 0; i < 300; ++i) file->add(joined("t" + std::to_string(i)), i);
  }

  const auto bytes = content();
  base::ByteReader in{as_bytes(bytes)};
  for (int i = 0; i < 300; ++i) {
    const auto body = base::take_frame(in, 1000);
    ASSERT_TRUE(body && *body) << i;
    trace::TraceEvent event;
    ASSERT_TRUE(event.ParseFromArray((*body)->data(), static_cast<int>((*body)->size())));
    EXPECT_EQ(event.timestamp(), i);
    EXPECT_EQ(event.join().topic(), "t" + std::to_string(i));
  }
  EXPECT_EQ(in.remaining(), 0u);
}

TEST_F(TraceFiles, CountWhatFindsNoRoomInTheBuffer) {
  auto small = setup(TraceFormat::json);
  small.limits.buffer_bytes_max = 10;  // less than any event
  const auto file = *TraceFile::open(std::move(small));

  file->add(joined("t"), 0);
  file->add(joined("t"), 0);

  EXPECT_EQ(file->lost(), 2u);
  EXPECT_EQ(file->written(), 0u);
}

TEST_F(TraceFiles, GrowNoFurtherThanTheyMayAndSaySoOnce) {
  int failures = 0;
  auto small = setup(TraceFormat::json);
  small.limits.file_bytes_max = 150;  // one event and not two
  small.on_failure = [&](std::string_view why) {
    ++failures;
    EXPECT_NE(why.find("largest size"), why.npos);
  };
  {
    auto file = *TraceFile::open(std::move(small));
    file->add(joined("first"), 0);
    while (file->written() + file->lost() < 1) std::this_thread::yield();
    file->add(joined("second"), 0);
    file->add(joined("third"), 0);
  }

  EXPECT_EQ(std::ranges::count(content(), '\n'), 1);
  EXPECT_EQ(failures, 1);
}

TEST_F(TraceFiles, AreForTheirOwnerOnly) {
  const auto file = *TraceFile::open(setup(TraceFormat::json));

  struct stat about{};
  ASSERT_EQ(::stat(path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777u, 0600u);
}

TEST_F(TraceFiles, ThatCannotBeOpenedSayWhy) {
  auto impossible = setup(TraceFormat::json);
  impossible.path += "/under/a/file/that/is/not/there";

  const auto file = TraceFile::open(std::move(impossible));

  ASSERT_FALSE(file);
  EXPECT_NE(file.error().find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace grapevine::obs
