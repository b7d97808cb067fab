#include "../unit.h"

#include "../scratch.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "store/files.h"

static void written_bytes_are_read_back(void **state)
{
    (void)state;
    const char *path = scratch("a.bin");
    char *data;
    size_t bytes;
    assert_int_equal(files_write(path, "ab\0cd", 5), STATUS_OK);
    assert_int_equal(files_read(path, &data, &bytes), STATUS_OK);
    assert_int_equal(bytes, 5);
    assert_memory_equal(data, "ab\0cd\0", 6);
    free(data);
    assert_int_equal(files_write(path, "", 0), STATUS_OK);
    assert_int_equal(files_read(path, &data, &bytes), STATUS_OK);
    assert_int_equal(bytes, 0);
    free(data);
}

static void no_temporary_file_stays_and_a_stale_one_is_overwritten(void **state)
{
    (void)state;
    const char *path = scratch("b.txt");
    char *temporary;
    assert_int_equal(files_temporary_name(path, &temporary), STATUS_OK);
    FILE *stale = fopen(temporary, "w");
    fputs("the rest of a killed run, longer than the new content", stale);
    fclose(stale);
    assert_int_equal(files_write(path, "new", 3), STATUS_OK);
    assert_false(files_exists(temporary));
    char *data;
    assert_int_equal(files_read(path, &data, NULL), STATUS_OK);
    assert_string_equal(data, "new");
    free(data);
    free(temporary);
}

static void a_refused_write_leaves_the_old_file(void **state)
{
    (void)state;
    const char *path = scratch("c.txt");
    assert_int_equal(files_write(path, "old", 3), STATUS_OK);
    assert_int_equal(mkdir(scratch("c.txt.partial"), 0777), 0); /* in the way of the temporary */
    assert_int_equal(files_write(path, "new", 3), STATUS_IO);
    char *data;
    assert_int_equal(files_read(path, &data, NULL), STATUS_OK);
    assert_string_equal(data, "old");
    free(data);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    char *data;
    assert_int_equal(files_read("nowhere/at/all", &data, NULL), STATUS_MISSING);
    assert_null(data);
    assert_non_null(strstr(status_message(), "nowhere/at/all: cannot open"));
    assert_int_equal(files_read("/tmp", &data, NULL), STATUS_IO);
    assert_null(data);
}

