# llhttp, the HTTP/1 parser, as Llhttp::llhttp: the system's library where there is one, else built
# from the sources that Debian's node-llhttp installs.
find_path(Llhttp_INCLUDE_DIR llhttp.h PATH_SUFFIXES llhttp
	PATHS /usr/share/include NO_CMAKE_FIND_ROOT_PATH)
find_library(Llhttp_LIBRARY llhttp)
find_path(Llhttp_SOURCE_DIR llhttp.c PATHS /usr/share/llhttp NO_DEFAULT_PATH)
mark_as_advanced(Llhttp_INCLUDE_DIR Llhttp_LIBRARY Llhttp_SOURCE_DIR)

if(Llhttp_LIBRARY)
	set(Llhttp_ORIGIN ${Llhttp_LIBRARY})
elseif(Llhttp_SOURCE_DIR)
	set(Llhttp_ORIGIN ${Llhttp_SOURCE_DIR})
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Llhttp REQUIRED_VARS Llhttp_ORIGIN Llhttp_INCLUDE_DIR)

if(Llhttp_FOUND AND NOT TARGET Llhttp::llhttp)
	if(Llhttp_LIBRARY)
		add_library(Llhttp::llhttp UNKNOWN IMPORTED)
		set_target_properties(Llhttp::llhttp PROPERTIES IMPORTED_LOCATION ${Llhttp_LIBRARY}
			INTERFACE_INCLUDE_DIRECTORIES ${Llhttp_INCLUDE_DIR})
	else()
		add_library(llhttp STATIC EXCLUDE_FROM_ALL ${Llhttp_SOURCE_DIR}/api.c
			${Llhttp_SOURCE_DIR}/http.c ${Llhttp_SOURCE_DIR}/llhttp.c)
		target_include_directories(llhttp SYSTEM PUBLIC ${Llhttp_INCLUDE_DIR})
		# Generated code of others: its warnings are not ours to mend.
		target_compile_options(llhttp PRIVATE -w)
		add_library(Llhttp::llhttp ALIAS llhttp)
		# libswitchboard must carry what no system library brings.
		set_property(GLOBAL APPEND PROPERTY SB_LIBRARIES llhttp)
	endif()
endif()
