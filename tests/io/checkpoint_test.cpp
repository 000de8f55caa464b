#include "eigenflow/io/checkpoint.hpp"

#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "eigenflow/data/two_moons.hpp"
#include "eigenflow/eigenflow.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/temporary_folder.hpp"

namespace ef = eigenflow;

namespace {

struct Interruption {};

using Block = ef::Chain<ef::AffineCoupling<float, 2>, ef::Permutation<float, 2>>;

/// A flow with statistics, random permutations and dropout: whatever a fit may carry along.
auto make_flow(std::uint64_t seed) {
  ef::Rng rng(seed);
  return ef::Flow{
      ef::Chain{ef::Standardize<float, 2>(), ef::ActNorm<float, 2>(),
                ef::Stack(2, Block{ef::AffineCoupling<float, 2>({}, {.hidden = {8}, .dropout = 0.1}),
                                   ef::Permutation<float, 2>()})},
      ef::DiagonalNormal<float, 2>(), rng};
}

const auto data = [] {
  ef::Rng rng(1);
  return ef::two_moons<float>(700, rng);
}();

ef::FitOptions<float> options() {
  return {.epochs = 12,
          .batch_size = 100,
          .schedule = ef::warm_up(5, ef::cosine_schedule()),
          .clip_norm = 1,
          .seed = 5,
          .progress = false};
}

/// Fits with an interruption after each of these epochs, every time from a fresh flow, as a program started anew
/// has.
template <class Optimizer>
auto interrupted_fit(ef::FitOptions<float> how, const Optimizer& optimizer,
                     std::vector<Eigen::Index> interruptions) {
  const TemporaryFolder folder;
  interruptions.push_back(-1);
  for (std::size_t i = 0;; ++i) {
    auto flow = make_flow(100 + i);
    how.checkpoints = ef::checkpoint_file(flow, folder / "run");
    how.callback = [&](const ef::Epoch& epoch) {
      if (epoch.epoch == interruptions[i]) throw Interruption();
      return true;
    };
    try {
      const ef::History history = ef::fit(flow, data, how, optimizer);
      return std::pair(flow, history);
    } catch (const Interruption&) {
    }
  }
}

template <class Optimizer>
void goes_on_to_the_same_bits(const ef::FitOptions<float>& how, const Optimizer& optimizer) {
  auto whole = make_flow(100);
  const ef::History expected = ef::fit(whole, data, how, optimizer);
  for (const std::vector<Eigen::Index>& interruptions :
       {std::vector<Eigen::Index>{4}, std::vector<Eigen::Index>{0, 1, 2, 6, 7}}) {
    const auto [flow, history] = interrupted_fit(how, optimizer, interruptions);
    CHECK(flow.parameters() == whole.parameters());
    CHECK(flow.log_prob(data) == whole.log_prob(data));
    CHECK(history.best_epoch == expected.best_epoch);
    CHECK(history.best_loss == expected.best_loss);
    CHECK(history.stopped == expected.stopped);
    REQUIRE(history.epochs.size() == expected.epochs.size());
    for (std::size_t i = 0; i < history.epochs.size(); ++i) {
      CHECK(history.epochs[i].training_loss == expected.epochs[i].training_loss);
      CHECK(history.epochs[i].validation_loss == expected.epochs[i].validation_loss);
      CHECK(history.epochs[i].gradient_norm == expected.epochs[i].gradient_norm);
    }
  }
}

template <class Work>
std::string message(const Work& work) {
  try {
    work();
  } catch (const std::exception& problem) {
    return problem.what();
  }
  return "";
}

/// What a fit says to the checkpoint in this file, which it must refuse; its flow stays as it was.
std::string refusal(const std::filesystem::path& file, ef::FitOptions<float> how) {
  auto untouched = make_flow(2);
  const auto theta = untouched.parameters().eval();
  how.checkpoints = ef::checkpoint_file(untouched, file);
  const std::string text = message([&] { ef::fit(untouched, data, how); });
  CHECK(untouched.parameters() == theta);
  return text;
}

}  // namespace

TEST_CASE("a fit that was interrupted once or five times ends with the bits of one that was not") {
  goes_on_to_the_same_bits(options(), ef::Adam{});
  goes_on_to_the_same_bits(options(), ef::AdamW{});
  goes_on_to_the_same_bits(options(), ef::Sgd{.momentum = 0.9});
}

TEST_CASE("an interrupted fit loses its patience where it would have") {
  auto how = options();
  how.learning_rate = 0.3;  // soon no better
  how.schedule = ef::constant_schedule();
  how.patience = 2;
  how.epochs = 60;
  auto whole = make_flow(100);
  const ef::History expected = ef::fit(whole, data, how);
  REQUIRE(expected.stopped == ef::Stopped::patience);
  const auto last = static_cast<Eigen::Index>(expected.epochs.size()) - 1;
  for (const Eigen::Index at : {last - 1, last}) {
    const auto [flow, history] = interrupted_fit(how, ef::Adam{}, {at});
    CHECK(history.stopped == ef::Stopped::patience);
    CHECK(history.epochs.size() == expected.epochs.size());
    CHECK(flow.parameters() == whole.parameters());
  }
}

