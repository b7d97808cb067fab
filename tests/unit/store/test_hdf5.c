#include "../unit.h"

#include "../scratch.h"

#include <math.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store/files.h"
#include "store/hdf5_reader.h"
#include "store/hdf5_writer.h"

static Hdf5Writer *start(const char *path)
{
    Hdf5Writer *writer;
    assert_int_equal(hdf5_writer_new(path, &writer), STATUS_OK);
    return writer;
}

static Hdf5Reader *open_file(const char *path)
{
    Hdf5Reader *reader;
    assert_int_equal(hdf5_reader_new(path, &reader), STATUS_OK);
    return reader;
}

static void arrays_of_each_type_come_back_with_their_shape(void **state)
{
    (void)state;
    const char *path = scratch("arrays.h5");
    const float f32[2][3] = {{1, 2, 3}, {4, 5, NAN}};
    const double f64[] = {0.1, -INFINITY};
    const int64_t i64[] = {INT64_MIN, INT64_MAX};
    const uint8_t u8[2][1][2][2] = {{{{0, 1}, {2, 3}}}, {{{4, 5}, {6, 255}}}};
    Hdf5Writer *writer = start(path);
    assert_int_equal(
        hdf5_write(writer, "a/b/f32", HDF5_F32, 2, (size_t[]){2, 3}, f32, "numbers", "millimetre"),
        STATUS_OK);
    assert_int_equal(hdf5_write_f64(writer, "/a/f64", 2, f64, "doubles", NULL), STATUS_OK);
    assert_int_equal(hdf5_write_i64(writer, "i64", 2, i64, "integers", NULL), STATUS_OK);
    assert_int_equal(
        hdf5_write(writer, "u8", HDF5_U8, 4, (size_t[]){2, 1, 2, 2}, u8, "pixels", NULL),
        STATUS_OK);
    assert_int_equal(hdf5_write_f32(writer, "none", 0, NULL, "nothing", NULL), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);

    Hdf5Reader *reader = open_file(path);
    size_t rank, dims[HDF5_MAX_RANK], count;
    assert_int_equal(hdf5_dims(reader, "/a/b/f32", &rank, dims), STATUS_OK);
    assert_int_equal(rank, 2);
    assert_int_equal(dims[0], 2);
    assert_int_equal(dims[1], 3);
    float f32_read[2][3];
    assert_int_equal(hdf5_read_f32(reader, "a/b/f32", 6, f32_read[0]), STATUS_OK);
    assert_memory_equal(f32_read, f32, sizeof f32);
    double f64_read[2];
    assert_int_equal(hdf5_read_f64(reader, "a/f64", 2, f64_read), STATUS_OK);
    assert_memory_equal(f64_read, f64, sizeof f64);
    int64_t i64_read[2];
    assert_int_equal(hdf5_read_i64(reader, "i64", 2, i64_read), STATUS_OK);
    assert_memory_equal(i64_read, i64, sizeof i64);
    uint8_t u8_read[4];
    assert_int_equal(hdf5_read_rows(reader, "u8", HDF5_U8, 1, 1, 4, u8_read), STATUS_OK);
    assert_memory_equal(u8_read, u8[1], 4);
    assert_int_equal(hdf5_count(reader, "none", &count), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(hdf5_read_f32(reader, "none", 0, NULL), STATUS_OK);
    char *text;
    assert_int_equal(hdf5_get_text(reader, "a/b/f32", "unit", &text), STATUS_OK);
    assert_string_equal(text, "millimetre");
    free(text);
    assert_int_equal(hdf5_get_text(reader, "u8", "description", &text), STATUS_OK);
    assert_string_equal(text, "pixels");
    free(text);
    assert_false(hdf5_has_attribute(reader, "u8", "unit"));
    hdf5_reader_free(reader);
}

static void every_dataset_carries_a_checksum(void **state)
{
    (void)state;
    const char *path = scratch("filters.h5");
    Hdf5Writer *writer = start(path);
    assert_int_equal(hdf5_write_i64(writer, "one", 1, (int64_t[]){7}, "a number", NULL), STATUS_OK);
    assert_int_equal(hdf5_write_text(writer, "text", "hello", "a text"), STATUS_OK);
    assert_int_equal(hdf5_create_rows(writer, "rows", HDF5_U8, 2, (size_t[]){0, 300}, "rows", NULL),
                     STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const char *const names[] = {"one", "text", "rows"};
    for (size_t i = 0; i < 3; ++i) {
        hid_t dataset = H5Dopen2(file, names[i], H5P_DEFAULT);
        hid_t creation = H5Dget_create_plist(dataset);
        assert_int_equal(H5Pget_nfilters(creation), 1);
        assert_true(H5Pget_filter_by_id2(creation, H5Z_FILTER_FLETCHER32, NULL, NULL, NULL, 0, NULL,
                                         NULL) >= 0);
        H5Pclose(creation);
        H5Dclose(dataset);
    }
    H5Fclose(file);
}

static void texts_and_attributes_come_back(void **state)
{
    (void)state;
    const char *path = scratch("texts.h5");
    const char *const names[] = {"früh", "", "late", NULL};
    Hdf5Writer *writer = start(path);
    assert_int_equal(hdf5_write_texts(writer, "names", 4, names, "names"), STATUS_OK);
    assert_int_equal(hdf5_write_text(writer, "config/yaml", "a: 1\n", "settings"), STATUS_OK);
    assert_int_equal(hdf5_set_text(writer, "model", "architecture", "first"), STATUS_OK);
    assert_int_equal(hdf5_set_text(writer, "model", "architecture", "second"), STATUS_OK);
    assert_int_equal(hdf5_set_texts(writer, "/model", "classes", 3, names), STATUS_OK);
    assert_int_equal(hdf5_set_i64(writer, "model", "depth", 50), STATUS_OK);
    assert_int_equal(hdf5_set_f64(writer, "", "point", 0.25), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);

    Hdf5Reader *reader = open_file(path);
    Hdf5Texts texts;
    char *text;
    int64_t whole;
    double number;
    assert_int_equal(hdf5_read_texts(reader, "names", &texts), STATUS_OK);
    assert_int_equal(texts.count, 4);
    assert_string_equal(texts.items[0], "früh");
    assert_string_equal(texts.items[1], "");
    assert_string_equal(texts.items[2], "late");
    assert_string_equal(texts.items[3], "");
    hdf5_texts_clear(&texts);
    assert_int_equal(hdf5_read_text(reader, "config/yaml", &text), STATUS_OK);
    assert_string_equal(text, "a: 1\n");
    free(text);
    assert_int_equal(hdf5_get_text(reader, "model", "architecture", &text), STATUS_OK);
    assert_string_equal(text, "second");
    free(text);
    assert_int_equal(hdf5_get_texts(reader, "model", "classes", &texts), STATUS_OK);
    assert_int_equal(texts.count, 3);
    assert_string_equal(texts.items[2], "late");
    hdf5_texts_clear(&texts);
    assert_int_equal(hdf5_get_i64(reader, "model", "depth", &whole), STATUS_OK);
    assert_int_equal(whole, 50);
    assert_int_equal(hdf5_get_f64(reader, "/", "point", &number), STATUS_OK);
    assert_true(number == 0.25);
    hdf5_reader_free(reader);
}

static void appended_rows_are_read_in_parts(void **state)
{
    (void)state;
    enum { ROWS = 1000, WIDTH = 37 };
    const char *path = scratch("rows.h5");
    int64_t rows[ROWS][WIDTH], read[200][WIDTH];
    for (int i = 0; i < ROWS * WIDTH; ++i)
        rows[i / WIDTH][i % WIDTH] = i;
    Hdf5Writer *writer = start(path);
    assert_int_equal(
        hdf5_create_rows(writer, "pack/rows", HDF5_I64, 2, (size_t[]){0, WIDTH}, "rows", NULL),
        STATUS_OK);
    for (size_t first = 0, now; first < ROWS; first += now) {
        now = first % 7 + 1 < ROWS - first ? first % 7 + 1 : ROWS - first;
        assert_int_equal(hdf5_append(writer, "pack/rows", HDF5_I64, now, rows[first]), STATUS_OK);
    }
    assert_int_equal(hdf5_append(writer, "pack/none", HDF5_I64, 1, rows), STATUS_MISSING);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);

    Hdf5Reader *reader = open_file(path);
    size_t rank, dims[HDF5_MAX_RANK];
    assert_int_equal(hdf5_dims(reader, "pack/rows", &rank, dims), STATUS_OK);
    assert_int_equal(dims[0], ROWS);
    assert_int_equal(
        hdf5_read_rows(reader, "pack/rows", HDF5_I64, 750, 200, 200 * (size_t)WIDTH, read),
        STATUS_OK);
    assert_memory_equal(read, rows[750], sizeof read);
    assert_int_equal(hdf5_read_rows(reader, "pack/rows", HDF5_I64, 999, 2, 2 * WIDTH, read),
                     STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "has 1000 rows, expected at least 1001"));
    assert_int_equal(hdf5_read_rows(reader, "pack/rows", HDF5_I64, 0, 2, 2 * WIDTH + 2, read),
                     STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "holds 37 numbers a row, expected 38"));
    hdf5_reader_free(reader);
}

