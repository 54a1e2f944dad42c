# libconfuse, the configuration parser, as Libconfuse::libconfuse.
find_path(Libconfuse_INCLUDE_DIR confuse.h)
find_library(Libconfuse_LIBRARY confuse)
mark_as_advanced(Libconfuse_INCLUDE_DIR Libconfuse_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libconfuse REQUIRED_VARS Libconfuse_LIBRARY Libconfuse_INCLUDE_DIR)

if(Libconfuse_FOUND AND NOT TARGET Libconfuse::libconfuse)
	add_library(Libconfuse::libconfuse UNKNOWN IMPORTED)
	set_target_properties(Libconfuse::libconfuse PROPERTIES
		IMPORTED_LOCATION ${Libconfuse_LIBRARY}
		INTERFACE_INCLUDE_DIRECTORIES ${Libconfuse_INCLUDE_DIR})
endif()
