#pragma once

#include <Eigen/Core>
#include <cstdio>
#include <filesystem>

#include "picture/picture.hpp"

namespace helpers {

/// The folder for results: the first argument of the program, or out/.
inline std::filesystem::path output_folder(int argc, char** argv) {
  return argc > 1 ? argv[1] : "out";
}

/// Writes a picture and prints its path.
inline void write(const picture::Gallery& gallery, const std::filesystem::path& path) {
  gallery.write_png(path);
  std::printf("%s\n", path.c_str());
}

/// The density of a two-dimensional flow, to draw. It refers to the flow.
template <class Flow>
picture::Density density_of(const Flow& flow) {
  return [&flow](const Eigen::MatrixX2d& x) -> Eigen::VectorXd {
    return flow.log_prob(x.cast<typename Flow::Scalar>()).template cast<double>().array().exp();
  };
}

}  // namespace helpers
