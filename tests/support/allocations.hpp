#pragma once

#include <cstddef>

/// Calls of malloc and its relatives (operator new ends there) since the program began, by any thread.
std::size_t allocation_count();

/// Whether they are counted at all: sanitizers and C libraries other than glibc keep malloc to themselves.
bool allocations_are_counted();
