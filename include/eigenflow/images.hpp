#pragma once

// Flows of images, opt-in: beside eigenflow.hpp, which has their parts.

#include "eigenflow/numerics/ieee_begin.hpp"

#include "eigenflow/images/bits_per_dim.hpp"
#include "eigenflow/images/dequantized.hpp"
#include "eigenflow/images/fast_flow.hpp"
#include "eigenflow/images/glow.hpp"
#include "eigenflow/images/image.hpp"
#include "eigenflow/images/image_real_nvp.hpp"
#include "eigenflow/images/resize.hpp"

#include "eigenflow/numerics/ieee_end.hpp"
