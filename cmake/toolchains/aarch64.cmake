# Debian's cross compiler for 64-bit ARM; programs run under qemu. Packages:
# gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user libcmocka-dev:arm64
# zlib1g-dev:arm64 libjansson-dev:arm64 libxxhash-dev:arm64
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(triplet aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64) # QEMU_CPU: which one
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
