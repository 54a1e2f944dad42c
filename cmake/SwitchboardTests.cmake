# How a test joins the house. The label of a test is its folder under tests/.

set(SB_TEST_ENVIRONMENT
	"ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:detect_leaks=1"
	"UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
	"TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.txt"
	"SB_SOURCE_DIR=${CMAKE_SOURCE_DIR}"
	"SB_BINARY_DIR=${CMAKE_BINARY_DIR}")

# Programs whose tests also run under ThreadSanitizer, and all fuzz targets: what
# `cmake --build --target` takes for a preset that needs no more than that.
add_custom_target(threaded-tests)
add_custom_target(fuzzers)

function(sb_test_folder out)
	file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR})
	set(${out} ${folder} PARENT_SCOPE)
endfunction()

# sb_register_test(NAME <name> COMMAND ... [THREADED] [TIMEOUT seconds] [LABELS ...])
#
# Any command as a test, for what is not a cmocka program (a script, a real peer). The command runs
# in the source folder of the test, with SB_SOURCE_DIR and SB_BINARY_DIR in its environment; exit
# code 77 counts as skipped. ctest calls it <folder>/<name>. The timeout is for what hangs: no test is
# near it, on the busiest machine either.
function(sb_register_test)
	cmake_parse_arguments(arg "THREADED" "NAME;TIMEOUT" "COMMAND;LABELS" ${ARGN})
	sb_test_folder(folder)
	if(NOT arg_TIMEOUT)
		set(arg_TIMEOUT 300)
	endif()
	set(labels ${folder} ${arg_LABELS})
	if(arg_THREADED)
		list(APPEND labels threaded)
	endif()
	add_test(NAME ${folder}/${arg_NAME} COMMAND ${arg_COMMAND}
		WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
	# What may take longest begins, so that no core is left idle at the end.
	set_tests_properties(${folder}/${arg_NAME} PROPERTIES TIMEOUT ${arg_TIMEOUT} COST ${arg_TIMEOUT}
		LABELS "${labels}" ENVIRONMENT "${SB_TEST_ENVIRONMENT}" SKIP_RETURN_CODE 77)
endfunction()

# sb_add_test(NAME <name> SOURCES ... [LIBS ...] [THREADED] [TIMEOUT seconds])
#
# A cmocka program bin/tests/<folder>/<name>; ctest calls it <folder>/<name>. THREADED ones run
# under ThreadSanitizer too.
function(sb_add_test)
	cmake_parse_arguments(arg "THREADED" "NAME;TIMEOUT" "SOURCES;LIBS" ${ARGN})
	sb_test_folder(folder)
	string(REPLACE / - prefix ${folder})
	set(target test-${prefix}-${arg_NAME})
	add_executable(${target} ${arg_SOURCES})
	target_link_libraries(${target} PRIVATE ${arg_LIBS} PkgConfig::CMOCKA)
	set_target_properties(${target} PROPERTIES OUTPUT_NAME ${arg_NAME}
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests/${folder})
	set(threaded)
	if(arg_THREADED)
		set(threaded THREADED)
		add_dependencies(threaded-tests ${target})
	endif()
	sb_register_test(NAME ${arg_NAME} COMMAND ${target} TIMEOUT ${arg_TIMEOUT} ${threaded})
	if(NOT arg_TIMEOUT)
		set_tests_properties(${folder}/${arg_NAME} PROPERTIES COST 1) # a moment: after all scripts
	endif()
endfunction()

# sb_add_fuzzer(NAME <name> SOURCES ... [LIBS ...] CORPUS <folder>)
#
# SOURCES define LLVMFuzzerTestOneInput. Under the fuzz preset it becomes the libFuzzer program
# bin/fuzz/<name>; under the others a program that plays the files of the corpus once, as a test.
function(sb_add_fuzzer)
	cmake_parse_arguments(arg "" "NAME;CORPUS" "SOURCES;LIBS" ${ARGN})
	get_filename_component(corpus ${arg_CORPUS} ABSOLUTE)
	set(target fuzz-${arg_NAME})
	add_executable(${target} ${arg_SOURCES})
	target_link_libraries(${target} PRIVATE ${arg_LIBS})
	set_target_properties(${target} PROPERTIES OUTPUT_NAME ${arg_NAME}
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/fuzz)
	add_dependencies(fuzzers ${target})
	set_property(GLOBAL APPEND_STRING PROPERTY SB_FUZZERS "${arg_NAME} ${corpus}\n")
	if(SB_FUZZ)
		target_link_options(${target} PRIVATE -fsanitize=fuzzer)
		return()
	endif()
	target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c)
	sb_register_test(NAME ${arg_NAME} COMMAND ${target} ${corpus} LABELS fuzz)
endfunction()

# The list that ./fuzz reads: one line "<name> <corpus folder>" a target.
function(sb_write_fuzzer_list)
	get_property(fuzzers GLOBAL PROPERTY SB_FUZZERS)
	file(WRITE ${CMAKE_BINARY_DIR}/fuzzers.txt "${fuzzers}")
endfunction()
