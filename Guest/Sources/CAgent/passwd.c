#include "cagent.h"

#include <string.h>

// The end of the field at `text`: its colon or the end of the line.
static const char *field_end(const char *text, const char *end) {
    while (text < end && *text != ':')
        text++;
    return text;
}

static int is_number(const char *text, const char *end, uint32_t number) {
    uint64_t value = 0;
    if (text == end)
        return 0;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9' || value > UINT32_MAX)
            return 0;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    return value == number;
}

size_t ca_find_home(const char *text, size_t size, uint32_t uid, char *out, size_t out_size) {
    static const char key[] = "HOME=";
    const size_t key_size = sizeof key - 1;
    const char *end = text + size;
    while (text < end) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        if (!line_end)
            line_end = end;
        // name:password:uid:gid:comment:folder:shell
        const char *start = text, *stop = field_end(text, line_end);
        int matches = 0;
        for (int field = 0; field < 5 && stop < line_end; field++) {
            start = stop + 1;
            stop = field_end(start, line_end);
            if (field == 1)
                matches = is_number(start, stop, uid);
            if (field == 4 && matches) {
                size_t length = (size_t)(stop - start);
                if (length == 0 || key_size + length >= out_size || memchr(start, 0, length))
                    return 0;
                memcpy(out, key, key_size);
                memcpy(out + key_size, start, length);
                out[key_size + length] = 0;
                return key_size + length;
            }
        }
        text = line_end + 1;
    }
    return 0;
}
