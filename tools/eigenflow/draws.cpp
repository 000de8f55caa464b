#include "draws.hpp"

#include <cstddef>
#include <cstdio>
#include <string>

#include "options.hpp"
#include "table/text.hpp"

namespace command {

CLI::Option* add_draws_option(CLI::App& subcommand, Eigen::Index& draws) {
  return add_whole(subcommand, "--draws", draws, 1, 1'000'000,
                   "Points of a unit that the probability of a whole number is taken from");
}

void say_draws(const Model& model, Eigen::Index draws) {
  std::string names;
  std::size_t count = 0;
  for (std::size_t j = 0; j < model.whole.size(); ++j)
    if (model.whole[j].is() && ++count <= 16)
      names += (names.empty() ? "" : ", ") + table::shown(model.columns[j]);
  if (count > 16) names = std::to_string(count) + " columns";
  if (!names.empty())
    std::fprintf(stderr, "%s: log-probabilities of whole numbers, by %td points of each unit (--draws)\n",
                 names.c_str(), static_cast<std::ptrdiff_t>(draws));
}

}  // namespace command
