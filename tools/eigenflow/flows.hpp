#pragma once

#include <Eigen/Core>
#include <eigenflow/any/any_base.hpp>
#include <eigenflow/any/any_layer.hpp>
#include <eigenflow/flow.hpp>
#include <eigenflow/io/model_file.hpp>
#include <eigenflow/layers/support.hpp>
#include <filesystem>
#include <vector>

#include "units.hpp"

// The flows of the command. Only flows.cpp compiles the layers of the library, because that is slow.

namespace command {

namespace ef = eigenflow;
using Flow = ef::AnyFlow<double>;

enum class Kind { coupling, autoregressive };
enum class Map { spline, affine };
enum class Base { by_tails, normal, student };

/// What a fit builds: standard units, then layers of one kind with linear maps between them, then the base.
struct Architecture {
  Kind kind = Kind::coupling;
  Map map = Map::spline;
  Base base = Base::by_tails;  ///< normal, but student for heavy tails
  Eigen::Index layers = 5;
  std::vector<Eigen::Index> hidden = {64, 64};
  Eigen::Index bins = 8;
};

/// The units of the columns of a fit.
struct Scales {
  Units features, context;
};

/// A flow of features given a context, a column for each unit of `scales`. A fit finds its units, which are means and
/// deviations, unless `scales` has heavy-tailed columns. Features of `circles` lie on [-π, π). Throws
/// std::invalid_argument for invalid options.
Flow make_flow(const Architecture& architecture, const Scales& scales,
               const std::vector<Eigen::Index>& circles, std::uint64_t seed);

/// The flow with edges put before it, so that it takes data as they are.
Flow with_edges(const Flow& flow, const std::vector<ef::FeatureSupport>& supports);

/// The features as the input of the inner flow: edges at infinity, N × D.
Eigen::MatrixXd without_edges(const std::vector<ef::FeatureSupport>& supports, const Eigen::MatrixXd& x);

/// All parts that a model file may name.
const ef::io::Registry<double>& known_parts();

/// A model file, read once.
ef::LoadedModel<double> read_model(const std::filesystem::path& path);

}  // namespace command
