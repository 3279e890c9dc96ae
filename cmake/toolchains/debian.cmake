# What the cross compilers of Debian have in common: foreign libraries are
# those of /usr/lib/<triplet>, headers without code are those of this machine.
set(CMAKE_C_COMPILER ${triplet}-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE ${triplet})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(ENV{PKG_CONFIG_LIBDIR}
    /usr/lib/${triplet}/pkgconfig:/usr/share/pkgconfig)
