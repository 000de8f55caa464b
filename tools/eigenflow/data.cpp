#include "data.hpp"

#include <stdexcept>

#include "columns.hpp"
#include "table/cells.hpp"
#include "usage_error.hpp"

namespace command {

std::unique_ptr<table::Reader> DataOptions::open(const std::string& from) const {
  return table::open(from, header      ? table::Header::yes
                           : no_header ? table::Header::no
                                       : table::Header::sniff);
}

std::unique_ptr<table::Reader> open_for(const Model& model, const DataOptions& data,
                                        const std::string& path) {
  std::unique_ptr<table::Reader> reader = data.open(path);
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(reader->source() + ": " + what);
  };
  const auto wanted = [&](const std::string& given, const std::vector<std::string>& noted, Eigen::Index count,
                          const char* option) {
    const std::vector<std::string> names = given.empty() ? noted : table::cells(given);
    if (static_cast<Eigen::Index>(names.size()) != count)
      throw UsageError(model.path + " has " + std::to_string(count) + " columns, but " + option + " names " +
                       std::to_string(names.size()));
    return names;
  };

  const Eigen::Index columns = model.flow.dim() + model.flow.context_dim();
  const bool named = model.named && (!reader->names().empty() || model.numbered);
  if (data.columns.empty() && data.context.empty() && !named) {
    if (reader->columns() != columns)
      fail("the table has " + std::to_string(reader->columns()) + " columns, but " + model.path + " wants " +
           std::to_string(columns) + (model.named ? " and their names are not there" : "") +
           ": name them by --columns" + (model.flow.context_dim() > 0 ? " and --context" : ""));
    return reader;  // all of them, in order
  }
  std::vector<std::string> names = wanted(data.columns, model.columns, model.flow.dim(), "--columns");
  for (const std::string& name : wanted(data.context, model.context, model.flow.context_dim(), "--context"))
    names.push_back(name);
  reader->choose(find_columns(*reader, names));
  return reader;
}

}  // namespace command
