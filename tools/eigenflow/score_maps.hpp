#pragma once

#include <string>
#include <utility>
#include <vector>

namespace command {

/// What score --maps does: the scores of pixels, the mean over stages.
struct ScoreMaps {
  std::vector<std::pair<std::string, std::string>> stages;  ///< a model and its feature maps
  std::string output, scores, masks, size;                  ///< "HxW", or empty for that of the first maps
};

void score_maps(const ScoreMaps& options);

}  // namespace command