static void only_a_commit_makes_the_file_appear(void **state)
{
    (void)state;
    const char *path = scratch("commit.h5");
    char *temporary;
    assert_int_equal(files_temporary_name(path, &temporary), STATUS_OK);
    Hdf5Writer *writer = start(path);
    assert_int_equal(hdf5_write_f64(writer, "x", 1, (double[]){1}, "one", NULL), STATUS_OK);
    assert_false(files_exists(path));
    assert_true(files_exists(temporary));
    hdf5_writer_abandon(writer);
    assert_false(files_exists(path));
    assert_false(files_exists(temporary));

    pid_t child = fork(); /* a run that is killed before its commit */
    if (child == 0) {
        Hdf5Writer *lost;
        hdf5_writer_new(path, &lost);
        hdf5_write_f64(lost, "x", 1, (double[]){1}, "one", NULL);
        raise(9);
    }
    int end;
    waitpid(child, &end, 0);
    assert_int_equal(WTERMSIG(end), 9);
    assert_false(files_exists(path));
    assert_true(files_exists(temporary));

    writer = start(path);
    assert_int_equal(hdf5_write_f64(writer, "y", 1, (double[]){2}, "two", NULL), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    assert_false(files_exists(temporary));
    Hdf5Reader *reader = open_file(path);
    assert_true(hdf5_has(reader, "y"));
    assert_false(hdf5_has(reader, "x"));
    assert_false(hdf5_has(reader, "no/such/path"));
    hdf5_reader_free(reader);
    free(temporary);
}

/* Writes texts, numbers and rows enough that the library writes much before it is told to; the
 * status of the first call that failed. */
static Status write_much(const char *path)
{
    enum { ROWS = 4096, WIDTH = 64 };
    const char *const texts[] = {"a", "b", "c"};
    static double rows[16 * WIDTH];
    Hdf5Writer *writer;
    TRY(hdf5_writer_new(path, &writer));
    Status status = hdf5_create_rows(writer, "rows", HDF5_F64, 2, (size_t[]){0, WIDTH}, "r", NULL);
    for (size_t i = 0; i < ROWS / 16 && status == STATUS_OK; ++i)
        status = hdf5_append(writer, "rows", HDF5_F64, 16, rows);
    for (int i = 0; i < 300 && status == STATUS_OK; ++i) {
        char name[32];
        snprintf(name, sizeof name, "group/%d/texts", i);
        status = hdf5_write_texts(writer, name, 3, texts, "texts");
        if (status == STATUS_OK)
            status = hdf5_set_f64(writer, name, "number", i);
    }
    if (status == STATUS_OK)
        return hdf5_writer_commit(writer);
    hdf5_writer_abandon(writer);
    return status;
}

/* The limit on the size of files stands for a full disk: writes fail from some byte on. Whatever
 * byte that is, the file is thrown away, the next one can be written, and the program ends well. */
static void a_disk_that_fills_up_is_an_error_and_no_more(void **state)
{
    (void)state;
    const char *path = scratch("full.h5");
    char *temporary;
    struct stat about;
    struct rlimit before;
    assert_int_equal(files_temporary_name(path, &temporary), STATUS_OK);
    assert_int_equal(write_much(path), STATUS_OK);
    assert_int_equal(stat(path, &about), 0);
    assert_true(about.st_size > 2 << 20);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t most = 0; most < (rlim_t)about.st_size; most += most < 4096 ? 511 : 98765) {
        const struct rlimit limit = {most, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        Status status = write_much(path);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, STATUS_IO);
        assert_non_null(strstr(status_message(), "full.h5: cannot write: File too large"));
        assert_false(files_exists(temporary));
        assert_int_equal(hdf5_verify(path), STATUS_OK); /* the old one */
    }
    assert_int_equal(write_much(path), STATUS_OK);
    free(temporary);
}

