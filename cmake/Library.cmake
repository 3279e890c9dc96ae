# libspikegrad, static and shared, from the rooms of src/.
include(CheckCSourceCompiles)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

find_path(RANDOM123_INCLUDE_DIR Random123/philox.h)
if(NOT RANDOM123_INCLUDE_DIR)
    message(FATAL_ERROR "Random123/philox.h not found "
                        "(Debian: librandom123-dev)")
endif()

# What the rooms and the tests of their internals compile with.
add_library(sg_internal INTERFACE)
target_include_directories(sg_internal INTERFACE
    ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_include_directories(sg_internal SYSTEM INTERFACE
    ${RANDOM123_INCLUDE_DIR})
target_link_libraries(sg_internal INTERFACE Threads::Threads m)
if(SPIKEGRAD_FILES)
    pkg_check_modules(SG_FILES REQUIRED IMPORTED_TARGET
                      zlib jansson libxxhash)
    target_compile_definitions(sg_internal INTERFACE SPIKEGRAD_FILES=1)
    target_link_libraries(sg_internal INTERFACE PkgConfig::SG_FILES)
endif()

# Parts that can be left out: SPIKEGRAD_PNG and so on say that they are there.
function(sg_part name package)
    if(SPIKEGRAD_${name} STREQUAL "AUTO")
        pkg_check_modules(SG_${name} IMPORTED_TARGET ${package})
    elseif(SPIKEGRAD_${name})
        pkg_check_modules(SG_${name} REQUIRED IMPORTED_TARGET ${package})
    endif()
    if(TARGET PkgConfig::SG_${name})
        target_compile_definitions(sg_internal INTERFACE SPIKEGRAD_${name}=1)
        target_link_libraries(sg_internal INTERFACE PkgConfig::SG_${name})
        set(SG_FILES_LIBRARIES ${SG_FILES_LIBRARIES} ${SG_${name}_LIBRARIES}
            PARENT_SCOPE)
    else()
        message(STATUS "data without ${package}: it is left out")
    endif()
endfunction()
sg_part(PNG libpng)
sg_part(JPEG libjpeg)
sg_part(ARCHIVE libarchive)

# sg_isa(NAME FLAG...): the files of src/kernels/<name>/ are compiled with the
# flags of their instruction set if the compiler has them, and SG_HAVE_<NAME>
# says so; whether the processor has it is asked at run time.
function(sg_isa name)
    string(TOLOWER ${name} folder)
    file(GLOB source CONFIGURE_DEPENDS
         ${PROJECT_SOURCE_DIR}/src/kernels/${folder}/*.c)
    string(REPLACE ";" " " CMAKE_REQUIRED_FLAGS "${ARGN}")
    check_c_source_compiles("int main(void) { return 0; }"
                            SG_COMPILER_${name})
    if(SG_COMPILER_${name})
        set_source_files_properties(${source} PROPERTIES
                                    COMPILE_OPTIONS "${ARGN}")
        target_compile_definitions(sg_internal INTERFACE SG_HAVE_${name}=1)
        set(isa_sources ${isa_sources} ${source} PARENT_SCOPE)
    endif()
endfunction()

set(isa_sources "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    sg_isa(AVX2 -mavx2)
    sg_isa(AVXVNNI -mavx2 -mavxvnni)
    sg_isa(AVX512 -mavx512f -mavx512bw -mavx512vl -mavx512vnni)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    sg_isa(NEON)
    sg_isa(NEONDOT -march=armv8.2-a+dotprod)
endif()

# The kernels of devices, as text; drivers are found at run time.
if(SPIKEGRAD_DEVICES)
    set(device_source ${PROJECT_BINARY_DIR}/device_source.c)
    file(STRINGS ${PROJECT_SOURCE_DIR}/src/device/kernels/order parts)
    list(TRANSFORM parts PREPEND ${PROJECT_SOURCE_DIR}/src/)
    add_custom_command(OUTPUT ${device_source}
        COMMAND ${PROJECT_SOURCE_DIR}/tools/embed_kernels
                ${PROJECT_SOURCE_DIR}/src ${device_source}
        DEPENDS ${PROJECT_SOURCE_DIR}/tools/embed_kernels ${parts}
                ${PROJECT_SOURCE_DIR}/src/device/kernels/order)
    target_compile_definitions(sg_internal INTERFACE SG_HAVE_DEVICES=1)
    target_link_libraries(sg_internal INTERFACE ${CMAKE_DL_LIBS})
endif()

# Rooms from the ground up.
set(objects "")
foreach(room base core kernels machine layers data augment network io optimiser ann
             event engine device ranks learn export proof)
    file(GLOB sources CONFIGURE_DEPENDS
         ${PROJECT_SOURCE_DIR}/src/${room}/*.c)
    if(room STREQUAL "kernels")
        file(GLOB reference CONFIGURE_DEPENDS
             ${PROJECT_SOURCE_DIR}/src/kernels/ref/*.c)
        list(APPEND sources ${reference} ${isa_sources})
    endif()
    if(room STREQUAL "device")
        if(SPIKEGRAD_DEVICES)
            list(APPEND sources ${device_source})
        else()
            list(FILTER sources INCLUDE REGEX "/(list|measure)\\.c$")
        endif()
    endif()
    if(room STREQUAL "data")
        file(GLOB folders CONFIGURE_DEPENDS
             ${PROJECT_SOURCE_DIR}/src/data/*/*.c)
        list(APPEND sources ${folders})
    endif()
    if(sources)
        add_library(sg_${room} OBJECT ${sources})
        target_compile_options(sg_${room} PRIVATE -fvisibility=hidden)
        target_link_libraries(sg_${room} PRIVATE sg_internal)
        list(APPEND objects $<TARGET_OBJECTS:sg_${room}>)
    endif()
endforeach()

# Files of the product that exported programs have as they are.
set(embedded_files "")
foreach(file rules.h geometry.h quantise.h exponential.h residual.h squares.h
             standardise.h rows.h dither.h dropout.h rounding.h)
    list(APPEND embedded_files core/${file}=${PROJECT_SOURCE_DIR}/src/core/${file})
endforeach()
foreach(file random.h philox.h)
    list(APPEND embedded_files base/${file}=${PROJECT_SOURCE_DIR}/src/base/${file})
endforeach()
foreach(file spikegrad_device.h spikegrad_layers.h spikegrad_device.c
             spikegrad_learn.c spikegrad_charges.c spikegrad_rows.c
             spikegrad_state.c
             selftest.c board.h board.c board.ld host.c Makefile)
    list(APPEND embedded_files ${file}=${PROJECT_SOURCE_DIR}/mcu/${file})
endforeach()
string(REGEX REPLACE "[^;=]*=" "" embedded_sources "${embedded_files}")
add_custom_command(
    OUTPUT ${PROJECT_BINARY_DIR}/embedded.c
    COMMAND ${CMAKE_COMMAND} -D "FILES=${embedded_files}"
            -D OUT=${PROJECT_BINARY_DIR}/embedded.c
            -P ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake
    DEPENDS ${embedded_sources} ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake
    VERBATIM)
target_sources(sg_export PRIVATE ${PROJECT_BINARY_DIR}/embedded.c)

# A kernel that no table names has no prototype (kernels/kernels.h).
target_compile_options(sg_kernels PRIVATE -Werror=missing-prototypes)

# Both libraries hold the same objects. Hidden names stay reachable in the
# static one, which is how the tests get at sg__ functions.
add_library(spikegrad SHARED ${objects})
add_library(spikegrad_static STATIC ${objects})
# Before 1.0 a minor version may change the interface, and says so in its name.
set(soversion ${PROJECT_VERSION_MAJOR})
if(soversion EQUAL 0)
    set(soversion 0.${PROJECT_VERSION_MINOR})
endif()
set_target_properties(spikegrad PROPERTIES
    VERSION ${PROJECT_VERSION} SOVERSION ${soversion})
set_target_properties(spikegrad_static PROPERTIES OUTPUT_NAME spikegrad)

foreach(library spikegrad spikegrad_static)
    add_library(spikegrad::${library} ALIAS ${library})
    set_target_properties(${library} PROPERTIES LINKER_LANGUAGE C)
    target_include_directories(${library} INTERFACE
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${library} PRIVATE
        Threads::Threads m ${SG_FILES_LIBRARIES} ${CMAKE_DL_LIBS})
endforeach()
