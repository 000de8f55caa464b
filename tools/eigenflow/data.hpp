#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "model.hpp"
#include "table/table.hpp"

// The table that a subcommand reads.

namespace command {

struct DataOptions {
  std::string path;
  std::string columns, context;  // as "a,b"
  std::string columns_option = "--columns";
  bool header = false, no_header = false;
  table::Decimal decimal = table::Decimal::sniff;
  bool can_skip_missing = false,
       skip_missing = false;  // whether there is --skip-missing, and whether it is given

  std::string text_advice;  // what a message says of a column whose first row is text

  std::unique_ptr<table::Reader> open() const { return open(path); }
  std::unique_ptr<table::Reader> open(const std::string& path) const;
};

/// The table with the model's columns chosen, its features and then its context: those of the options, else those of
/// the model's names, else all of a table of as many columns.
std::unique_ptr<table::Reader> open_for(const Model& model, const DataOptions& data, const std::string& path);
/// The same for the columns of the features alone.
std::unique_ptr<table::Reader> open_features(const Model& model, const DataOptions& data,
                                             const std::string& path);
/// The same for the columns of the context alone, from data.path.
std::unique_ptr<table::Reader> open_contexts(const Model& model, const DataOptions& data);
/// Where the columns of the context are in a table: those of data.context, else those of the model's names.
std::vector<Eigen::Index> find_contexts(const Model& model, const DataOptions& data,
                                        const table::Reader& reader);

/// Says on standard error how many rows of a table that was read were left out, if any.
void say_left_out(const table::Reader& reader);

/// Calls use(rows) with all rows of the table, a few megabytes at a time.
template <class Use>
void for_each_block(table::Reader& reader, const Use& use) {
  const auto columns = static_cast<Eigen::Index>(reader.chosen().size());
  const Eigen::Index most = std::max<Eigen::Index>(64, (1 << 19) / columns);
  table::Rows block =
      reader.in_memory([&] { return table::Rows(std::min<Eigen::Index>(most, 1 << 15), columns); });
  for (Eigen::Index count; (count = reader.read(block)) > 0;) use(block.topRows(count));
}

}  // namespace command