static void only_plain_files_are_read_and_at_once(void **state)
{
    (void)state;
    char *data;
    const char *pipe = scratch("pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    alarm(10); /* opening a pipe that nobody writes to would wait for ever */
    assert_int_equal(files_read(pipe, &data, NULL), STATUS_IO);
    assert_null(data);
    assert_non_null(strstr(status_message(), "pipe: is a pipe, expected a plain file"));
    alarm(0);
    assert_int_equal(files_read("/dev/zero", &data, NULL), STATUS_IO);
    assert_string_equal(status_message(), "/dev/zero: is a device, expected a plain file");
    assert_int_equal(files_read("/tmp", &data, NULL), STATUS_IO);
    assert_string_equal(status_message(), "/tmp: is a folder, expected a plain file");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", scratch("socket"));
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(files_read(address.sun_path, &data, NULL), STATUS_IO);
    assert_non_null(strstr(status_message(), "socket: is a socket, expected a plain file"));
    close(listener);
    assert_int_equal(files_read("/proc/self/status", &data, NULL), STATUS_OK); /* of no size */
    assert_non_null(strstr(data, "Pid:"));
    free(data);
}

static void the_rest_of_a_killed_run_is_replaced_even_if_it_is_a_link(void **state)
{
    (void)state;
    const char *path = scratch("d.txt"), *other = scratch("other.txt");
    char *data;
    assert_int_equal(files_write(other, "kept", 4), STATUS_OK);
    assert_int_equal(symlink(other, scratch("d.txt.partial")), 0);
    assert_int_equal(files_write(path, "new", 3), STATUS_OK);
    assert_int_equal(files_read(other, &data, NULL), STATUS_OK);
    assert_string_equal(data, "kept");
    free(data);
    assert_int_equal(files_read(path, &data, NULL), STATUS_OK);
    assert_string_equal(data, "new");
    free(data);
}

/* The reason of the call that failed, not of one after it: there is no such folder either. */
static void a_folder_that_cannot_be_made_says_why(void **state)
{
    (void)state;
    const char *closed = scratch("closed");
    bool is_root = geteuid() == 0; /* who may write everywhere */
    assert_int_equal(mkdir(closed, 0555), 0);
    assert_int_equal(chmod(scratch_folder, 0755), 0);
    if (is_root)
        assert_int_equal(seteuid(65534), 0);
    Status status = files_make_folder(scratch("closed/new"));
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(status, STATUS_IO);
    assert_non_null(strstr(status_message(), "new: cannot make the folder: Permission denied"));
    assert_int_equal(files_write(scratch("plain"), "", 0), STATUS_OK);
    assert_int_equal(files_make_folder(scratch("plain")), STATUS_IO);
    assert_non_null(strstr(status_message(), "plain: cannot make the folder: File exists"));
}

static void folders_are_made_with_those_above(void **state)
{
    (void)state;
    assert_int_equal(files_make_folder(scratch("x/y/z")), STATUS_OK);
    assert_int_equal(files_make_folder(scratch("x/y/z/")), STATUS_OK);
    assert_true(files_is_folder(scratch("x/y/z")));
    assert_int_equal(files_write(scratch("x/file"), "", 0), STATUS_OK);
    assert_int_equal(files_make_folder(scratch("x/file/under")), STATUS_IO);
    assert_int_equal(files_make_folder(scratch("x/file")), STATUS_IO);
}

static void check_text(Status status, char **text, const char *expected)
{
    assert_int_equal(status, STATUS_OK);
    assert_string_equal(*text, expected);
    free(*text);
}

static void names_are_relative_to_the_file_that_holds_them(void **state)
{
    (void)state;
    char *path = NULL;
    check_text(files_join("a", "b", &path), &path, "a/b");
    check_text(files_join("a/", "b", &path), &path, "a/b");
    check_text(files_join("", "b", &path), &path, "b");
    check_text(files_join("a", "/b", &path), &path, "/b");
    check_text(files_folder_of("a/b/c", &path), &path, "a/b");
    check_text(files_folder_of("/c", &path), &path, "/");
    check_text(files_folder_of("c", &path), &path, ".");
    check_text(files_resolve("data/manifest.csv", "images/1.png", &path), &path,
               "data/images/1.png");
    check_text(files_resolve("manifest.csv", "images/1.png", &path), &path, "images/1.png");
    check_text(files_resolve("/m.csv", "1.png", &path), &path, "/1.png");
    check_text(files_resolve("data/manifest.csv", "/abs.png", &path), &path, "/abs.png");
}

/* Links of the folder itself and above it are the user's own. */
static void writing_follows_no_link_inside_a_folder(void **state)
{
    (void)state;
    const char *root = scratch("root"), *through = scratch("through");
    int file;
    assert_int_equal(files_make_folder(root), STATUS_OK);
    assert_int_equal(files_make_folder(scratch("away")), STATUS_OK);
    assert_int_equal(symlink(root, through), 0);
    assert_int_equal(files_make_folder_in(through, "a/b"), STATUS_OK);
    assert_int_equal(files_make_folder_in(through, "a/b"), STATUS_OK);
    assert_true(files_is_folder(scratch("root/a/b")));
    assert_int_equal(symlink(scratch("away"), scratch("root/link")), 0);
    assert_int_equal(files_make_folder_in(through, "link"), STATUS_IO);
    assert_non_null(strstr(status_message(), "is a symbolic link"));
    assert_int_equal(files_make_folder_in(through, "link/b"), STATUS_IO);
    assert_false(files_exists(scratch("away/b")));
    assert_int_equal(symlink(scratch("away/new"), scratch("root/log")), 0);
    assert_int_equal(files_open_append(scratch("root/log"), &file), STATUS_IO);
    assert_non_null(strstr(status_message(), "is a symbolic link"));
    assert_false(files_exists(scratch("away/new")));
    assert_int_equal(files_open_append(scratch("root/own"), &file), STATUS_OK);
    assert_int_equal(write(file, "a", 1), 1);
    close(file);
    assert_int_equal(files_open_append(scratch("root"), &file), STATUS_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_bytes_are_read_back),
        cmocka_unit_test(no_temporary_file_stays_and_a_stale_one_is_overwritten),
        cmocka_unit_test(a_refused_write_leaves_the_old_file),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(only_plain_files_are_read_and_at_once),
        cmocka_unit_test(the_rest_of_a_killed_run_is_replaced_even_if_it_is_a_link),
        cmocka_unit_test(a_folder_that_cannot_be_made_says_why),
        cmocka_unit_test(folders_are_made_with_those_above),
        cmocka_unit_test(names_are_relative_to_the_file_that_holds_them),
        cmocka_unit_test(writing_follows_no_link_inside_a_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
