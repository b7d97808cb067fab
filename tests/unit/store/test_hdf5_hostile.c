/* HDF5 files that somebody made up to lead elsewhere, to ask for more than there is, or to crash
 * the library: each is refused with a message, and costs neither time nor memory. */
#include "../unit.h"

#include "../scratch.h"

#include "store/files.h"
#include "store/hdf5_probe.h"
#include "store/hdf5_reader.h"
#include "store/hdf5_writer.h"

static Hdf5Reader *reader;

static void open_reader(const char *path)
{
    assert_int_equal(hdf5_reader_new(path, &reader), STATUS_OK);
}

/* Reading `name` as so many numbers fails, and the message says `why`. */
static void assert_refused(const char *path, const char *name, size_t count, const char *why)
{
    double *values = calloc(count, sizeof *values);
    open_reader(path);
    assert_int_not_equal(hdf5_read_f64(reader, name, count, values), STATUS_OK);
    if (!strstr(status_message(), why))
        fail_msg("%s, expected %s", status_message(), why);
    hdf5_reader_free(reader);
    free(values);
}

static hid_t create(const char *path)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

/* Makes an empty dataset of these dimensions, which may grow if it is in chunks. */
static void create_dataset(hid_t file, const char *name, hid_t type, int rank, const hsize_t *dims,
                           hid_t creation)
{
    const hsize_t any[] = {H5S_UNLIMITED, H5S_UNLIMITED};
    bool chunked = creation != H5P_DEFAULT && H5Pget_layout(creation) == H5D_CHUNKED;
    hid_t space = H5Screate_simple(rank, dims, chunked ? any : NULL);
    hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(dataset >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
}

static const hsize_t four[] = {4};

static void links_are_not_followed(void **state)
{
    (void)state;
    const char *other = scratch("secret.h5"), *path = scratch("links.h5");
    hid_t file = create(other);
    create_dataset(file, "numbers", H5T_IEEE_F64LE, 1, four, H5P_DEFAULT);
    H5Fclose(file);
    file = create(path);
    create_dataset(file, "own", H5T_IEEE_F64LE, 1, four, H5P_DEFAULT);
    H5Lcreate_external(other, "/", file, "group", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external(other, "/numbers", file, "numbers", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/soft", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/own", file, "alias", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    assert_refused(path, "numbers", 4, "there is no dataset numbers");
    assert_refused(path, "group/numbers", 4, "there is no dataset group/numbers");
    assert_refused(path, "soft", 4, "there is no dataset soft");
    assert_refused(path, "alias", 4, "there is no dataset alias");
    open_reader(path);
    assert_false(hdf5_has(reader, "numbers"));
    assert_false(hdf5_has_attribute(reader, "group", "any"));
    hdf5_reader_free(reader);
    assert_int_equal(hdf5_verify(path), STATUS_OK);
}

static void a_group_in_itself_is_listed_once(void **state)
{
    (void)state;
    const char *path = scratch("circle.h5");
    hid_t file = create(path);
    hid_t group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    create_dataset(group, "numbers", H5T_IEEE_F64LE, 1, four, H5P_DEFAULT);
    H5Lcreate_hard(file, "/group", group, "again", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/", group, "root", H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(group);
    H5Fclose(file);
    Hdf5Texts names;
    open_reader(path);
    assert_int_equal(hdf5_list(reader, "", &names), STATUS_OK);
    assert_int_equal(names.count, 1);
    hdf5_texts_clear(&names);
    hdf5_reader_free(reader);
}

/* The library knows a circle by an object with several names. */
static void a_circle_that_denies_it_is_refused(void **state)
{
    (void)state;
    const char *path = scratch("denied.h5");
    hid_t file = create(path);
    hid_t group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/group", group, "again", H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Odecr_refcount(group) >= 0);
    H5Gclose(group);
    H5Fclose(file);
    Hdf5Texts names;
    open_reader(path);
    assert_int_equal(hdf5_list(reader, "", &names), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "without end"));
    hdf5_reader_free(reader);
    assert_int_equal(hdf5_verify(path), STATUS_FORMAT);
}

static void numbers_in_other_files_are_not_read(void **state)
{
    (void)state;
    const char *path = scratch("external.h5"), *virtual = scratch("virtual.h5");
    assert_int_equal(files_write(scratch("passwords"), "0123456789abcdef0123456789abcdef", 32),
                     STATUS_OK);
    hid_t file = create(path), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(creation, scratch("passwords"), 0, 32);
    create_dataset(file, "numbers", H5T_IEEE_F64LE, 1, four, creation);
    H5Pclose(creation);
    H5Fclose(file);
    assert_refused(path, "numbers", 4, "lie in another file");
    file = create(virtual);
    creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(1, four, NULL);
    H5Pset_virtual(creation, space, path, "numbers", space);
    create_dataset(file, "numbers", H5T_IEEE_F64LE, 1, four, creation);
    H5Sclose(space);
    H5Pclose(creation);
    H5Fclose(file);
    assert_refused(virtual, "numbers", 4, "lie in another file");
}

/* In chunks of which none is there, and in one chunk that is as large. */
static void sizes_that_the_file_cannot_hold_are_refused(void **state)
{
    (void)state;
    const char *path = scratch("large.h5");
    const hsize_t dims[] = {1000000, 1000000}, chunk[] = {1, 1000000}, row[] = {10000, 10000};
    hid_t file = create(path), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 2, chunk);
    create_dataset(file, "numbers", H5T_IEEE_F64LE, 2, dims, creation);
    create_dataset(file, "bytes", H5T_STD_U8LE, 2, dims, creation);
    H5Pset_chunk(creation, 2, row);
    create_dataset(file, "chunk", H5T_STD_U8LE, 2, (const hsize_t[]){2, 2}, creation);
    H5Pclose(creation);
    hid_t text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, (size_t)1 << 30);
    creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_alloc_time(creation, H5D_ALLOC_TIME_LATE);
    create_dataset(file, "text", text, 1, four, creation);
    H5Pclose(creation);
    H5Tclose(text);
    H5Fclose(file);
    assert_refused(path, "numbers", 4, "elements of 8000000000000 bytes, more than");
    assert_refused(path, "chunk", 4, "a chunk of 100000000 bytes, more than");
    Hdf5Texts texts;
    size_t count;
    open_reader(path);
    assert_int_equal(hdf5_count(reader, "bytes", &count), STATUS_FORMAT);
    assert_int_equal(hdf5_read_texts(reader, "text", &texts), STATUS_FORMAT);
    hdf5_reader_free(reader);
    assert_int_equal(hdf5_verify(path), STATUS_FORMAT);
}

/* Deflate makes at most about a thousand bytes of one. */
static void a_bomb_within_what_deflate_can_do_is_read(void **state)
{
    (void)state;
    enum { BYTES = 4 << 20 };
    const char *path = scratch("zeros.h5");
    const hsize_t dims[] = {BYTES}, chunk[] = {1 << 20};
    uint8_t *zeros = calloc(1, BYTES);
    hid_t file = create(path), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 1, chunk);
    H5Pset_deflate(creation, 9);
    hid_t space = H5Screate_simple(1, dims, NULL);
    hid_t dataset =
        H5Dcreate2(file, "zeros", H5T_STD_U8LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Dwrite(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(creation);
    H5Fclose(file);
    open_reader(path);
    assert_int_equal(hdf5_read_u8(reader, "zeros", BYTES, zeros), STATUS_OK);
    hdf5_reader_free(reader);
    free(zeros);
}

static void strange_filters_and_numbers_are_refused(void **state)
{
    (void)state;
    const char *path = scratch("strange.h5");
    hid_t file = create(path), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 1, four);
    H5Pset_scaleoffset(creation, H5Z_SO_INT, 0);
    create_dataset(file, "filter", H5T_STD_I32LE, 1, four, creation);
    H5Pclose(creation);
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(type, 20, 15, 5, 0, 10);
    create_dataset(file, "number", type, 1, four, H5P_DEFAULT);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    create_dataset(file, "half", type, 1, four, H5P_DEFAULT);
    H5Tclose(type);
    H5Fclose(file);
    assert_refused(path, "filter", 4, "goes through filter 6");
    assert_refused(path, "number", 4, "expected numbers");
    double values[4];
    open_reader(path);
    assert_int_equal(hdf5_read_f64(reader, "half", 4, values), STATUS_OK);
    hdf5_reader_free(reader);
}

static void a_large_attribute_is_refused(void **state)
{
    (void)state;
    const char *path = scratch("attribute.h5");
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    hid_t space = H5Screate_simple(1, (const hsize_t[]){200000}, NULL);
    hid_t attribute = H5Acreate2(file, "large", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    double *zeros = calloc(200000, sizeof *zeros), value;
    assert_true(H5Awrite(attribute, H5T_NATIVE_DOUBLE, zeros) >= 0);
    free(zeros);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Fclose(file);
    H5Pclose(access);
    open_reader(path);
    assert_int_equal(hdf5_get_f64(reader, "", "large", &value), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "more than 1 MiB"));
    hdf5_reader_free(reader);
}

/* Changes the bytes that lie `after` bytes behind the first place of `mark` in the file. */
static void overwrite(const char *path, const char *mark, size_t after, uint64_t value,
                      size_t value_bytes)
{
    char *bytes;
    size_t count;
    assert_int_equal(files_read(path, &bytes, &count), STATUS_OK);
    char *place = memmem(bytes, count, mark, strlen(mark));
    assert_non_null(place);
    memcpy(place + after, &value, value_bytes);
    assert_int_equal(files_write(path, bytes, count), STATUS_OK);
    free(bytes);
}

/* Where texts of variable length lie, an object says that it is larger than what holds it. The
 * library would copy from beyond it. */
static void a_text_longer_than_its_heap_is_refused(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1 << 14, (uint64_t)1 << 40, UINT64_MAX, UINT64_MAX - 6};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        const char *path = scratch("heap.h5");
        Hdf5Writer *writer;
        char *text;
        assert_int_equal(hdf5_writer_new(path, &writer), STATUS_OK);
        assert_int_equal(hdf5_set_text(writer, "/", "kind", "a text"), STATUS_OK);
        assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
        overwrite(path, "GCOL", 24, sizes[i], sizeof sizes[i]);
        open_reader(path);
        assert_int_equal(hdf5_get_text(reader, "/", "kind", &text), STATUS_FORMAT);
        hdf5_reader_free(reader);
    }
}

