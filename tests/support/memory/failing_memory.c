#include "tests/support/memory/failing_memory.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

/* AddressSanitizer's, where it is; else the C library's own. */
void *__interceptor_malloc(size_t size) __attribute__((weak));
void *__interceptor_calloc(size_t count, size_t size) __attribute__((weak));
void *__interceptor_realloc(void *memory, size_t size) __attribute__((weak));
void *__interceptor_aligned_alloc(size_t alignment, size_t size) __attribute__((weak));
void __sanitizer_print_stack_trace(void) __attribute__((weak));
char *getenv(const char *name);
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void *reallocarray(void *memory, size_t count, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **out, size_t alignment, size_t size);

/* A thread's own, so that nothing here needs a lock. */
static _Thread_local struct {
	bool is_running, has_failed;
	unsigned long count, first, last; /* those that fail; 0: none */
} memory;

void
failing_memory_begin(unsigned long nth, unsigned long count)
{
	memory.count = 0;
	memory.first = nth;
	memory.last = nth > ULONG_MAX - count ? ULONG_MAX : nth + count;
	memory.has_failed = false;
}

unsigned long
failing_memory_end(void)
{
	memory.first = 0;
	return memory.count;
}

bool
failing_memory_has_failed(void)
{
	return memory.has_failed;
}

void
failing_memory_pause(bool is_paused)
{
	memory.is_running = !is_paused;
}

/* Where: for who looks for what a failure leads to. */
static void
show(void)
{
	if (!getenv("BED_STACK") || !__sanitizer_print_stack_trace)
		return;
	memory.is_running = false;
	__sanitizer_print_stack_trace();
	memory.is_running = true;
}

static bool
fails(void)
{
	if (!memory.is_running)
		return false;
	memory.count++;
	if (!memory.first || memory.count < memory.first || memory.count >= memory.last)
		return false;
	memory.has_failed = true;
	show();
	errno = ENOMEM;
	return true;
}

static void *
real_malloc(size_t size)
{
	return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

static void *
real_realloc(void *old, size_t size)
{
	return __interceptor_realloc ? __interceptor_realloc(old, size) : __libc_realloc(old, size);
}

static void *
real_aligned(size_t alignment, size_t size)
{
	return __interceptor_aligned_alloc ? __interceptor_aligned_alloc(alignment, size)
					   : __libc_memalign(alignment, size);
}

void *
failing_memory_spare(void *old, size_t size)
{
	return real_realloc(old, size);
}

/* ---- what everybody calls ---- */

void *
malloc(size_t size)
{
	return fails() ? NULL : real_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	if (fails())
		return NULL;
	return __interceptor_calloc ? __interceptor_calloc(count, size)
				    : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	return fails() ? NULL : real_realloc(old, size);
}

void *
reallocarray(void *old, size_t count, size_t size)
{
	size_t octets;

	if (__builtin_mul_overflow(count, size, &octets) || fails())
		return NULL;
	return real_realloc(old, octets);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : real_aligned(alignment, size);
}

int
posix_memalign(void **out, size_t alignment, size_t size)
{
	void *made = fails() ? NULL : real_aligned(alignment, size);

	if (!made)
		return ENOMEM;
	*out = made;
	return 0;
}

/* AddressSanitizer has its own, which do not come to malloc. */
char *
strndup(const char *text, size_t most)
{
	size_t size = strnlen(text, most);
	char *copy = malloc(size + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, size);
	copy[size] = '\0';
	return copy;
}

char *
strdup(const char *text)
{
	return strndup(text, SIZE_MAX);
}
