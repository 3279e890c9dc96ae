# The spikegrad command and its pages; of the library they see only the public
# headers.
file(GLOB_RECURSE command_sources CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/src/report/*.c ${PROJECT_SOURCE_DIR}/src/cli/*.c)
pkg_check_modules(SG_COMMAND IMPORTED_TARGET jansson libpng)

if(command_sources AND SG_COMMAND_FOUND)
    # All but main, for the tests too.
    set(command_main ${PROJECT_SOURCE_DIR}/src/cli/main.c)
    list(REMOVE_ITEM command_sources ${command_main})
    add_library(spikegrad_parts STATIC ${command_sources})
    target_include_directories(spikegrad_parts PUBLIC
        ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(spikegrad_parts PUBLIC
        spikegrad_static PkgConfig::SG_COMMAND ${CMAKE_DL_LIBS})
    if(TARGET spikegrad_nir_static)
        target_link_libraries(spikegrad_parts PUBLIC spikegrad_nir_static)
        target_compile_definitions(spikegrad_parts PRIVATE SPIKEGRAD_NIR=1)
    endif()
    if(TARGET PkgConfig::SG_ARCHIVE)
        target_compile_definitions(spikegrad_parts PRIVATE SPIKEGRAD_ARCHIVE=1)
        target_link_libraries(spikegrad_parts PUBLIC PkgConfig::SG_ARCHIVE)
    endif()
    file(RELATIVE_PATH data_from_bin
         ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_DATADIR})
    file(RELATIVE_PATH libraries_from_bin
         ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
    target_include_directories(spikegrad_parts PRIVATE
        ${PROJECT_SOURCE_DIR}/include)
    target_compile_definitions(spikegrad_parts PRIVATE
        SPIKEGRAD_LIBDIR_FROM_BIN="${libraries_from_bin}/spikegrad"
        SPIKEGRAD_DATADIR="${CMAKE_INSTALL_FULL_DATADIR}/spikegrad"
        SPIKEGRAD_DATADIR_FROM_BIN="${data_from_bin}/spikegrad")
    if(NOT SPIKEGRAD_SANITIZE) # whose frames are larger
        # The deepest stack of report and sweep is below 64 KiB.
        set(small_frames ${command_sources})
        list(FILTER small_frames INCLUDE REGEX
             "/(report|base|run|sweep)(/[a-z_]+)?\\.c$")
        set_source_files_properties(${small_frames} PROPERTIES
            COMPILE_OPTIONS -Wframe-larger-than=20480)
    endif()
    add_executable(spikegrad_command ${command_main})
    set_target_properties(spikegrad_command PROPERTIES OUTPUT_NAME spikegrad)
    target_link_libraries(spikegrad_command PRIVATE spikegrad_parts)
elseif(command_sources)
    message(WARNING "the command is left out: it needs jansson and "
                    "libpng (Debian: libjansson-dev libpng-dev)")
endif()
