# sb_add_folders([EXCEPT folder ...]): adds every sub-folder that has a CMakeLists.txt, so that a new
# protocol, daemon, example or test joins by being there.
function(sb_add_folders)
	cmake_parse_arguments(arg "" "" EXCEPT ${ARGN})
	file(GLOB lists RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS
		${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
	foreach(list IN LISTS lists)
		get_filename_component(folder ${list} DIRECTORY)
		if(NOT folder IN_LIST arg_EXCEPT)
			add_subdirectory(${folder})
		endif()
	endforeach()
endfunction()
