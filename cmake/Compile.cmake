# Flags of every file: the language, the warnings, the sanitizers.
#
# Results must have the same bits everywhere, so nothing here may let the
# compiler change arithmetic: no -ffast-math, no contraction.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_FLAGS_RELEASE "-O3 -DNDEBUG")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_compile_definitions(_POSIX_C_SOURCE=200809L)
add_compile_options(-ffp-contract=off -Wall -Wextra -Wpedantic -Wshadow
                    -Wconversion -Wswitch-enum)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    # A guess that differs with version and level of optimisation; valgrind
    # and the analyser of clang-tidy know.
    add_compile_options(-Wno-maybe-uninitialized)
endif()
if(SPIKEGRAD_WERROR)
    add_compile_options(-Werror)
endif()

if(SPIKEGRAD_SANITIZE)
    add_compile_options(-fsanitize=${SPIKEGRAD_SANITIZE}
                        -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${SPIKEGRAD_SANITIZE})
endif()
