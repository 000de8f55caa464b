#include "data.hpp"

#include <cstddef>
#include <cstdio>
#include <stdexcept>

#include "columns.hpp"
#include "usage_error.hpp"

namespace command {
namespace {

/// A part of the columns of a model, and the option that names others in their place.
struct Wanted {
  FittedColumns fitted;
  std::string given;
  std::string option;
};

std::vector<Eigen::Index> find(const table::Reader& reader, const Model& model, const Wanted& wanted) {
  if (wanted.given.empty()) return find_fitted(reader, wanted.fitted, model.path);
  const std::vector<ColumnReference> references = column_references(wanted.given);
  if (references.size() != wanted.fitted.labels.size())
    throw UsageError(model.path + " has " + std::to_string(wanted.fitted.labels.size()) + " columns, but " +
                     wanted.option + " names " + std::to_string(references.size()));
  return find_columns(reader, references);
}

std::unique_ptr<table::Reader> open_with(const Model& model, const DataOptions& data, const std::string& path,
                                         const std::vector<Wanted>& parts) {
  std::unique_ptr<table::Reader> reader = data.open(path);
  FittedColumns all{.labels = {}, .positions = {}, .header = model.header, .option = data.columns_option};
  bool given = false;
  for (const Wanted& part : parts) {
    all.labels.insert(all.labels.end(), part.fitted.labels.begin(), part.fitted.labels.end());
    all.positions.insert(all.positions.end(), part.fitted.positions.begin(), part.fitted.positions.end());
    given = given || !part.given.empty();
  }
  if (!given && model.named) {
    choose_fitted(*reader, all, model.path);
    return reader;
  }
  if (!given) {
    if (reader->chosen().size() != all.labels.size())
      throw std::runtime_error(reader->source() + ": the table has " +
                               std::to_string(reader->chosen().size()) + " columns, but " + model.path +
                               " expects " + std::to_string(all.labels.size()) + ": name them by " +
                               data.columns_option + (model.context.empty() ? "" : " and --context"));
    return reader;  // all of them, in order
  }
  std::vector<Eigen::Index> places;
  for (const Wanted& part : parts) {
    const std::vector<Eigen::Index> found = find(*reader, model, part);
    places.insert(places.end(), found.begin(), found.end());
  }
  reader->choose(std::move(places));
  return reader;
}

Wanted features(const Model& model, const DataOptions& data) {
  const auto first = model.positions.begin();
  const auto count = static_cast<std::ptrdiff_t>(model.columns.size());
  return {{model.columns, {first, first + count}, model.header, data.columns_option},
          data.columns,
          data.columns_option};
}
Wanted contexts(const Model& model, const DataOptions& data) {
  const auto last = model.positions.end();
  const auto count = static_cast<std::ptrdiff_t>(model.context.size());
  return {
      {model.context, {last - count, last}, model.header, data.columns_option}, data.context, "--context"};
}

}  // namespace

std::unique_ptr<table::Reader> DataOptions::open(const std::string& from) const {
  std::unique_ptr<table::Reader> reader = table::open(from,
                                                      header      ? table::Header::yes
                                                      : no_header ? table::Header::no
                                                                  : table::Header::sniff,
                                                      decimal);
  if (can_skip_missing)
    reader->set_missing(skip_missing ? table::Missing::leave_out : table::Missing::reject,
                        ": --skip-missing leaves such rows out");
  reader->set_text_advice(text_advice);
  return reader;
}

void say_left_out(const table::Reader& reader) {
  if (reader.left_out() > 0)
    std::fprintf(stderr, "%s: %td of %td rows have missing values and are left out\n",
                 table::escaped(reader.source()).c_str(), static_cast<std::ptrdiff_t>(reader.left_out()),
                 static_cast<std::ptrdiff_t>(reader.left_out() + reader.rows_read()));
}

std::unique_ptr<table::Reader> open_for(const Model& model, const DataOptions& data,
                                        const std::string& path) {
  return open_with(model, data, path, {features(model, data), contexts(model, data)});
}

std::unique_ptr<table::Reader> open_features(const Model& model, const DataOptions& data,
                                             const std::string& path) {
  return open_with(model, data, path, {features(model, data)});
}

std::vector<Eigen::Index> find_contexts(const Model& model, const DataOptions& data,
                                        const table::Reader& reader) {
  return find(reader, model, contexts(model, data));
}

std::unique_ptr<table::Reader> open_contexts(const Model& model, const DataOptions& data) {
  return open_with(model, data, data.path, {contexts(model, data)});
}

}  // namespace command
