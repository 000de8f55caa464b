#pragma once

<<<<<<< HEAD
// eigenflow: normalizing flows on Eigen. This header needs Eigen and the standard library alone.

#include "eigenflow/activation.hpp"
#include "eigenflow/base.hpp"
#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/bases/standard_normal.hpp"
#include "eigenflow/bases/uniform.hpp"
#include "eigenflow/chain.hpp"
#include "eigenflow/conditioner.hpp"
#include "eigenflow/conditioners/mlp.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/inverse.hpp"
#include "eigenflow/layer.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/radial.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "eigenflow/rng.hpp"
#include "eigenflow/stack.hpp"
    == == ==
    =
>>>>>>> build
#include "eigenflow/version.hpp"
