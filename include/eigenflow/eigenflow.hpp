#pragma once

#include "eigenflow/version.hpp"
