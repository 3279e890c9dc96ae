# libspikegrad_nir: networks from and to NIR files, beside libspikegrad because
# it needs libhdf5. Of the library it sees only the public headers.
pkg_search_module(SG_HDF5 IMPORTED_TARGET hdf5-serial hdf5)
if(NOT SG_HDF5_FOUND AND SPIKEGRAD_NIR STREQUAL "AUTO")
    message(STATUS "NIR files are left out: no libhdf5 (Debian: libhdf5-dev)")
    return()
elseif(NOT SG_HDF5_FOUND)
    message(FATAL_ERROR "libhdf5 not found (Debian: libhdf5-dev)")
endif()

file(GLOB nir_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/nir/*.c)
add_library(sg_nir OBJECT ${nir_sources})
target_include_directories(sg_nir PRIVATE
    ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_compile_options(sg_nir PRIVATE -fvisibility=hidden)
target_link_libraries(sg_nir PRIVATE PkgConfig::SG_HDF5)

add_library(spikegrad_nir SHARED $<TARGET_OBJECTS:sg_nir>)
add_library(spikegrad_nir_static STATIC $<TARGET_OBJECTS:sg_nir>)
set_target_properties(spikegrad_nir PROPERTIES
    VERSION ${PROJECT_VERSION} SOVERSION ${soversion})
set_target_properties(spikegrad_nir_static PROPERTIES
    OUTPUT_NAME spikegrad_nir)
# By their files, so that the package asks for no target of this build.
target_link_libraries(spikegrad_nir PUBLIC spikegrad
                      PRIVATE ${SG_HDF5_LINK_LIBRARIES} m)
target_link_libraries(spikegrad_nir_static PUBLIC spikegrad_static
                      PRIVATE ${SG_HDF5_LINK_LIBRARIES} m)
foreach(library spikegrad_nir spikegrad_nir_static)
    add_library(spikegrad::${library} ALIAS ${library})
    set_target_properties(${library} PROPERTIES LINKER_LANGUAGE C)
endforeach()