static void a_flipped_byte_in_a_dataset_is_found(void **state)
{
    (void)state;
    const char *path = scratch("flip.h5");
    const uint8_t marker[] = {0xde, 0xad, 0xbe, 0xef, 0x12, 0x34, 0x56, 0x78};
    Hdf5Writer *writer = start(path);
    assert_int_equal(hdf5_write_u8(writer, "marker", 8, marker, "to be flipped", NULL), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    assert_int_equal(hdf5_verify(path), STATUS_OK);
    char *data;
    size_t bytes;
    assert_int_equal(files_read(path, &data, &bytes), STATUS_OK);
    char *found = memmem(data, bytes, marker, sizeof marker);
    assert_non_null(found);
    found[3] ^= 0x10;
    assert_int_equal(files_write(path, data, bytes), STATUS_OK);
    assert_int_equal(hdf5_verify(path), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "flip.h5: /marker: cannot read back"));
    Hdf5Reader *reader = open_file(path);
    uint8_t read[8];
    assert_int_equal(hdf5_read_u8(reader, "marker", 8, read), STATUS_FORMAT);
    hdf5_reader_free(reader);
    free(data);
}

static void files_that_cannot_be_opened_say_why(void **state)
{
    (void)state;
    Hdf5Reader *reader;
    assert_int_equal(hdf5_reader_new(scratch("none.h5"), &reader), STATUS_MISSING);
    assert_non_null(strstr(status_message(), "none.h5: no such file"));
    assert_null(reader);

    const char *text = scratch("text.h5");
    assert_int_equal(files_write(text, "not HDF5", 8), STATUS_OK);
    assert_int_equal(hdf5_reader_new(text, &reader), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "text.h5: cannot open as a complete HDF5 file"));

    const char *path = scratch("cut.h5");
    Hdf5Writer *writer = start(path);
    double zeros[1000] = {0};
    assert_int_equal(hdf5_write_f64(writer, "x", 1000, zeros, "zeros", NULL), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    assert_int_equal(truncate(path, 6000), 0);
    assert_int_equal(hdf5_reader_new(path, &reader), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "truncated"));

    const char *pipe = scratch("pipe.h5");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    alarm(10); /* opening it would wait for a writer */
    assert_int_equal(hdf5_reader_new(pipe, &reader), STATUS_IO);
    alarm(0);
    assert_non_null(strstr(status_message(), "is a pipe, expected a plain file"));

    assert_int_equal(hdf5_writer_new(scratch("no/folder/x.h5"), &writer), STATUS_IO);
    assert_null(writer);
    assert_non_null(strstr(status_message(), "x.h5: cannot create the file: No such file"));
    assert_null(strchr(status_message(), '\n'));
}

