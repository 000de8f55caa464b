#pragma once

#include <string>
#include <vector>

#include "entry.hpp"
#include "plan.hpp"

namespace command {

/// A race in a few lines: what took part, by the rows held out, and what was kept, with its share in `plan`. `kept` are
/// places among the entries.
std::vector<std::string> lines_of(const Entries& entries, const Plan& plan,
                                  const std::vector<std::size_t>& kept, const std::vector<Fold>& folds,
                                  std::size_t heat_folds);

}  // namespace command
