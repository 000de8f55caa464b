#pragma once

// eigenflow: normalizing flows on Eigen. This header needs only Eigen and the standard library.

#include "eigenflow/numerics/ieee_begin.hpp"

#include "eigenflow/any/describe.hpp"
#include "eigenflow/authoring/context.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/compose/chain.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/concepts/conditioner.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/concepts/objective.hpp"
#include "eigenflow/concepts/optimizer.hpp"
#include "eigenflow/concepts/target.hpp"
#include "eigenflow/concepts/transformer.hpp"
#include "eigenflow/ensemble/ensemble.hpp"
#include "eigenflow/ensemble/fit_ensemble.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/fit_target.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/flow/class_log_prob.hpp"
#include "eigenflow/importance_sample.hpp"
#include "eigenflow/maps/activation.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/objectives/maximum_likelihood.hpp"
#include "eigenflow/objectives/reverse_kl.hpp"
#include "eigenflow/optim/adam.hpp"
#include "eigenflow/optim/clip.hpp"
#include "eigenflow/optim/schedule.hpp"
#include "eigenflow/optim/sgd.hpp"
#include "eigenflow/parts.hpp"
#include "eigenflow/training/checkpoints.hpp"
#include "eigenflow/training/train.hpp"
#include "eigenflow/version.hpp"

#ifdef EIGENFLOW_COMPILED
#include "eigenflow/compiled.hpp"
#endif

#include "eigenflow/numerics/ieee_end.hpp"
