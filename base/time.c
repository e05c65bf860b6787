/* SPDX-License-Identifier: Apache-2.0
 *
 * Points in time and their text forms (base/time.h). */
#include "base/time.h"

#include <stdio.h>

#define SECONDS_MIN INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define SECONDS_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

char *wp_time_rfc3339(int64_t seconds, char ret[WP_TIME_TEXT])
{
    time_t t = (time_t)WP_MAX(SECONDS_MIN, WP_MIN(SECONDS_MAX, seconds));
    struct tm tm = {0};
    gmtime_r(&t, &tm);
    /* %Y does not pad. */
    int n = snprintf(ret, WP_TIME_TEXT, "%04d", tm.tm_year + 1900);
    (void)strftime(ret + n, WP_TIME_TEXT - (size_t)n, "-%m-%dT%H:%M:%SZ", &tm);
    return ret;
}

/* Exactly n digits at *p, moved past them. */
static bool number(const char **p, unsigned n, int *ret)
{
    int v = 0;
    for (; n > 0; n--, (*p)++) {
        if (**p < '0' || **p > '9') {
            return false;
        }
        v = v * 10 + (**p - '0');
    }
    *ret = v;
    return true;
}

static bool literal(const char **p, const char *text)
{
    if (!wp_str_starts(*p, text)) {
        return false;
    }
    *p += strlen(text);
    return true;
}

static bool clock_time(const char **p, struct tm *tm)
{
    return number(p, 2, &tm->tm_hour) && literal(p, ":") && number(p, 2, &tm->tm_min) && literal(p, ":") &&
           number(p, 2, &tm->tm_sec);
}

/* tm_year and tm_mon as people write them (1994, 1..12). Leap seconds become the second after. */
static bool to_seconds(const struct tm *tm, int64_t *ret)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int y = tm->tm_year;
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (tm->tm_mon < 1 || tm->tm_mon > 12 || tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 60) {
        return false;
    }
    int last = days[tm->tm_mon - 1] + (tm->tm_mon == 2 && leap);
    if (tm->tm_mday < 1 || tm->tm_mday > last) {
        return false;
    }
    struct tm utc = *tm;
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    *ret = timegm(&utc);
    return true;
}

bool wp_time_parse_rfc3339(const char *text, int64_t *ret_seconds)
{
    const char *p = text;
    struct tm tm = {0};
    if (!number(&p, 4, &tm.tm_year) || !literal(&p, "-") || !number(&p, 2, &tm.tm_mon) || !literal(&p, "-") ||
        !number(&p, 2, &tm.tm_mday) || (*p != 'T' && *p != 't')) {
        return false;
    }
    p++;
    int64_t seconds = 0;
    if (!clock_time(&p, &tm) || !to_seconds(&tm, &seconds)) {
        return false;
    }
    if (literal(&p, ".")) {
        const char *start = p;
        p += strspn(p, "0123456789");
        if (p == start) {
            return false;
        }
    }
    if (*p == 'Z' || *p == 'z') {
        p++;
    } else {
        int sign = *p == '+' ? 1 : *p == '-' ? -1 : 0;
        int hours = 0;
        int minutes = 0;
        p++;
        if (sign == 0 || !number(&p, 2, &hours) || !literal(&p, ":") || !number(&p, 2, &minutes) || hours > 23 ||
            minutes > 59) {
            return false;
        }
        seconds -= (int64_t)sign * (hours * 3600 + minutes * 60);
    }
    if (*p != '\0') {
        return false;
    }
    *ret_seconds = seconds;
    return true;
}

static bool month(const char **p, int *ret)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (size_t i = 0; i < WP_ARRAY_LEN(names); i++) {
        if (literal(p, names[i])) {
            *ret = (int)i + 1;
            return true;
        }
    }
    return false;
}

/* The name of a day, short or long. It is not compared with the date. */
static bool day_name(const char **p, bool *ret_long)
{
    static const char *const names[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
    for (size_t i = 0; i < WP_ARRAY_LEN(names); i++) {
        if (literal(p, names[i])) {
            *ret_long = true;
            return true;
        }
        if (strncmp(*p, names[i], 3) == 0) {
            *p += 3;
            *ret_long = false;
            return true;
        }
    }
    return false;
}

/* "Sun Nov  6 08:49:37 1994", after the name of the day */
static bool asctime_rest(const char *p, struct tm *tm)
{
    if (!literal(&p, " ") || !month(&p, &tm->tm_mon) || !literal(&p, " ")) {
        return false;
    }
    bool day = literal(&p, " ") ? number(&p, 1, &tm->tm_mday) : number(&p, 2, &tm->tm_mday);
    return day && literal(&p, " ") && clock_time(&p, tm) && literal(&p, " ") && number(&p, 4, &tm->tm_year) &&
           *p == '\0';
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" and "Sunday, 06-Nov-94 08:49:37 GMT", after the name of the day */
static bool gmt_rest(const char *p, bool old, struct tm *tm)
{
    const char *sep = old ? "-" : " ";
    if (!literal(&p, ", ") || !number(&p, 2, &tm->tm_mday) || !literal(&p, sep) || !month(&p, &tm->tm_mon) ||
        !literal(&p, sep) || !number(&p, old ? 2 : 4, &tm->tm_year)) {
        return false;
    }
    if (old) {
        /* Two digits that seem more than 50 years ahead mean the past (RFC 9110 section 5.6.7). */
        char now[WP_TIME_TEXT];
        const char *q = wp_time_rfc3339(wp_time_now(), now);
        int year = 0;
        if (!number(&q, 4, &year)) {
            return false;
        }
        tm->tm_year += year - year % 100;
        tm->tm_year -= tm->tm_year > year + 50 ? 100 : 0;
    }
    return literal(&p, " ") && clock_time(&p, tm) && literal(&p, " GMT") && *p == '\0';
}

bool wp_time_parse_http(const char *text, int64_t *ret_seconds)
{
    const char *p = text;
    bool long_name = false;
    struct tm tm = {0};
    if (!day_name(&p, &long_name)) {
        return false;
    }
    bool ok = *p == ',' ? gmt_rest(p, long_name, &tm) : !long_name && asctime_rest(p, &tm);
    return ok && to_seconds(&tm, ret_seconds);
}

int64_t wp_time_now(void)
{
    return (int64_t)time(NULL);
}

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec ts = {0};
    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t wp_time_mono_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

uint64_t wp_time_boot_ms(void)
{
    return clock_ms(CLOCK_BOOTTIME);
}
