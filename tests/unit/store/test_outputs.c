#include "../unit.h"

#include "../scratch.h"

#include <sys/stat.h>

#include "store/files.h"
#include "store/outputs.h"

static void put(const char *name, const char *text)
{
    assert_int_equal(files_write(scratch(name), text, strlen(text)), STATUS_OK);
}

/* A file that the command wrote itself begins with "own". */
static bool is_own(const char *path)
{
    char *text;
    if (files_read(path, &text, NULL) != STATUS_OK)
        return false;
    bool own = strncmp(text, "own", 3) == 0;
    free(text);
    return own;
}

static void check_refused(Status status, const char *expected)
{
    assert_int_not_equal(status, STATUS_OK);
    if (!strstr(status_message(), expected))
        fail_msg("expected \"%s\" in \"%s\"", expected, status_message());
}

static void no_output_is_an_input_under_any_name(void **state)
{
    (void)state;
    Outputs outputs;
    put("image.png", "own");
    mkdir(scratch("folder"), 0777);
    assert_int_equal(symlink("image.png", scratch("link.png")), 0);
    assert_int_equal(link(scratch("image.png"), scratch("hard.png")), 0);
    assert_int_equal(symlink(".", scratch("here")), 0);
    static const char *const names[] = {"image.png",  "./image.png", "folder/../image.png",
                                        "link.png",   "hard.png",    "here/image.png",
                                        "//image.png"};
    for (int force = 0; force < 2; ++force)
        for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
            outputs_init(&outputs, force);
            assert_int_equal(outputs_note_input(&outputs, scratch("image.png")), STATUS_OK);
            check_refused(outputs_claim(&outputs, scratch(names[i]), is_own),
                          "is read by this command");
            outputs_clear(&outputs);
        }
    outputs_init(&outputs, false);
    assert_int_equal(outputs_note_input(&outputs, scratch("image.png")), STATUS_OK);
    assert_int_equal(outputs_claim(&outputs, scratch("folder/image.png"), is_own), STATUS_OK);
    outputs_clear(&outputs);
}

static void no_output_is_another_one(void **state)
{
    (void)state;
    Outputs outputs;
    mkdir(scratch("out"), 0777);
    assert_int_equal(symlink("out", scratch("same")), 0);
    outputs_init(&outputs, true);
    assert_int_equal(outputs_claim(&outputs, scratch("out/x.png"), is_own), STATUS_OK);
    assert_int_equal(outputs_claim(&outputs, scratch("out/x-mask.png"), is_own), STATUS_OK);
    static const char *const names[] = {"out/x.png", "out/./x.png", "same/x.png", "out/X.PNG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        check_refused(outputs_claim(&outputs, scratch(names[i]), is_own), "would be written twice");
    /* in a folder that is not there yet */
    assert_int_equal(outputs_claim(&outputs, scratch("later/x.png"), is_own), STATUS_OK);
    check_refused(outputs_claim(&outputs, scratch("later/x.png"), is_own), "written twice");
    outputs_clear(&outputs);
}

static void the_name_of_a_file_being_written_is_no_input(void **state)
{
    (void)state;
    Outputs outputs;
    put("a.h5.partial", "an input");
    outputs_init(&outputs, true);
    assert_int_equal(outputs_note_input(&outputs, scratch("a.h5.partial")), STATUS_OK);
    check_refused(outputs_claim(&outputs, scratch("a.h5"), is_own), "is written as");
    outputs_clear(&outputs);
}

static void only_own_files_are_replaced_without_force(void **state)
{
    (void)state;
    Outputs outputs;
    put("own.txt", "own, of an earlier run");
    put("notes.txt", "not own");
    assert_int_equal(symlink("nowhere", scratch("dangling")), 0);
    outputs_init(&outputs, false);
    assert_int_equal(outputs_claim(&outputs, scratch("new.txt"), is_own), STATUS_OK);
    assert_int_equal(outputs_claim(&outputs, scratch("own.txt"), is_own), STATUS_OK);
    check_refused(outputs_claim(&outputs, scratch("notes.txt"), is_own), "--force replaces it");
    check_refused(outputs_claim(&outputs, scratch("dangling"), is_own), "a link to nothing");
    outputs_clear(&outputs);
    outputs_init(&outputs, false);
    check_refused(outputs_claim(&outputs, scratch("own.txt"), NULL), "--force replaces it");
    outputs_clear(&outputs);
    outputs_init(&outputs, true);
    assert_int_equal(outputs_claim(&outputs, scratch("notes.txt"), is_own), STATUS_OK);
    assert_int_equal(outputs_claim(&outputs, scratch("dangling"), NULL), STATUS_OK);
    outputs_clear(&outputs);
}

static void what_is_no_plain_file_is_kept_even_with_force(void **state)
{
    (void)state;
    Outputs outputs;
    assert_int_equal(mkdir(scratch("is-folder"), 0777), 0);
    assert_int_equal(mkfifo(scratch("is-pipe"), 0600), 0);
    outputs_init(&outputs, true);
    alarm(10);
    check_refused(outputs_claim(&outputs, scratch("is-folder"), is_own), "is a folder");
    check_refused(outputs_claim(&outputs, scratch("is-pipe"), is_own), "is a pipe");
    check_refused(outputs_claim(&outputs, "/dev/null", is_own), "/dev/null: is a device");
    alarm(0);
    outputs_clear(&outputs);
}

static void a_folder_is_new_empty_or_marked(void **state)
{
    (void)state;
    Outputs outputs;
    mkdir(scratch("empty"), 0777);
    mkdir(scratch("mine"), 0777);
    mkdir(scratch("users"), 0777);
    put("mine/mark", "");
    put("mine/table.csv", "");
    put("users/table.csv", "");
    outputs_init(&outputs, false);
    assert_int_equal(outputs_claim_folder(&outputs, scratch("not-there"), "mark"), STATUS_OK);
    assert_int_equal(outputs_claim_folder(&outputs, scratch("empty"), "mark"), STATUS_OK);
    assert_int_equal(outputs_claim_folder(&outputs, scratch("mine"), "mark"), STATUS_OK);
    check_refused(outputs_claim_folder(&outputs, scratch("users"), "mark"), "is not empty");
    check_refused(outputs_claim_folder(&outputs, scratch("users/table.csv"), "mark"), "is a file");
    outputs.force = true;
    assert_int_equal(outputs_claim_folder(&outputs, scratch("users"), "mark"), STATUS_OK);
    assert_int_equal(outputs_note_input(&outputs, scratch("mine/table.csv")), STATUS_OK);
    check_refused(outputs_claim_folder(&outputs, scratch("mine/."), "mark"), "lies in");
    outputs_clear(&outputs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_output_is_an_input_under_any_name),
        cmocka_unit_test(no_output_is_another_one),
        cmocka_unit_test(the_name_of_a_file_being_written_is_no_input),
        cmocka_unit_test(only_own_files_are_replaced_without_force),
        cmocka_unit_test(what_is_no_plain_file_is_kept_even_with_force),
        cmocka_unit_test(a_folder_is_new_empty_or_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
