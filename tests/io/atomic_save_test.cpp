#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "eigenflow/io/file.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/temporary_folder.hpp"

// The name of a file stands for the old bytes or the new ones, whole, whatever happens while it is written.

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;

namespace {

using Bytes = std::vector<std::byte>;

/// Runs `work` in a child process; returns the child.
template <class Work>
::pid_t start(const Work& work) {
  const ::pid_t child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  return child;
}

int wait_for(::pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

/// Kills a process that saves two files in turn, again and again, at random moments.
void kill_while_saving(int times) {
  const TemporaryFolder folder;
  const auto path = folder / "model";
  const Bytes first(200'000, std::byte{1}), second(300'001, std::byte{2});
  ef::io::write_file(path, first);
  ef::Rng rng(3);
  int seen_second = 0;
  for (int i = 0; i < times; ++i) {
    const ::pid_t child = start([&] {
      for (;;) {
        ef::io::write_file(path, second);
        ef::io::write_file(path, first);
      }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(rng.below(20'000)));
    ::kill(child, SIGKILL);
    REQUIRE(WIFSIGNALED(wait_for(child)));
    const Bytes found = ef::io::read_file(path);
    seen_second += found == second;
    REQUIRE((found == first || found == second));
  }
  if (times >= 200) CHECK(seen_second > 0);
  ef::io::write_file(path, second);  // what the killed left behind is in nobody's way
  CHECK(ef::io::read_file(path) == second);
}

std::size_t files_in(const std::filesystem::path& folder) {
  const std::filesystem::directory_iterator begin(folder), end;
  return static_cast<std::size_t>(std::distance(begin, end));
}

}  // namespace

TEST_CASE("a save that is killed at a random moment leaves the old file or the new one") {
  kill_while_saving(20);
}

TEST_CASE("two hundred saves that are killed", "[slow]") {
  kill_while_saving(200);
}

TEST_CASE("a disk that is full leaves the old file whole, and no other behind") {
  const TemporaryFolder folder;
  const auto path = folder / "model";
  const Bytes old(1'000, std::byte{1}), larger(100'000, std::byte{2});
  ef::io::write_file(path, old);
  const ::pid_t child = start([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const ::rlimit limit{50'000, 50'000};  // no file may become larger
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      ef::io::write_file(path, larger);
    } catch (const std::runtime_error& problem) {
      const std::string text = problem.what();
      ::_exit(text.find("model: cannot be written (what was there is untouched): File too large") !=
                      std::string::npos
                  ? 7
                  : 1);
    }
  });
  const int status = wait_for(child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
  CHECK(ef::io::read_file(path) == old);
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a folder is not replaced by a file, and nothing is left beside it") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "model");
  CHECK_THROWS_WITH(ef::io::write_file(folder / "model", Bytes(10)),
                    Catch::Matchers::ContainsSubstring("model: cannot be written: it is a folder"));
  CHECK(std::filesystem::is_directory(folder / "model"));
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a file keeps its mode, and a link stays a link") {
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  const Bytes bytes(10, std::byte{1});
  ef::io::write_file(folder / "model", bytes);
  fs::permissions(folder / "model", fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  fs::create_symlink(folder / "model", folder / "link");
  ef::io::write_file(folder / "link", Bytes(20, std::byte{2}));
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(fs::file_size(folder / "model") == 20);
  CHECK(fs::status(folder / "model").permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read));
  CHECK(files_in(folder.path()) == 2);
}

TEST_CASE("whether a file can be written is known before it is, and the check leaves nothing behind") {
  const TemporaryFolder folder;
  ef::io::check_writable(folder / "new");
  CHECK(files_in(folder.path()) == 0);
  ef::io::write_file(folder / "old", Bytes(3, std::byte{1}));
  ef::io::check_writable(folder / "old");
  CHECK(ef::io::read_file(folder / "old") == Bytes(3, std::byte{1}));
  std::filesystem::create_symlink(folder / "old", folder / "link");
  ef::io::check_writable(folder / "link");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(files_in(folder.path()) == 2);

  // What the check refuses, a save refuses with the same words.
  const auto refused = [](const std::filesystem::path& path, const char* why) {
    INFO(path);
    CHECK_THROWS_WITH(ef::io::check_writable(path), ContainsSubstring(why));
    CHECK_THROWS_WITH(ef::io::write_file(path, Bytes(3)), ContainsSubstring(why));
  };
  refused(folder.path(), "cannot be written: it is a folder");
  refused(folder / "", "cannot be written");
  refused("", "cannot be written: it has no name");
  refused(folder / "none" / "model", "cannot be written: No such file or directory");
  refused(folder / "old" / "model", "cannot be written: Not a directory");
  refused(folder / std::string(300, 'x'), "cannot be written: File name too long");
  CHECK(files_in(folder.path()) == 2);
}

TEST_CASE("a link to a file that is not there yet makes it, and links in a circle are rejected") {
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  fs::create_directory(folder / "there");
  fs::create_symlink("there/model", folder / "first");
  fs::create_symlink(folder / "first", folder / "second");
  fs::create_symlink("round", folder / "round");
  for (int size : {10, 20}) {
    ef::io::write_file(folder / "second", Bytes(static_cast<std::size_t>(size)));
    CHECK(fs::is_symlink(folder / "first"));
    CHECK(fs::is_symlink(folder / "second"));
    CHECK(fs::file_size(folder / "there/model") == static_cast<std::size_t>(size));
  }
  CHECK_THROWS_WITH(ef::io::write_file(folder / "round", Bytes(10)),
                    Catch::Matchers::ContainsSubstring("links lead in a circle"));
}

TEST_CASE("a device is written to, and stays one") {
  namespace fs = std::filesystem;
  if (!fs::is_character_file("/dev/full")) return;
  const TemporaryFolder folder;
  fs::create_symlink("/dev/full", folder / "full");
  for (const fs::path& path : {fs::path("/dev/full"), folder / "full"})
    CHECK_THROWS_WITH(ef::io::write_file(path, Bytes(10)),
                      Catch::Matchers::ContainsSubstring("cannot be written: No space left on device"));
  CHECK(fs::is_character_file("/dev/full"));
  CHECK(fs::is_symlink(folder / "full"));
}

TEST_CASE("a file in pieces has its name once it is finished, and not before") {
  const TemporaryFolder folder;
  const auto path = folder / "model";
  const Bytes first(5, std::byte{1}), second(3, std::byte{2});
  {
    ef::io::FileWriter file(path);
    file.write(first);
  }
  CHECK(files_in(folder.path()) == 0);
  ef::io::FileWriter file(path);
  file.write(first);
  CHECK(!std::filesystem::exists(path));
  file.write(second);
  file.write_over_beginning(second);
  file.finish();
  CHECK(ef::io::read_file(path) == Bytes{std::byte{2}, std::byte{2}, std::byte{2}, std::byte{1}, std::byte{1},
                                         std::byte{2}, std::byte{2}, std::byte{2}});
  CHECK(files_in(folder.path()) == 1);
}

#if defined(__linux__)
TEST_CASE("a writer that is killed before it finishes leaves nothing") {
  const TemporaryFolder folder;
  const ::pid_t child = start([&] {
    ef::io::FileWriter file(folder / "model");
    file.write(Bytes(100'000));
    ::raise(SIGKILL);
  });
  CHECK(WIFSIGNALED(wait_for(child)));
  const bool has_nameless_files = files_in(folder.path()) == 0;  // not on NFS, and older overlays
  if (!has_nameless_files) WARN("this file system has no files without names");
  ef::io::write_file(folder / "model", Bytes(10));
  CHECK(files_in(folder.path()) == (has_nameless_files ? 1 : 2));
}
#endif
