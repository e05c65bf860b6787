/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that do not compile in this project (forced into every file by the Makefile's -include). Each has a
 * bounded, checked or reentrant counterpart in base/. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Macros under clang's fortification. */
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat strncpy strncat stpcpy sprintf vsprintf strtok atoi atol atoll gets
#pragma GCC poison gmtime localtime ctime asctime mktemp tmpnam tempnam system popen
