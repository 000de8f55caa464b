#pragma once

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/conditioners/masked_mlp.hpp"
#include "eigenflow/conditioners/mlp.hpp"
#include "eigenflow/conditioners/residual_net.hpp"
#include "eigenflow/nets/compiled.hpp"
#include "eigenflow/optim/adam.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/training/fit_data.hpp"
#include "eigenflow/training/keeper.hpp"
#include "eigenflow/training/train.hpp"
#include "eigenflow/training/training.hpp"

// What the CMake target eigenflow::compiled holds, for float and double: the network engine and the training loop. The
// umbrella header includes this file where that target is linked, so that a program does not compile them again. The
// library that the target builds defines EIGENFLOW_COMPILING.

#ifdef EIGENFLOW_COMPILING
#define EIGENFLOW_TEMPLATE template
#else
#define EIGENFLOW_TEMPLATE extern template
#endif

namespace eigenflow {

/// The flags that change the layout or the meaning of what is compiled. A program whose flags differ from those of
/// eigenflow::compiled does not link: the linker misses this class with the program's arguments.
template <std::size_t VectorBytes, bool OpenMp, bool Exceptions>
struct CompiledWith {
  static const char flags;
};

namespace detail {
#ifdef _OPENMP
inline constexpr bool compiled_with_openmp = true;
#else
inline constexpr bool compiled_with_openmp = false;
#endif
using CompiledHere = CompiledWith<static_cast<std::size_t>(Lanes<float>::width) * sizeof(float),
                                  compiled_with_openmp, EIGENFLOW_HAS_EXCEPTIONS != 0>;
#ifdef EIGENFLOW_COMPILING
}  // namespace detail
template <std::size_t VectorBytes, bool OpenMp, bool Exceptions>
const char CompiledWith<VectorBytes, OpenMp, Exceptions>::flags = 0;
template struct CompiledWith<static_cast<std::size_t>(Lanes<float>::width) * sizeof(float),
                             detail::compiled_with_openmp, EIGENFLOW_HAS_EXCEPTIONS != 0>;
namespace detail {
#else
/// Makes the linker look for the flags.
[[maybe_unused]] inline const char* const compiled_flags = &CompiledHere::flags;
#endif
}  // namespace detail

EIGENFLOW_TEMPLATE class detail::FitData<float>;
EIGENFLOW_TEMPLATE class detail::FitData<double>;
EIGENFLOW_TEMPLATE class detail::Keeper<float>;
EIGENFLOW_TEMPLATE class detail::Keeper<double>;
EIGENFLOW_TEMPLATE class StepperOf<float, Adam>;
EIGENFLOW_TEMPLATE class StepperOf<double, Adam>;
EIGENFLOW_TEMPLATE History train(Training<float>&, Stepper<float>&, const TrainingOptions&);
EIGENFLOW_TEMPLATE History train(Training<double>&, Stepper<double>&, const TrainingOptions&);

}  // namespace eigenflow

EIGENFLOW_NETS(EIGENFLOW_TEMPLATE, float)
EIGENFLOW_NETS(EIGENFLOW_TEMPLATE, double)

#undef EIGENFLOW_TEMPLATE
