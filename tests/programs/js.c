/* SPDX-License-Identifier: Apache-2.0
 *
 * JavaScript from standard input; print(...) writes a line: js */
#include "quickjs.h"
#include <stdio.h>
#include <stdlib.h>

static JSValue print(JSContext *ctx, JSValueConst self, int n, JSValueConst *values)
{
    (void)self;
    for (int i = 0; i < n; i++) {
        const char *text = JS_ToCString(ctx, values[i]);
        printf("%s%s", i > 0 ? " " : "", text != NULL ? text : "?");
        JS_FreeCString(ctx, text);
    }
    putchar('\n');
    return JS_UNDEFINED;
}

int main(void)
{
    static char text[1 << 20];
    size_t length = fread(text, 1, sizeof text - 1, stdin);
    JSRuntime *rt = JS_NewRuntime();
    JSContext *ctx = JS_NewContext(rt);
    JSValue global = JS_GetGlobalObject(ctx);
    JS_SetPropertyStr(ctx, global, "print", JS_NewCFunction(ctx, print, "print", 1));
    JSValue value = JS_Eval(ctx, text, length, "stdin", JS_EVAL_TYPE_GLOBAL);
    int bad = JS_IsException(value);
    if (bad) {
        JSValue thrown = JS_GetException(ctx);
        const char *words = JS_ToCString(ctx, thrown);
        printf("uncaught %s\n", words);
        JS_FreeCString(ctx, words);
        JS_FreeValue(ctx, thrown);
    }
    JS_FreeValue(ctx, value);
    JS_FreeValue(ctx, global);
    JS_FreeContext(ctx);
    JS_FreeRuntime(rt);
    return bad;
}
