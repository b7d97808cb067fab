#include "../unit.h"

#include "../scratch.h"

#include <sys/stat.h>

#include "store/files.h"
#include "store/yaml_tree.h"

static YamlTree *tree;

static Status read_text(const char *text)
{
    const char *path = scratch("x.yaml");
    assert_int_equal(files_write(path, text, strlen(text)), STATUS_OK);
    return yaml_tree_read(path, &tree);
}

static void check_refused(const char *text, const char *expected)
{
    assert_int_equal(read_text(text), STATUS_FORMAT);
    assert_null(tree);
    if (!strstr(status_message(), expected))
        fail_msg("expected \"%s\" in \"%s\"", expected, status_message());
}

static void exactly_one_document_is_read(void **state)
{
    (void)state;
    check_refused("name: a\n---\nname: b\n", "x.yaml:3: a second document (expected one a file)");
    check_refused("---\nname: a\n...\n---\n- b\n", "x.yaml:5: a second document");
    check_refused("", "an empty file");
    check_refused("# nothing\n", "an empty file");
    check_refused("a: [1\n", "x.yaml:2: not YAML: ");
    check_refused("name: a\n---\nb: [\n", "x.yaml:4: not YAML: "); /* after the first */
    static const char *const fine[] = {"name: a\n", "---\nname: a\n", "---\nname: a\n...\n"};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; ++i) {
        assert_int_equal(read_text(fine[i]), STATUS_OK);
        assert_int_equal(yaml_line(yaml_root(tree)), i ? 2 : 1);
        yaml_tree_free(tree);
    }
}

static Status take_key(void *context, YamlNode key_node, const char *key, YamlNode value)
{
    static const char *const known[] = {"epochs", "batch", NULL};
    unsigned long long *sum = context, number = 0;
    if (strcmp(key, "epochs") != 0 && strcmp(key, "batch") != 0)
        return yaml_refuse_key(key_node, "training", key, known);
    TRY(yaml_whole(value, key, 1, &number));
    *sum += number;
    return STATUS_OK;
}

static Status sum_up(const char *text, unsigned long long *sum)
{
    *sum = 0;
    assert_int_equal(read_text(text), STATUS_OK);
    Status status = yaml_read_mapping(yaml_root(tree), "training", take_key, sum);
    yaml_tree_free(tree);
    return status;
}

static void mappings_name_the_line_of_what_they_refuse(void **state)
{
    (void)state;
    unsigned long long sum;
    assert_int_equal(sum_up("epochs: 3\nbatch: 4\n", &sum), STATUS_OK);
    assert_int_equal(sum, 7);
    static const struct {
        const char *text, *expected;
    } wrong[] = {
        {"epochs: 3\nepoch: 4\n",
         "x.yaml:2: unknown key 'epoch' in training (did you mean 'epochs'?)"},
        {"epochs: 3\nbatch: 0\n", "x.yaml:2: batch: '0' (expected a whole number of at least 1)"},
        {"epochs: 3\n\nepochs: 4\n", "x.yaml:3: epochs is given twice (first on line 1)"},
        {"colour: red\n", "unknown key 'colour' in training (expected one of epochs, batch)"},
        {"epochs: [3]\n", "x.yaml:1: epochs: expected a single value"},
        {"- epochs\n", "x.yaml:1: training: expected 'key: value' lines"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        assert_int_equal(sum_up(wrong[i].text, &sum), STATUS_ARGUMENT);
        if (!strstr(status_message(), wrong[i].expected))
            fail_msg("expected \"%s\" in \"%s\"", wrong[i].expected, status_message());
    }
}

static void pipes_are_refused_at_once(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(scratch("pipe.yaml"), 0600), 0);
    alarm(10);
    assert_int_equal(yaml_tree_read(scratch("pipe.yaml"), &tree), STATUS_IO);
    alarm(0);
    assert_non_null(strstr(status_message(), "is a pipe, expected a plain file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exactly_one_document_is_read),
        cmocka_unit_test(mappings_name_the_line_of_what_they_refuse),
        cmocka_unit_test(pipes_are_refused_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
