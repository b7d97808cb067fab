# Writes OUTPUT, a C file with the bytes of the files INPUTS (a list): NAME.EXT as NAME_EXT and
# NAME_EXT_bytes, declared in HEADER.
set(text "#include \"${HEADER}\"\n")
foreach(input IN LISTS INPUTS)
  get_filename_component(name ${input} NAME)
  string(REPLACE "." "_" name ${name})
  file(READ ${input} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND text "const unsigned char ${name}[] = {${bytes}};\n"
                     "const size_t ${name}_bytes = sizeof ${name};\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")
