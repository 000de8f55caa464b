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

/// Reports an error of a file: throws std::runtime_error, with its name.
[[noreturn]] inline void file_error(const std::filesystem::path& path, const std::string& what) {
  eigenflow::detail::raise<std::runtime_error>(path.string() + ": " + what);
}

namespace detail {

inline constexpr const char* not_written = "cannot be written (what was there is untouched)";

[[noreturn]] inline void system_error(const std::filesystem::path& path, const char* what) {
  const int code = errno;
  file_error(path, std::string(what) + ": " + std::generic_category().message(code));
}

/// Runs `work`. Exceptions that it throws get the name of the file.
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

/// All bytes of a file. Throws std::runtime_error if it cannot be read.
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

/// The file of a path, with its links resolved, even if the file does not exist yet.
inline std::filesystem::path behind_links(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path real = std::filesystem::canonical(path, error);
  if (!error) return real;
  real = path;
  for (int links = 0; std::filesystem::is_symlink(real, error); ++links) {
    if (links == 40) file_error(path, "cannot be written: its links lead in a circle");
    real = real.parent_path() / std::filesystem::read_symlink(real, error);
  }
  return real;
}

#if __has_include(<unistd.h>)

/// Writes a file piece by piece. `finish` gives it its name atomically: before (even after an error, a signal or with a
/// full disk) the name has the old bytes, afterwards the complete new ones. A link stays a link, and the mode of an old
/// file stays. Devices and pipes are written directly. Throws std::runtime_error with the name of the file.
///
/// If the system has files without a name (Linux, on most file systems), a killed process leaves nothing behind.
/// Elsewhere it may leave a file NAME.<process>.<n>.tmp.
class FileWriter {
 public:
  explicit FileWriter(const std::filesystem::path& path) : path_(path), target_(behind_links(path)) {
    struct stat old;
    const bool exists = ::stat(target_.c_str(), &old) == 0;
    if (!exists && errno != ENOENT) detail::system_error(path_, "cannot be written");
    if (exists && S_ISDIR(old.st_mode)) file_error(path_, "cannot be written: it is a folder");
    replaces_ = !exists || S_ISREG(old.st_mode);
    if (!replaces_)
      descriptor_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    else if (!open_nameless())
      open_draft();
    if (descriptor_ < 0) detail::system_error(path_, "cannot be written");
    if (exists && replaces_) static_cast<void>(::fchmod(descriptor_, old.st_mode & 07777));
  }
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;
  ~FileWriter() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!draft_.empty()) ::unlink(draft_.c_str());
  }

  /// Appends bytes.
  void write(std::span<const std::byte> bytes) {
    write_all(bytes, [&] { return ::write(descriptor_, bytes.data(), bytes.size()); });
  }
  /// Overwrites the beginning. Not for pipes.
  void write_over_beginning(std::span<const std::byte> bytes) {
    ::off_t place = 0;
    write_all(bytes, [&] {
      const ::ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), place);
      if (count > 0) place += count;
      return count;
    });
  }

  /// Ends the file and gives it its name, once all bytes are on the disk.
  void finish() {
    if (replaces_ && ::fsync(descriptor_) != 0) fail();
    if (replaces_ && draft_.empty()) name_it();
    if (::close(std::exchange(descriptor_, -1)) != 0) fail();
    if (!replaces_) return;
    if (!draft_.empty() && ::rename(draft_.c_str(), target_.c_str()) != 0) fail();
    draft_.clear();
    // Flush the folder's entry too. Some file systems do not allow it; the file is complete anyway.
    const int entry = ::open(folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (entry < 0) return;
    ::fsync(entry);
    ::close(entry);
  }

 private:
  [[noreturn]] void fail() const {
    detail::system_error(path_, replaces_ ? detail::not_written : "cannot be written");
  }
  std::filesystem::path folder() const { return target_.has_parent_path() ? target_.parent_path() : "."; }
  std::string draft_name() const {
    static std::atomic<int> count = 0;
    return target_.string() + '.' + std::to_string(::getpid()) + '.' + std::to_string(count++) + ".tmp";
  }
  std::string open_file() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

  // A file without a name; false if the system has none.
  bool open_nameless() {
#ifdef O_TMPFILE
    descriptor_ = ::open(folder().c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
    if (descriptor_ >= 0 && ::access(open_file().c_str(), F_OK) == 0) return true;
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
#endif
    return false;
  }
  // Gives the file without a name the name of its target if that is free, else the name of a draft.
  void name_it() {
    const std::string file = open_file();
    if (::linkat(AT_FDCWD, file.c_str(), AT_FDCWD, target_.c_str(), AT_SYMLINK_FOLLOW) == 0) return;
    while (errno == EEXIST) {
      const std::string draft = draft_name();
      if (::linkat(AT_FDCWD, file.c_str(), AT_FDCWD, draft.c_str(), AT_SYMLINK_FOLLOW) != 0) continue;
      draft_ = draft;
      return;
    }
    fail();
  }
  void open_draft() {
    do {
      draft_ = draft_name();
      descriptor_ = ::open(draft_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (descriptor_ < 0 && errno == EEXIST);
    if (descriptor_ < 0) draft_.clear();
  }
  template <class Write>
  void write_all(std::span<const std::byte>& bytes, const Write& write) {
    while (!bytes.empty()) {
      const ::ssize_t count = write();
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail();
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  std::filesystem::path path_, target_;  // as given; with links resolved
  bool replaces_ = true;                 // false for a device or a pipe
  std::string draft_;                    // its temporary name, if it has one
  int descriptor_ = -1;
};

#else

class FileWriter {
 public:
  explicit FileWriter(const std::filesystem::path& path)
      : path_(path), target_(behind_links(path)), draft_(target_.string() + ".tmp") {
    std::error_code error;
    if (std::filesystem::is_directory(target_, error)) file_error(path_, "cannot be written: it is a folder");
    file_ = std::fopen(draft_.string().c_str(), "wb");
    if (!file_) detail::system_error(path_, "cannot be written");
  }
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;
  ~FileWriter() {
    if (file_) std::fclose(file_);
    std::error_code ignored;
    if (!draft_.empty()) std::filesystem::remove(draft_, ignored);
  }
  void write(std::span<const std::byte> bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size())
      file_error(path_, detail::not_written);
  }
  void write_over_beginning(std::span<const std::byte> bytes) {
    if (std::fseek(file_, 0, SEEK_SET) != 0) file_error(path_, detail::not_written);
    write(bytes);
  }
  void finish() {
    if (std::fclose(std::exchange(file_, nullptr)) != 0) file_error(path_, detail::not_written);
    std::error_code error;
    std::filesystem::rename(draft_, target_, error);
    if (error) file_error(path_, detail::not_written);
    draft_.clear();
  }

 private:
  std::filesystem::path path_, target_, draft_;
  std::FILE* file_ = nullptr;
};

#endif

/// Throws std::runtime_error, with the name of the file, unless `write_file` can make or replace it: the folder must
/// exist and be writable, and the name must be valid. Changes nothing. Call it before a long computation. It cannot
/// know whether the disk will be full later.
inline void check_writable(const std::filesystem::path& path) {
  std::error_code error;
  if (!path.has_filename()) file_error(path, "cannot be written: it has no name");
  const bool waits = std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error) &&
                     !std::filesystem::is_directory(path, error);
  if (!waits) FileWriter{path};  // a pipe would wait for its reader
}

/// Replaces or makes a file atomically: even after a crash or with a full disk, the name has either the old bytes or
/// the complete new ones. Throws std::runtime_error if it fails. See FileWriter.
inline void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  if (!path.has_filename()) file_error(path, "cannot be written: it has no name");
  FileWriter file(path);
  file.write(bytes);
  file.finish();
}

}  // namespace eigenflow::io