/* An attribute says that its text has a gigabyte, where the heap has six bytes: fuzzing found that
 * the library asks for twice as much. */
static void a_text_of_a_gigabyte_that_is_not_there_is_refused(void **state)
{
    (void)state;
    const char *path = scratch("text.h5");
    Hdf5Writer *writer;
    char *bytes;
    size_t count;
    assert_int_equal(hdf5_writer_new(path, &writer), STATUS_OK);
    assert_int_equal(hdf5_set_text(writer, "/", "kind", "a text"), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    assert_int_equal(files_read(path, &bytes, &count), STATUS_OK);
    char *heap = memmem(bytes, count, "GCOL", 4);
    assert_non_null(heap);
    const uint64_t address = (uint64_t)(heap - bytes);
    const uint32_t length = 1 << 30;
    char reference[12] = {sizeof "a text" - 1}; /* its bytes, and where they lie */
    memcpy(reference + 4, &address, sizeof address);
    char *place = memmem(bytes, count, reference, sizeof reference);
    assert_non_null(place);
    memcpy(place, &length, sizeof length);
    assert_int_equal(files_write(path, bytes, count), STATUS_OK);
    free(bytes);
    assert_int_equal(hdf5_probe(path), STATUS_FORMAT);
}

/* Fuzzing found it: the library crashes on a link whose name has no characters. */
static void a_file_that_ends_the_process_is_refused(void **state)
{
    (void)state;
    const char *path = scratch("sound.h5");
    const int64_t one = 1;
    Hdf5Writer *writer;
    assert_int_equal(hdf5_writer_new(path, &writer), STATUS_OK);
    assert_int_equal(hdf5_write_i64(writer, "group/number", 1, &one, "a number", NULL), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    assert_int_equal(hdf5_probe(path), STATUS_OK);
    overwrite(path, "\x06number", 0, (uint8_t)'\0', 1);
    assert_int_equal(hdf5_probe(path), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "does not survive"));
    assert_int_equal(hdf5_probe(scratch("missing.h5")), STATUS_OK); /* its reader says so */
    assert_int_equal(files_write(path, "no HDF5", 7), STATUS_OK);
    assert_int_equal(hdf5_probe(path), STATUS_OK);
}

/* Fuzzing found it: what could not be listed was not tried, and was found by its name later. */
static void a_file_that_cannot_be_walked_through_is_refused(void **state)
{
    (void)state;
    const char *path = scratch("unlisted.h5");
    const int64_t one = 1;
    Hdf5Writer *writer;
    assert_int_equal(hdf5_writer_new(path, &writer), STATUS_OK);
    assert_int_equal(hdf5_write_i64(writer, "group/number", 1, &one, "a number", NULL), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    overwrite(path, "SNOD", 0, (uint8_t)'X', 1);
    assert_int_equal(hdf5_probe(path), STATUS_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_are_not_followed),
        cmocka_unit_test(a_group_in_itself_is_listed_once),
        cmocka_unit_test(a_circle_that_denies_it_is_refused),
        cmocka_unit_test(numbers_in_other_files_are_not_read),
        cmocka_unit_test(sizes_that_the_file_cannot_hold_are_refused),
        cmocka_unit_test(a_bomb_within_what_deflate_can_do_is_read),
        cmocka_unit_test(strange_filters_and_numbers_are_refused),
        cmocka_unit_test(a_large_attribute_is_refused),
        cmocka_unit_test(a_text_longer_than_its_heap_is_refused),
        cmocka_unit_test(a_text_of_a_gigabyte_that_is_not_there_is_refused),
        cmocka_unit_test(a_file_that_ends_the_process_is_refused),
        cmocka_unit_test(a_file_that_cannot_be_walked_through_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
