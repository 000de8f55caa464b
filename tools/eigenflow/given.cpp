#include "given.hpp"

#include <algorithm>

#include "numbers.hpp"
#include "table/cells.hpp"
#include "usage_error.hpp"

namespace command {

table::Rows given_context(const Model& model, const std::vector<std::string>& given) {
  table::Rows context(1, model.flow.context_dim());
  std::vector<bool> known(model.context.size(), false);
  for (const std::string& list : given)
    for (const std::string& entry : table::cells(list)) {
      const std::size_t equals = entry.rfind('=');
      if (equals == std::string::npos)
        throw UsageError("--given wants NAME=NUMBER, but got \"" + entry + '"');
      const std::string name = entry.substr(0, equals);
      const auto found = std::find(model.context.begin(), model.context.end(), name);
      if (found == model.context.end())
        throw UsageError(
            "--given: \"" + name + "\" is no context of " + model.path +
            (model.context.empty() ? ", which has none" : ", but " + table::line_of(model.context)));
      const auto at = static_cast<std::size_t>(found - model.context.begin());
      if (known[at]) throw UsageError("--given: \"" + name + "\" is there twice");
      known[at] = true;
      context(0, static_cast<Eigen::Index>(at)) = number_of(entry.substr(equals + 1), {}, "--given");
    }
  for (std::size_t j = 0; j < known.size(); ++j)
    if (!known[j])
      throw UsageError(model.path + " is conditioned on " + model.context[j] + ": give it as --given " +
                       model.context[j] + "=NUMBER");
  return context;
}

}  // namespace command
