# Debian's cross compiler for s390x, a big-endian machine; programs run under
# qemu. Packages:
# gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user libcmocka-dev:s390x
# zlib1g:s390x libjansson4:s390x libxxhash0:s390x, the headers of which are those
# of this machine: their -dev packages want a libc6-dev that cannot always be
# installed beside that of a machine with security updates
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(triplet s390x-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-s390x)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
set(ENV{PKG_CONFIG_LIBDIR}
    ${CMAKE_CURRENT_LIST_DIR}/s390x:$ENV{PKG_CONFIG_LIBDIR})
add_link_options(-L${CMAKE_CURRENT_LIST_DIR}/s390x)
