/* npz: arrays that are taken, and every kind of file that is refused. */
#include "store/npz.h"

#include <string.h>
#include <zip.h>

#include "../scratch.h"
#include "../unit.h"
#include "store/files.h"

/* Writes an archive of one array `name` and reads it. */
static Status read_made(const char *name, const void *array, size_t bytes, SafeTensors *tensors)
{
    const char *path = scratch("made.npz");
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(archive);
    zip_source_t *source = zip_source_buffer(archive, array, bytes, 0);
    assert_true(zip_file_add(archive, name, source, 0) == 0);
    assert_int_equal(zip_close(archive), 0);
    return npz_read(path, tensors);
}

/* The same of an array of version 1 with that dictionary; the numbers are 1, 2, 3, ... in F32. */
static Status read_array(const char *dictionary, size_t count, SafeTensors *tensors)
{
    char array[512] = "\x93NUMPY\1";
    const size_t length = strlen(dictionary) + 1;
    array[8] = (char)length;
    memcpy(array + 10, dictionary, length - 1);
    array[10 + length - 1] = '\n';
    for (size_t i = 0; i < count; ++i) {
        const float value = (float)(i + 1);
        memcpy(array + 10 + length + i * sizeof value, &value, sizeof value);
    }
    return read_made("block/a.npy", array, 10 + length + count * sizeof(float), tensors);
}

static void takes_arrays_of_any_rank(void **state)
{
    (void)state;
    static const struct {
        const char *dictionary;
        size_t count, rank;
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 6, 2},
        {"{'shape': (3,), 'fortran_order': False, 'descr': '<f4'}", 3, 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }      ", 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        SafeTensors tensors;
        float values[6];
        assert_int_equal(read_array(cases[i].dictionary, cases[i].count, &tensors), STATUS_OK);
        const SafeTensor *tensor = safetensors_find(&tensors, "block/a");
        assert_non_null(tensor);
        assert_int_equal(tensor->rank, cases[i].rank);
        assert_int_equal(tensor->count, cases[i].count);
        assert_int_equal(safetensors_values(tensor, values), STATUS_OK);
        assert_true(values[cases[i].count - 1] == (float)cases[i].count);
        safetensors_clear(&tensors);
    }
}

static void refuses_headers_that_are_not_of_numpy(void **state)
{
    (void)state;
    static const struct {
        const char *dictionary, *message;
    } cases[] = {
        {"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "its type is |O"},
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }", "its type is >f4"},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }", "ascontiguousarray"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "expected 3 numbers"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", "not of NumPy"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999, 99), }",
         "not of NumPy"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 2), }",
         "not of NumPy"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,", "not of NumPy"},
        {"{'descr': '<f4', 'descr': '<f4', 'shape': (2,), }", "not of NumPy"},
        {"{'descr': '<f4', 'shape': (2,), }", "lacks"},
        {"", "no dictionary"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        SafeTensors tensors;
        assert_int_equal(read_array(cases[i].dictionary, 2, &tensors), STATUS_FORMAT);
        if (!strstr(status_message(), cases[i].message))
            fail_msg("'%s' for %s", status_message(), cases[i].dictionary);
        safetensors_clear(&tensors);
    }
}

static void refuses_archives_that_are_cut_swollen_or_of_other_things(void **state)
{
    (void)state;
    static char zeros[1 << 20] = "\x93NUMPY\1";
    SafeTensors tensors;
    char *file;
    size_t bytes;
    assert_int_equal(read_made("data.pkl", "x", 1, &tensors), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "safetensors.torch.save_file"));
    safetensors_clear(&tensors);
    assert_int_equal(read_made("a.npy", "x", 1, &tensors), STATUS_FORMAT);
    safetensors_clear(&tensors);
    assert_int_equal(read_made("a.npy", zeros, sizeof zeros, &tensors), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "16 times its own"));
    safetensors_clear(&tensors);
    /* Every byte of the numbers counts: the archive has a checksum. */
    assert_int_equal(files_read("golden/published/bit.npz", &file, &bytes), STATUS_OK);
    file[bytes / 2] ^= 1;
    assert_int_equal(files_write(scratch("bad.npz"), file, bytes), STATUS_OK);
    assert_int_equal(npz_read(scratch("bad.npz"), &tensors), STATUS_FORMAT);
    safetensors_clear(&tensors);
    assert_int_equal(files_write(scratch("bad.npz"), file, bytes / 2), STATUS_OK);
    assert_int_equal(npz_read(scratch("bad.npz"), &tensors), STATUS_FORMAT);
    safetensors_clear(&tensors);
    free(file);
    assert_int_equal(npz_read(scratch("none.npz"), &tensors), STATUS_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_arrays_of_any_rank),
        cmocka_unit_test(refuses_headers_that_are_not_of_numpy),
        cmocka_unit_test(refuses_archives_that_are_cut_swollen_or_of_other_things),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
