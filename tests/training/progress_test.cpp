#include "eigenflow/training/progress.hpp"

#include <string>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"

#if __has_include(<unistd.h>) && __has_include(<fcntl.h>)

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace ef = eigenflow;

namespace {

// Sends a stream's descriptor elsewhere until it goes out of scope.
class Redirected {
 public:
  Redirected(std::FILE* stream, int to) : stream_(stream), kept_(dup(fileno(stream))) {
    std::fflush(stream_);
    dup2(to, fileno(stream_));
  }
  ~Redirected() {
    std::fflush(stream_);
    dup2(kept_, fileno(stream_));
    close(kept_);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

 private:
  std::FILE* stream_;
  int kept_;
};

void fit_something(bool progress) {
  ef::Rng rng(1);
  ef::Flow<ef::Permutation<double, 2>, ef::DiagonalNormal<double, 2>> flow{rng};
  ef::fit(flow, contract::random_normal<double>(100, 2, 1), {.epochs = 5, .progress = progress});
}

// What comes out of a descriptor up to the mark.
std::string read_up_to(const std::string& mark, int descriptor) {
  std::array<char, 256> buffer{};
  std::string text;
  while (!text.ends_with(mark)) {
    const auto count = read(descriptor, buffer.data(), buffer.size());
    if (count <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace

TEST_CASE("fit writes nothing when standard error is no terminal") {
  std::FILE* const file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    const Redirected error(stderr, fileno(file)), output(stdout, fileno(file));
    fit_something(true);
  }
  std::fseek(file, 0, SEEK_END);
  CHECK(std::ftell(file) == 0);
  std::fclose(file);
}

TEST_CASE("fit draws its progress on a terminal, wipes it at the end, and can be told not to") {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
    WARN("no pseudo-terminal here");
    return;
  }
  const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
  REQUIRE(terminal >= 0);
  const auto shown = [&](bool progress) {
    {
      const Redirected error(stderr, terminal);
      fit_something(progress);
      std::fprintf(stderr, "end");
    }
    return read_up_to("end", master);
  };
  CHECK(shown(false) == "end");
  const std::string text = shown(true);
  CHECK(text.find("step 1 of 5  loss ") != std::string::npos);
  CHECK(text.find("inf") == std::string::npos);
  CHECK(text.ends_with("\r\x1b[Kend"));
  close(terminal);
  close(master);
}

#endif