static void a_file_tells_its_kind(void **state)
{
    (void)state;
    const char *path = scratch("kind.h5"), *other = scratch("other.h5");
    Hdf5Writer *writer = start(path);
    assert_int_equal(hdf5_set_text(writer, "/", "kind", "a pack"), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    assert_true(hdf5_is_kind(path, "a pack"));
    assert_false(hdf5_is_kind(path, "a pac"));
    assert_int_equal(hdf5_writer_commit(start(other)), STATUS_OK);
    assert_false(hdf5_is_kind(other, "a pack"));
    assert_int_equal(files_write(other, "no HDF5", 7), STATUS_OK);
    assert_false(hdf5_is_kind(other, "a pack"));
    assert_false(hdf5_is_kind("/dev/zero", "a pack"));
}

static void a_foreign_lock_passes_and_gets_advice(void **state)
{
    (void)state;
    const char *path = scratch("locked.h5");
    assert_int_equal(hdf5_writer_commit(start(path)), STATUS_OK);
    FILE *other = fopen(path, "r+");
    assert_int_equal(flock(fileno(other), LOCK_EX), 0);
    Hdf5Reader *reader;
    assert_int_equal(hdf5_reader_new(path, &reader), STATUS_STORAGE);
    assert_non_null(strstr(status_message(), "HDF5_USE_FILE_LOCKING=FALSE"));
    fclose(other);
    assert_int_equal(hdf5_reader_new(path, &reader), STATUS_OK);
    hdf5_reader_free(reader);
}

static void wrong_names_counts_and_types_are_named(void **state)
{
    (void)state;
    const char *path = scratch("wrong.h5");
    Hdf5Writer *writer = start(path);
    assert_int_equal(hdf5_write_f64(writer, "g/x", 2, (double[]){1, 2}, "two", NULL), STATUS_OK);
    assert_int_equal(hdf5_write_f64(writer, "g/x", 2, (double[]){1, 2}, "two", NULL), STATUS_IO);
    assert_non_null(strstr(status_message(), "wrong.h5: /g/x: cannot create the dataset"));
    assert_int_equal(hdf5_write(writer, "r5", HDF5_U8, 5, NULL, NULL, "", NULL), STATUS_ARGUMENT);
    assert_int_equal(hdf5_write_text(writer, "text", "hello", "a text"), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    Hdf5Reader *reader = open_file(path);
    double numbers[3];
    int64_t whole[2];
    char *text;
    assert_int_equal(hdf5_read_f64(reader, "g/y", 2, numbers), STATUS_MISSING);
    assert_non_null(strstr(status_message(), "wrong.h5: there is no dataset g/y"));
    assert_int_equal(hdf5_read_f64(reader, "g", 2, numbers), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "is a group"));
    assert_int_equal(hdf5_read_f64(reader, "g/x", 3, numbers), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "g/x: holds 2 numbers, expected 3"));
    assert_int_equal(hdf5_read_i64(reader, "g/x", 2, whole), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "g/x: expected integers"));
    assert_int_equal(hdf5_read_f64(reader, "text", 1, numbers), STATUS_FORMAT);
    assert_int_equal(hdf5_read_text(reader, "g/x", &text), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "g/x: expected text"));
    assert_int_equal(hdf5_get_i64(reader, "g", "depth", whole), STATUS_MISSING);
    assert_non_null(strstr(status_message(), "wrong.h5: g: there is no attribute depth"));
    hdf5_reader_free(reader);
}

