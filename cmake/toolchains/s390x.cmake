# Debian's cross compiler for s390x, a big-endian machine; programs run under
# qemu. Packages:
# gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user libcmocka-dev:s390x
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(triplet s390x-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-s390x)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
