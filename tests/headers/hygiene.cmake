# Argument: INCLUDE_DIR. What a glance at each header can tell: it is guarded, names what it uses of the standard library,
# includes nothing of it for nothing, drags no streams along, and spells public names as the others do.

# header|names that need it (std::size_t comes with every container)
set(uses
    "algorithm|(sort|fill|fill_n|copy|copy_n|min|max|clamp|any_of|all_of|none_of|find|find_if|stable_sort|transform|count|count_if|equal|replace|remove|remove_if|rotate|unique|generate|partition|reverse|swap_ranges|max_element|min_element|lower_bound|upper_bound|nth_element|ranges::[a-z_]+)[(<]"
    "array|array<"
    "atomic|atomic[<_]"
    "cmath|(sqrt|exp|expm1|log|log1p|log2|pow|abs|tanh|sinh|cosh|asinh|sin|cos|tan|atan|atan2|acos|asin|floor|ceil|round|trunc|rint|nearbyint|lround|fmod|hypot|fma|lgamma|tgamma|erf|erfc|ldexp|frexp|isnan|isfinite|cbrt|copysign|nextafter)[(;]"
    "concepts|(same_as|convertible_to|copyable|invocable|integral|floating_point|constructible_from|default_initializable|derived_from|semiregular|regular|totally_ordered)[^a-z_]"
    "cstdint|u?int(8|16|32|64|ptr)_t"
    "cstring|(mem(cpy|set|move|cmp)|str(len|cmp|error))[(]"
    "filesystem|filesystem::"
    "functional|(function<|invoke[(]|less|greater|plus|hash|reference_wrapper|ref[(]|cref[(])"
    "limits|numeric_limits"
    "memory|(unique_ptr|shared_ptr|make_unique|make_shared|construct_at|destroy_at|uninitialized_value_construct)[^a-z_]"
    "numbers|numbers::"
    "numeric|(iota|accumulate|inner_product|partial_sum|reduce)[(]"
    "optional|(optional<|nullopt)"
    "span|span<"
    "string_view|string_view[^a-z_]"
    "string|(string[^a-z_]|to_string)"
    "tuple|(tuple[<_(]|tuple_|apply[(]|get<[A-Z0-9a-z_ -]+>[(]|make_from_tuple)"
    "type_traits|(is_[a-z_]+_v|conditional_t|remove_[a-z_]+_t|decay_t|enable_if_t|type_identity|true_type|false_type|invoke_result_t|integral_constant|bool_constant|common_type_t|underlying_type_t|is_constant_evaluated)"
    "utility|((move|forward|swap|exchange|pair)[(<]|declval|index_sequence|make_index_sequence|in_place|integer_sequence|make_pair|as_const|cmp_)"
    "variant|(variant<|visit[(])"
    "vector|vector<")
set(american "(initialize|initialized|normalize|normalized|color|colors|center|centers|serialize|behavior)[^a-z]")

get_filename_component(INCLUDE_DIR ${INCLUDE_DIR} ABSOLUTE)
set(problems "")
file(GLOB_RECURSE headers RELATIVE ${INCLUDE_DIR} ${INCLUDE_DIR}/eigenflow/*.hpp)
foreach(header IN LISTS headers)
  file(READ ${INCLUDE_DIR}/${header} text)
  if(NOT text MATCHES "^#pragma once\n" AND NOT header MATCHES "ieee_(begin|end)")
    list(APPEND problems "${header} does not begin with #pragma once")
  endif()
  if(text MATCHES "#include <(iostream|regex|random)>")
    list(APPEND problems "${header} includes <${CMAKE_MATCH_1}>")
  endif()
  string(REPLACE ";" "," text "${text}")
  string(REGEX REPLACE "//[^\n]*" "" code "${text}")  # comments may name anything
  foreach(use IN LISTS uses)
    string(REGEX MATCH "^([a-z_]+)[|](.*)$" unused "${use}")
    set(needed ${CMAKE_MATCH_1})
    if(code MATCHES "std::(${CMAKE_MATCH_2})")
      set(name "${CMAKE_MATCH_1}")
      if(NOT code MATCHES "#include <${needed}>")
        list(APPEND problems "${header} uses std::${name} and does not include <${needed}>")
      endif()
    elseif(code MATCHES "#include <${needed}>")
      list(APPEND problems "${header} includes <${needed}> for nothing")
    endif()
  endforeach()
  string(REGEX REPLACE "\"[^\"\n]*\"" "" code "${code}")  # so may texts and files of others
  if(code MATCHES "[^a-z](${american})")
    list(APPEND problems "${header} says ${CMAKE_MATCH_1} where the library has British names")
  endif()
endforeach()
if(problems)
  list(JOIN problems "\n  " problems)
  message(FATAL_ERROR "headers:\n  ${problems}")
endif()
