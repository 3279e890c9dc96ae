# An exchange between ranks over MPI, a library for each MPI that is here; the
# command loads the one that it was started by. Of the library it sees only the
# public headers, and it links with none of it.
function(sg_mpi name package)
    pkg_check_modules(SG_MPI_${name} IMPORTED_TARGET ${package})
    if(NOT SG_MPI_${name}_FOUND)
        message(STATUS "ranks over ${name} are left out: no ${package}.pc")
        return()
    endif()
    set(library spikegrad_mpi_${name})
    add_library(${library} SHARED ${mpi_sources})
    target_include_directories(${library} PRIVATE
        ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
    target_compile_options(${library} PRIVATE -fvisibility=hidden)
    target_link_libraries(${library} PRIVATE PkgConfig::SG_MPI_${name}
                          Threads::Threads)
    set(SG_MPI_LIBRARIES ${SG_MPI_LIBRARIES} ${library} PARENT_SCOPE)
endfunction()

file(GLOB mpi_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/mpi/*.c)
set(SG_MPI_LIBRARIES "")
sg_mpi(openmpi ompi-c)
sg_mpi(mpich mpich)
if(NOT SG_MPI_LIBRARIES AND SPIKEGRAD_MPI STREQUAL "ON")
    message(FATAL_ERROR "no MPI found (Debian: libopenmpi-dev, libmpich-dev)")
endif()
