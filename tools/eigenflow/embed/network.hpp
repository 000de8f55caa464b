#pragma once

#include <eigenflow/nets/conv_network.hpp>
#include <eigenflow/nets/network.hpp>
#include <string>

#include "embed/constants.hpp"

namespace command {

/// A network with its masks, written out: what an embedded conditioner takes in place of its options.
std::string network_text(const eigenflow::nets::Network& network, Constants& constants);
std::string network_text(const eigenflow::nets::ConvNetwork& network, Constants& constants);

}  // namespace command
