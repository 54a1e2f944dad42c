# What a folder of the house builds: a library that joins libswitchboard, or a program.

# sb_add_library(NAME sb_smpp [SOURCES ...] [LIBS ...])
#
# A static library of this folder's *.c (or of SOURCES). Who links it gets its LIBS too. Its objects
# become part of libswitchboard.a and libswitchboard.so, its public headers install with them.
function(sb_add_library)
	cmake_parse_arguments(arg "" "NAME" "SOURCES;LIBS" ${ARGN})
	if(NOT arg_SOURCES)
		file(GLOB arg_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
	endif()
	add_library(${arg_NAME} STATIC ${arg_SOURCES})
	target_link_libraries(${arg_NAME} PUBLIC ${arg_LIBS})
	set_property(GLOBAL APPEND PROPERTY SB_LIBRARIES ${arg_NAME})
endfunction()

# sb_add_program(NAME smpp-mc [SOURCES ...] [LIBS ...] [CONF smpp-mc.conf ...])
#
# A program of this folder's *.c (or of SOURCES) in bin/, installed with the configuration it ships.
function(sb_add_program)
	cmake_parse_arguments(arg "" "NAME" "SOURCES;LIBS;CONF" ${ARGN})
	if(NOT arg_SOURCES)
		file(GLOB arg_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
	endif()
	add_executable(${arg_NAME} ${arg_SOURCES})
	target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBS})
	install(TARGETS ${arg_NAME} RUNTIME)
	if(arg_CONF)
		install(FILES ${arg_CONF} DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/switchboard)
	endif()
endfunction()
