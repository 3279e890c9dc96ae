# What `cmake --install` gives: headers, both libraries, the command, its man
# page and completion, and the files that pkg-config and CMake look for.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/spikegrad)
if(TARGET spikegrad_command)
    install(TARGETS spikegrad_command
            RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/recipes
            DESTINATION ${CMAKE_INSTALL_DATADIR}/spikegrad
            FILES_MATCHING PATTERN "*.ini")
endif()

set(libraries spikegrad spikegrad_static)
set(left_out "")
if(TARGET spikegrad_nir)
    list(APPEND libraries spikegrad_nir spikegrad_nir_static)
else()
    list(APPEND left_out PATTERN "spikegrad-nir.h" EXCLUDE)
endif()
if(SG_MPI_LIBRARIES)
    install(TARGETS ${SG_MPI_LIBRARIES} # the command loads them
            LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/spikegrad)
else()
    list(APPEND left_out PATTERN "spikegrad-mpi.h" EXCLUDE)
endif()
install(TARGETS ${libraries} EXPORT spikegrad
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h"
        ${left_out})

install(EXPORT spikegrad NAMESPACE spikegrad:: DESTINATION ${package_dir}
        FILE spikegradTargets.cmake)
configure_package_config_file(
    ${CMAKE_CURRENT_LIST_DIR}/spikegradConfig.cmake.in
    ${PROJECT_BINARY_DIR}/spikegradConfig.cmake
    INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/spikegradConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/spikegradConfig.cmake
              ${PROJECT_BINARY_DIR}/spikegradConfigVersion.cmake
        DESTINATION ${package_dir})

# For pkg-config, written when it is installed, since `cmake --install --prefix`
# is who knows where: absolute paths stay, relative ones are below the prefix.
foreach(dir LIBDIR INCLUDEDIR)
    cmake_path(APPEND pc_${dir} "\${prefix}" "${CMAKE_INSTALL_${dir}}")
endforeach()
set(pc_private "-pthread -lm")
foreach(library ${SG_FILES_LIBRARIES})
    string(APPEND pc_private " -l${library}")
endforeach()
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(IS_ABSOLUTE pc_dir absolute)
if(NOT absolute)
    set(pc_dir "\${CMAKE_INSTALL_PREFIX}/${pc_dir}")
endif()
set(packages spikegrad)
if(TARGET spikegrad_nir)
    list(APPEND packages spikegrad-nir)
endif()
foreach(package ${packages})
    configure_file(${CMAKE_CURRENT_LIST_DIR}/${package}.pc.in
                   ${PROJECT_BINARY_DIR}/${package}.pc.at-install @ONLY)
    install(CODE "
        get_filename_component(PREFIX \"\${CMAKE_INSTALL_PREFIX}\" ABSOLUTE)
        file(READ \"${PROJECT_BINARY_DIR}/${package}.pc.at-install\" text)
        string(REPLACE PREFIX_AT_INSTALL \"\${PREFIX}\" text \"\${text}\")
        file(WRITE \"${PROJECT_BINARY_DIR}/${package}.pc\" \"\${text}\")
        file(INSTALL \"${PROJECT_BINARY_DIR}/${package}.pc\"
             DESTINATION \"${pc_dir}\")")
endforeach()

if(EXISTS ${PROJECT_SOURCE_DIR}/docs/man/spikegrad.1)
    install(FILES ${PROJECT_SOURCE_DIR}/docs/man/spikegrad.1
            DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
if(EXISTS ${PROJECT_SOURCE_DIR}/completions/spikegrad.bash)
    install(FILES ${PROJECT_SOURCE_DIR}/completions/spikegrad.bash
            DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
            RENAME spikegrad)
endif()