static void datasets_of_a_group_are_listed_by_path(void **state)
{
    (void)state;
    const char *path = scratch("list.h5");
    const char *const names[] = {"p/b.0.weight", "p/a.weight", "p/sub/c", "q"};
    Hdf5Writer *writer = start(path);
    for (size_t i = 0; i < 4; ++i)
        assert_int_equal(hdf5_write_f32(writer, names[i], 1, (float[]){1}, "one", NULL), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    Hdf5Reader *reader = open_file(path);
    Hdf5Texts list;
    assert_int_equal(hdf5_list(reader, "p", &list), STATUS_OK);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.items[0], "a.weight");
    assert_string_equal(list.items[1], "b.0.weight");
    assert_string_equal(list.items[2], "sub/c");
    hdf5_texts_clear(&list);
    assert_int_equal(hdf5_list(reader, "", &list), STATUS_OK);
    assert_int_equal(list.count, 4);
    hdf5_texts_clear(&list);
    assert_int_equal(hdf5_list(reader, "none", &list), STATUS_OK);
    assert_int_equal(list.count, 0);
    hdf5_reader_free(reader);
}

static void other_programs_follow_a_link_to_a_file(void **state)
{
    (void)state;
    assert_int_equal(files_make_folder(scratch("cells/1")), STATUS_OK);
    Hdf5Writer *writer = start(scratch("cells/1/result.h5"));
    assert_int_equal(hdf5_write_f64(writer, "test/auc", 1, (double[]){0.75}, "AUC", NULL),
                     STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    writer = start(scratch("grid.h5"));
    assert_int_equal(hdf5_link_external(writer, "cells/one", "cells/1/result.h5", "/"), STATUS_OK);
    assert_int_equal(hdf5_link_external(writer, "cells/two", "cells/2/result.h5", "/"), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    double auc = 0;
    hid_t file = H5Fopen(scratch("grid.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "cells/one/test/auc", H5P_DEFAULT);
    assert_true(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, &auc) >= 0);
    assert_true(auc == 0.75);
    H5Dclose(dataset);
    H5Fclose(file);
}

/* A file as h5py writes it: contiguous data, integers and texts as attributes, no checksums. */
static void files_of_other_programs_are_read(void **state)
{
    (void)state;
    const char *path = scratch("foreign.h5");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, (hsize_t[]){2, 2}, NULL), scalar = H5Screate(H5S_SCALAR);
    const float values[] = {1, 2, 3, 4};
    hid_t dataset =
        H5Dcreate2(file, "w.0", H5T_IEEE_F32BE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    hid_t text_type = H5Tcopy(H5T_C_S1);
    H5Tset_size(text_type, H5T_VARIABLE);
    const char *text = "improved_ssd";
    hid_t attribute =
        H5Acreate2(dataset, "architecture", text_type, scalar, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, text_type, &text);
    H5Aclose(attribute);
    attribute = H5Acreate2(dataset, "depth", H5T_STD_I32LE, scalar, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_INT, &(int){50});
    H5Aclose(attribute);
    hid_t texts = H5Dcreate2(file, "t", text_type, scalar, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(texts, text_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text);
    H5Dclose(texts);
    H5Tclose(text_type);
    H5Sclose(space);
    H5Sclose(scalar);
    H5Dclose(dataset);
    H5Fclose(file);

    assert_int_equal(hdf5_verify(path), STATUS_OK);
    Hdf5Reader *reader = open_file(path);
    float read[4];
    int64_t depth;
    char *found;
    assert_int_equal(hdf5_read_f32(reader, "w.0", 4, read), STATUS_OK);
    assert_memory_equal(read, values, sizeof values);
    assert_int_equal(hdf5_get_i64(reader, "w.0", "depth", &depth), STATUS_OK);
    assert_int_equal(depth, 50);
    assert_int_equal(hdf5_get_text(reader, "w.0", "architecture", &found), STATUS_OK);
    assert_string_equal(found, text);
    free(found);
    assert_int_equal(hdf5_read_text(reader, "t", &found), STATUS_OK);
    assert_string_equal(found, text);
    free(found);
    hdf5_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_of_each_type_come_back_with_their_shape),
        cmocka_unit_test(every_dataset_carries_a_checksum),
        cmocka_unit_test(texts_and_attributes_come_back),
        cmocka_unit_test(appended_rows_are_read_in_parts),
        cmocka_unit_test(only_a_commit_makes_the_file_appear),
        cmocka_unit_test(a_disk_that_fills_up_is_an_error_and_no_more),
        cmocka_unit_test(a_flipped_byte_in_a_dataset_is_found),
        cmocka_unit_test(files_that_cannot_be_opened_say_why),
        cmocka_unit_test(a_file_tells_its_kind),
        cmocka_unit_test(a_foreign_lock_passes_and_gets_advice),
        cmocka_unit_test(wrong_names_counts_and_types_are_named),
        cmocka_unit_test(datasets_of_a_group_are_listed_by_path),
        cmocka_unit_test(other_programs_follow_a_link_to_a_file),
        cmocka_unit_test(files_of_other_programs_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
