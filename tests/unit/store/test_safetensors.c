/* safetensors: numbers of every type that is taken, and every kind of file that is refused. */
#include "store/safetensors.h"

#include <math.h>
#include <string.h>

#include "../scratch.h"
#include "../unit.h"
#include "store/files.h"

/* Reads a file with this header and `bytes` bytes of data. */
static Status read_made(const char *header, const void *data, size_t bytes, SafeTensors *tensors)
{
    char file[1024] = {0};
    size_t length = strlen(header);
    file[0] = (char)(length & 255);
    file[1] = (char)(length >> 8);
    memcpy(file + 8, header, length);
    memcpy(file + 8 + length, data, bytes);
    assert_int_equal(files_write(scratch("made.safetensors"), file, 8 + length + bytes), STATUS_OK);
    return safetensors_read(scratch("made.safetensors"), tensors);
}

static void takes_every_float(void **state)
{
    (void)state;
    const unsigned char data[] = {0x00, 0x3c, 0x01, 0x00, 0x00, 0xc2,  /* 1, 2^-24, -3 as F16 */
                                  0xc0, 0x3f, 0x00, 0x00, 0x20, 0xc1}; /* 1.5 as BF16; -10 as F32 */
    SafeTensors tensors;
    float values[3];
    assert_int_equal(read_made("{\"__metadata__\":{\"format\":\"pt\"},"
                               "\"h\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[0,6]},"
                               "\"f\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,12]},"
                               "\"b\":{\"dtype\":\"BF16\",\"shape\":[1,1],\"data_offsets\":[6,8]}}",
                               data, sizeof data, &tensors),
                     STATUS_OK);
    assert_int_equal(tensors.count, 3);
    assert_int_equal(safetensors_values(safetensors_find(&tensors, "h"), values), STATUS_OK);
    assert_true(values[0] == 1 && values[1] == 0x1p-24F && values[2] == -3);
    assert_int_equal(safetensors_values(safetensors_find(&tensors, "b"), values), STATUS_OK);
    assert_true(values[0] == 1.5F);
    assert_int_equal(safetensors_values(safetensors_find(&tensors, "f"), values), STATUS_OK);
    assert_true(values[0] == -10);
    assert_null(safetensors_find(&tensors, "g"));
    assert_string_equal(safetensors_note(&tensors, "format"), "pt");
    assert_null(safetensors_note(&tensors, "Format"));
    safetensors_clear(&tensors);
}

static void refuses_numbers_that_are_none(void **state)
{
    (void)state;
    const unsigned char infinite[] = {0, 0x7c};
    SafeTensors tensors;
    float value;
    assert_int_equal(read_made("{\"h\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}}",
                               infinite, 2, &tensors),
                     STATUS_OK);
    assert_int_equal(safetensors_values(&tensors.items[0], &value), STATUS_FORMAT);
    safetensors_clear(&tensors);
    assert_int_equal(read_made("{\"h\":{\"dtype\":\"I16\",\"shape\":[1],\"data_offsets\":[0,2]}}",
                               infinite, 2, &tensors),
                     STATUS_OK);
    assert_int_equal(safetensors_values(&tensors.items[0], &value), STATUS_FORMAT);
    safetensors_clear(&tensors);
}

static void refuses_what_does_not_hold(void **state)
{
    (void)state;
#define TENSOR(name, shape, offsets)                                                               \
    "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}"
    static const char *const files[][2] = {
        {"[1]", "header is not JSON"},
        {"{\"a\":1}", "has type nothing"},
        {"{\"a\":{\"dtype\":\"X\"}}", "has type X"},
        {"{" TENSOR("a", "2", "[0,8]") "}", "has no shape"},
        {"{" TENSOR("a", "[-2]", "[0,8]") "}", "larger than the file"},
        {"{" TENSOR("a", "[1.5]", "[0,8]") "}", "larger than the file"},
        {"{" TENSOR("a", "[8,8,8]", "[0,8]") "}", "larger than the file"},
        {"{" TENSOR("a", "[1,1,1,1,1,1,1,1,2]", "[0,8]") "}", "more than 8 dimensions"},
        {"{" TENSOR("a", "[2]", "[0,12]") "}", "not within"},
        {"{" TENSOR("a", "[2]", "[8,0]") "}", "not within"},
        {"{" TENSOR("a", "[2]", "[0]") "}", "not within"},
        {"{" TENSOR("a", "[1]", "[0,8]") "}", "expected 1 numbers"},
        {"{" TENSOR("a", "[1]", "[0,4]") "}", "expected 8"},
        {"{" TENSOR("a", "[1]", "[4,8]") "}", "expected 0"},
        {"{" TENSOR("a", "[2]", "[0,8]") "," TENSOR("b", "[1]", "[4,8]") "}", "begins at byte 4"},
        {"{" TENSOR("a", "[1]", "[0,4]") "," TENSOR("a", "[1]", "[4,8]") "}", "two tensors a"},
    };
    const char data[8] = {0};
    for (size_t i = 0; i < sizeof files / sizeof *files; ++i) {
        SafeTensors tensors;
        assert_int_equal(read_made(files[i][0], data, sizeof data, &tensors), STATUS_FORMAT);
        if (!strstr(status_message(), files[i][1]))
            fail_msg("%s: %s", files[i][0], status_message());
        safetensors_clear(&tensors);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_every_float),
        cmocka_unit_test(refuses_numbers_that_are_none),
        cmocka_unit_test(refuses_what_does_not_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
