#include "given.hpp"

#include <string_view>

#include "columns.hpp"
#include "nearest.hpp"
#include "numbers.hpp"
#include "table/cells.hpp"
#include "usage_error.hpp"

namespace command {

table::Rows given_context(const Model& model, const std::vector<std::string>& given) {
  table::Rows context(1, model.flow.context_dim());
  std::vector<bool> known(model.context.size(), false);
  for (const std::string& list : given)
    for (table::Cells cells(list, {}); cells.more();) {
      const std::string entry = table::unquoted(cells.next());
      const std::size_t equals = entry.rfind('=');
      if (equals == std::string::npos)
        throw UsageError("--given expects NAME=NUMBER, but got " + table::shown(entry));
      const ColumnReference wanted = column_reference(std::string_view(entry).substr(0, equals));
      std::size_t at = 0;
      for (; at < known.size(); ++at) {
        const Eigen::Index position = model.positions[model.columns.size() + at];
        if (wanted.by_position ? position == wanted.position : model.context[at] == wanted.name) break;
      }
      if (at == known.size())
        throw UsageError("--given: " + wanted.text() + " is not a context of " + model.path +
                         (model.context.empty() ? ", which has none"
                                                : ", but " + table::line_of(model.context) +
                                                      or_nearest(wanted.name, model.context)));
      if (known[at]) throw UsageError("--given: " + wanted.text() + " is there twice");
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
