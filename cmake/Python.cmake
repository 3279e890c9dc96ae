# The extension module of the Python package (python/), _core.abi3.so: the
# static library and the report's pages behind the limited C API. It is one
# binary for every CPython from 3.9 on; what it links is in it, but for the
# system's libraries.
#
# SPIKEGRAD_PYTHON_INCLUDE is the folder of Python.h; python3 is asked for it.
if(NOT SPIKEGRAD_PYTHON_INCLUDE)
    find_program(SPIKEGRAD_PYTHON3 NAMES python3 PATHS /usr/bin
                 NO_DEFAULT_PATH)
    find_program(SPIKEGRAD_PYTHON3 NAMES python3)
    if(SPIKEGRAD_PYTHON3)
        execute_process(
            COMMAND ${SPIKEGRAD_PYTHON3} -c
                    "import sysconfig; print(sysconfig.get_path('include'))"
            OUTPUT_VARIABLE include OUTPUT_STRIP_TRAILING_WHITESPACE
            ERROR_QUIET)
        set(SPIKEGRAD_PYTHON_INCLUDE "${include}" CACHE PATH
            "Folder of Python.h" FORCE)
    endif()
endif()

if(EXISTS "${SPIKEGRAD_PYTHON_INCLUDE}/Python.h")
    file(GLOB core_sources CONFIGURE_DEPENDS
         ${PROJECT_SOURCE_DIR}/python/core/*.c)
    file(GLOB report_sources CONFIGURE_DEPENDS
         ${PROJECT_SOURCE_DIR}/src/report/*.c)
    add_library(spikegrad_python MODULE ${core_sources} ${report_sources})
    target_include_directories(spikegrad_python PRIVATE
        ${PROJECT_SOURCE_DIR}/src)
    target_include_directories(spikegrad_python SYSTEM PRIVATE
        ${SPIKEGRAD_PYTHON_INCLUDE})
    # The API's own types: functions as void *, names not static.
    target_compile_options(spikegrad_python PRIVATE -fvisibility=hidden
                           -Wno-pedantic)
    target_link_libraries(spikegrad_python PRIVATE spikegrad_static)
    # Nothing but PyInit__core is seen outside, whatever else the process has
    # loaded; libraries that are bundled are found beside the module.
    target_link_options(spikegrad_python PRIVATE
                        -Wl,--exclude-libs,ALL -Wl,--disable-new-dtags)
    set_target_properties(spikegrad_python PROPERTIES
        PREFIX "" OUTPUT_NAME _core SUFFIX .abi3.so
        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/python/spikegrad
        BUILD_RPATH_USE_ORIGIN ON BUILD_RPATH "$ORIGIN/libs")

    # NIR files: a module of its own, since it needs libhdf5.
    if(TARGET spikegrad_nir_static)
        add_library(spikegrad_python_nir MODULE
                    ${PROJECT_SOURCE_DIR}/python/nir/nir.c)
        target_include_directories(spikegrad_python_nir SYSTEM PRIVATE
            ${SPIKEGRAD_PYTHON_INCLUDE})
        target_compile_options(spikegrad_python_nir PRIVATE
                               -fvisibility=hidden -Wno-pedantic)
        target_link_libraries(spikegrad_python_nir PRIVATE
                              spikegrad_nir_static)
        target_link_options(spikegrad_python_nir PRIVATE
                            -Wl,--exclude-libs,ALL)
        set_target_properties(spikegrad_python_nir PROPERTIES
            SKIP_BUILD_RPATH ON # it is installed as it is built
            PREFIX "" OUTPUT_NAME _nir SUFFIX .abi3.so
            LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/python/spikegrad)
    endif()

    # A package that can be used where it is built: PYTHONPATH=BUILD/python
    file(GLOB modules CONFIGURE_DEPENDS
         ${PROJECT_SOURCE_DIR}/python/spikegrad/*.py*
         ${PROJECT_SOURCE_DIR}/python/spikegrad/py.typed)
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/python/spikegrad)
    foreach(module ${modules} ${PROJECT_SOURCE_DIR}/recipes)
        get_filename_component(name ${module} NAME)
        file(CREATE_LINK ${module}
             ${PROJECT_BINARY_DIR}/python/spikegrad/${name} SYMBOLIC)
    endforeach()
elseif(SPIKEGRAD_PYTHON STREQUAL "ON")
    message(FATAL_ERROR "Python.h not found (Debian: libpython3-dev, or "
                        "-DSPIKEGRAD_PYTHON_INCLUDE=FOLDER)")
endif()
