# Writes OUT, a C file with the bytes of FILES, a list of PATH=FILE: the table
# sg__embedded_files (src/export/program.h).
set(arrays "")
set(table "")
set(n 0)
foreach(item ${FILES})
    string(REGEX MATCH "^([^=]*)=(.*)$" parts "${item}")
    set(path "${CMAKE_MATCH_1}")
    file(READ "${CMAKE_MATCH_2}" hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(APPEND arrays "static const unsigned char file_${n}[] = {${bytes}};\n")
    string(APPEND table "    {\"${path}\", file_${n}, sizeof file_${n}},\n")
    math(EXPR n "${n} + 1")
endforeach()
file(WRITE "${OUT}" "/* Written by cmake/Embed.cmake. */
#include \"export/program.h\"

${arrays}
const sg__embedded sg__embedded_files[] = {
${table}    {0, 0, 0}};
")