TEST_CASE("a fit to a target goes on to the same bits") {
  const auto target = [](const auto& x, auto& log_p, auto& grad) {
    grad = -x;
    log_p = -x.rowwise().squaredNorm() / 2;
  };
  const TemporaryFolder folder;
  const auto fit = [&](std::uint64_t seed, Eigen::Index stop, bool keep) {
    ef::Rng rng(seed);
    ef::Flow flow{ef::Planar<double, 2>(), rng};
    ef::TargetFitOptions how{
        .steps = 60, .batch_size = 16, .annealing = 30, .epoch_steps = 10, .progress = false};
    if (keep) how.checkpoints = ef::checkpoint_file(flow, folder / "run");
    how.callback = [&](const ef::Epoch& epoch) {
      if (epoch.epoch == stop) throw Interruption();
      return true;
    };
    ef::fit(flow, target, how);
    return ef::VectorX<double>(flow.parameters());
  };
  const auto expected = fit(1, -1, false);
  CHECK_THROWS_AS(fit(1, 2, true), Interruption);
  CHECK(fit(2, -1, true) == expected);
}

TEST_CASE("checkpoints may be kept every few epochs, and a finished fit stays finished") {
  const TemporaryFolder folder;
  auto how = options();
  auto flow = make_flow(1);
  how.checkpoints = ef::checkpoint_file(flow, folder / "run", 5);
  std::vector<bool> there;
  how.callback = [&](const ef::Epoch&) {
    there.push_back(std::filesystem::exists(folder / "run"));
    return true;
  };
  ef::fit(flow, data, how);
  CHECK(there ==
        std::vector<bool>{false, false, false, false, true, true, true, true, true, true, true, true});

  auto again = make_flow(2);
  how.checkpoints = ef::checkpoint_file(again, folder / "run", 5);
  there.clear();
  const ef::History history = ef::fit(again, data, how);
  CHECK(there.empty());
  CHECK(history.epochs.size() == 12);
  CHECK(again.parameters() == flow.parameters());

  auto model = make_flow(3);  // a checkpoint is a model file of the best parameters
  ef::load(model, folder / "run");
  CHECK(model.parameters() == flow.parameters());
}

TEST_CASE("the last epoch is kept, whoever ended the fit") {
  const TemporaryFolder folder;
  auto how = options();
  auto flow = make_flow(1);
  how.checkpoints = ef::checkpoint_file(flow, folder / "run", 100);
  how.callback = [](const ef::Epoch& epoch) { return epoch.epoch < 2; };
  ef::fit(flow, data, how);
  auto again = make_flow(2);
  how.checkpoints = ef::checkpoint_file(again, folder / "run", 100);
  how.callback = [](const ef::Epoch&) { return false; };
  CHECK(ef::fit(again, data, how).epochs.size() == 4);  // three, and one more
}

TEST_CASE("a checkpoint of another fit, and a file that is none, are rejected") {
  const TemporaryFolder folder;
  auto how = options();
  auto flow = make_flow(1);
  how.checkpoints = ef::checkpoint_file(flow, folder / "run");
  how.epochs = 1;
  ef::fit(flow, data, how);
  using Catch::Matchers::ContainsSubstring;
  auto other = options();
  other.seed = 6;
  CHECK_THAT(refusal(folder / "run", other), ContainsSubstring("it has the seed 5"));
  other = options();
  other.batch_size = 50;
  CHECK_THAT(refusal(folder / "run", other), ContainsSubstring("6 steps an epoch"));
  CHECK_THAT(message([&] { ef::fit(flow, data, how, ef::Sgd{}); }), ContainsSubstring("another optimizer"));
  ef::save(flow, folder / "model");
  how.checkpoints = ef::checkpoint_file(flow, folder / "model");
  CHECK_THAT(message([&] { ef::fit(flow, data, how); }),
             ContainsSubstring("this is a model, but not a checkpoint"));
  how.checkpoints.every = 0;
  CHECK_THAT(message([&] { ef::fit(flow, data, how); }), ContainsSubstring("every so many epochs"));
}

TEST_CASE("a checkpoint that somebody broke is rejected with the tensor, and the flow stays as it was") {
  const TemporaryFolder folder;
  auto how = options();
  how.epochs = 1;
  auto flow = make_flow(1);
  const auto whole = ef::checkpoint_file(flow, folder / "run");
  how.checkpoints = whole;
  ef::fit(flow, data, how);
  const ef::FitState state = *whole.load();
  const auto bytes = ef::io::read_file(folder / "run");

  const auto with = [&](const auto& change) {
    ef::FitState changed = state;
    change(changed);
    whole.save(changed);
    return refusal(folder / "run", how);
  };
  const auto renamed = [&](std::string_view from, std::string_view to) {
    std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    REQUIRE(from.size() == to.size());
    ef::io::write_file(folder / "run", std::as_bytes(std::span(text.replace(at, to.size(), to))));
    return refusal(folder / "run", how);
  };
  using Catch::Matchers::ContainsSubstring;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THAT(with([&](auto& s) { s.theta[3] = nan; }), ContainsSubstring("'fit.theta' is not finite at 3"));
  CHECK_THAT(with([&](auto& s) { s.optimizer[0][1] = nan; }),
             ContainsSubstring("'fit.optimizer.0' is not finite at 1"));
  CHECK_THAT(with([&](auto& s) { s.theta.conservativeResize(3); }), ContainsSubstring("of another flow"));
  CHECK_THAT(with([&](auto& s) { s.history.epochs[0].steps = -1; }),
             ContainsSubstring("a number of steps in row 0"));
  CHECK_THAT(renamed(R"("fit.counts": {"dtype": "U64")", R"("fit.counts": {"dtype": "I64")"),
             ContainsSubstring("'fit.counts' should be U64 with 1 dimensions"));
  CHECK_THAT(renamed(R"("fit.history": {"dtype": "F64", "shape": [1, 7])",
                     R"("fit.history": {"dtype": "F64", "shape": [7, 1])"),
             ContainsSubstring("7 numbers an epoch"));
}
