#pragma once

#include <cstddef>

/// Calls of malloc and its relatives (operator new ends there) since the program began, by any thread.
std::size_t allocation_count();

/// From now on allocations of more than `bytes` fail, as if memory were exhausted; limit_allocations() ends this.
void limit_allocations(std::size_t bytes = static_cast<std::size_t>(-1));

/// Notes the bytes in use; peak_bytes() then returns the largest increase.
void watch_peak();
std::size_t peak_bytes();

/// True if allocations are counted. They are not with sanitizers and with C libraries other than glibc. Clang's address
/// sanitizer reports each block, so peaks are known there.
bool allocations_are_counted();
bool peaks_are_known();
