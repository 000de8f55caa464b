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
enum class Base { by_tails, normal, student, mixture };

/// What a fit builds: white units, then layers of one kind with linear maps between them, then the base.
struct Architecture {
  Kind kind = Kind::coupling;
  Map map = Map::spline;
  Base base = Base::by_tails;  ///< normal, but student for heavy tails
  Eigen::Index layers = 5;
  std::vector<Eigen::Index> hidden = {64, 64};
  Eigen::Index bins = 8;
  Eigen::Index components = 8;  ///< of a base that is a mixture
  double dropout = 0;           ///< share of the hidden values that a step leaves out
};

/// The units of the columns of a fit, and the correlations of the features that are no circles.
struct Scales {
  Units features, context;
  Eigen::MatrixXd correlations;  ///< their Cholesky factor; empty: not taken out
};

/// A flow of features given a context, a column for each unit of `scales`. Without layers it is the Gaussian of the
/// scales, and so it is before it is trained. Features of `circles` lie on [-π, π). A mixture has no parameters yet.
/// Throws std::invalid_argument for invalid options.
Flow make_flow(const Architecture& architecture, const Scales& scales,
               const std::vector<Eigen::Index>& circles, std::uint64_t seed);

/// The mean of flows as densities, p(x) = Σ_k w_k p_k(x). The weights add up to 1.
Flow average_of(const std::vector<Flow>& flows, const Eigen::VectorXd& weights);

/// The flow with edges put before it, so that it takes data as they are.
Flow with_edges(const Flow& flow, const std::vector<ef::FeatureSupport>& supports);

/// The features as the input of the inner flow: edges at infinity, N × D.
Eigen::MatrixXd without_edges(const std::vector<ef::FeatureSupport>& supports, const Eigen::MatrixXd& x);

/// All parts that a model file may name.
const ef::io::Registry<double>& known_parts();

/// A model file, read once.
ef::LoadedModel<double> read_model(const std::filesystem::path& path);

}  // namespace command
