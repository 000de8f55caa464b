#pragma once

#include <cstddef>

/// Calls of malloc and its relatives (operator new ends there) since the program began, by any thread.
std::size_t allocation_count();

/// From now on calls for more than `bytes` fail, as if the heap were used up; limit_allocations() lifts it.
void limit_allocations(std::size_t bytes = static_cast<std::size_t>(-1));

/// Marks the bytes of the heap that are in use; peak_bytes() then says how many more were in use at once, at most.
void watch_peak();
std::size_t peak_bytes();

/// Whether they are counted at all: sanitizers and C libraries other than glibc keep malloc to themselves. Clang's address
/// sanitizer tells of each block, so that peaks are known there.
bool allocations_are_counted();
bool peaks_are_known();
