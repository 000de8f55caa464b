#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#if __has_include(<unistd.h>)
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "eigenflow/text/error.hpp"

namespace eigenflow::io {

/// Something is wrong with a file: std::runtime_error, with its name.
[[noreturn]] inline void file_error(const std::filesystem::path& path, const std::string& what) {
  eigenflow::detail::raise<std::runtime_error>(path.string() + ": " + what);
}

namespace detail {

inline constexpr const char* not_written = "cannot be written (what was there is untouched)";

[[noreturn]] inline void system_error(const std::filesystem::path& path, const char* what) {
  const int code = errno;
  file_error(path, std::string(what) + ": " + std::generic_category().message(code));
}

/// Runs `work`, and names the file in what it throws.
template <class Work>
decltype(auto) naming([[maybe_unused]] const std::filesystem::path& path, const Work& work) {
#if EIGENFLOW_HAS_EXCEPTIONS
  try {
    return work();
  } catch (const std::invalid_argument& problem) {
    file_error(path, problem.what());
  }
#else
  return work();
#endif
}

}  // namespace detail

/// All bytes of a file. Throws std::runtime_error when it cannot be read.
inline std::vector<std::byte> read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) file_error(path, "cannot be read: it is a folder");
  std::FILE* const file = std::fopen(path.string().c_str(), "rb");
  if (!file) detail::system_error(path, "cannot be read");
  std::vector<std::byte> bytes;
  const auto size = std::filesystem::file_size(path, error);
  if (!error) bytes.reserve(static_cast<std::size_t>(size));
  std::byte piece[1 << 14];
  for (std::size_t count; (count = std::fread(piece, 1, sizeof piece, file)) > 0;)
    bytes.insert(bytes.end(), piece, piece + count);
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed) file_error(path, "cannot be read to its end");
  return bytes;
}

#if __has_include(<unistd.h>)

namespace detail {

/// A file under a name of its own beside the one that it is to become; removed unless it does.
class Draft {
 public:
  explicit Draft(const std::filesystem::path& path) : target_(resolved(path)) {
    static std::atomic<int> count = 0;
    do {
      path_ = target_.string() + '.' + std::to_string(::getpid()) + '.' + std::to_string(count++) + ".tmp";
      descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (descriptor_ < 0 && errno == EEXIST);
    if (descriptor_ < 0) system_error(path, "cannot be written");
    struct stat old;
    if (::stat(target_.c_str(), &old) == 0) static_cast<void>(::fchmod(descriptor_, old.st_mode & 07777));
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ::ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) system_error(target_, not_written);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }
  /// Takes the target's name, once all bytes are on the disk.
  void become_target() {
    if (::fsync(descriptor_) != 0) system_error(target_, not_written);
    if (::close(std::exchange(descriptor_, -1)) != 0 || ::rename(path_.c_str(), target_.c_str()) != 0)
      system_error(target_, not_written);
    path_.clear();
    // The folder's entry too; some file systems refuse that, and the file is whole without.
    const std::filesystem::path folder = target_.has_parent_path() ? target_.parent_path() : ".";
    const int entry = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (entry < 0) return;
    ::fsync(entry);
    ::close(entry);
  }

 private:
  // A link stays a link.
  static std::filesystem::path resolved(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::path real = std::filesystem::canonical(path, error);
    return error ? path : real;
  }

  std::filesystem::path target_;
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace detail

#else

namespace detail {

/// A file beside the one that it is to become; removed unless it does.
class Draft {
 public:
  explicit Draft(const std::filesystem::path& target)
      : target_(target), path_(target.string() + ".tmp"), file_(std::fopen(path_.string().c_str(), "wb")) {
    if (!file_) system_error(target, "cannot be written");
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (file_) std::fclose(file_);
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove(path_, error);
  }

  void write(std::span<const std::byte> bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) file_error(target_, not_written);
  }
  void become_target() {
    if (std::fclose(std::exchange(file_, nullptr)) != 0) file_error(target_, not_written);
    std::error_code error;
    std::filesystem::rename(path_, target_, error);
    if (error) file_error(target_, not_written);
    path_.clear();
  }

 private:
  std::filesystem::path target_, path_;
  std::FILE* file_;
};

}  // namespace detail

#endif

namespace detail {

/// The draft of a file that is no folder and has a name.
inline Draft draft_of(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) file_error(path, "cannot be written: it is a folder");
  if (!path.has_filename()) file_error(path, "cannot be written: it has no name");
  return Draft(path);
}

}  // namespace detail

/// Throws std::runtime_error, with the file's name, unless `write_file` can make or replace this file: the folder should
/// be there and let one write, and the name should be one that it takes. What is there stays untouched. Check it before
/// a long computation; that the disk fills up later it cannot know.
inline void check_writable(const std::filesystem::path& path) {
  const detail::Draft draft = detail::draft_of(path);
}

/// Replaces a file, or makes it, all at once: whatever happens meanwhile (a crash, a full disk), the name stands for
/// the old bytes or the new ones, whole. Throws std::runtime_error when it cannot; a killed process may leave a
/// file NAME.<process>.<n>.tmp beside it.
inline void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  detail::Draft draft = detail::draft_of(path);
  draft.write(bytes);
  draft.become_target();
}

}  // namespace eigenflow::io
