/* Experiment files: what they give, and how faults are told. */
#include "../unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "grid/experiment/cells.h"

static char path[] = "/tmp/gisd-experiment-XXXXXX";

static int make_path(void **state)
{
    (void)state;
    int file = mkstemp(path);
    return file < 0 ? -1 : close(file);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

static Status read_text(const char *text, ExperimentFile *experiment)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return experiment_file_read(path, experiment);
}

/* The experiment's cells, all on data of one fingerprint. */
static void make_cells(const ExperimentFile *experiment, const char *fingerprint, GridCells *cells)
{
    const char *fingerprints[64];
    if (grid_cells_init(experiment, path, cells) != STATUS_OK)
        fail_msg("%s", status_message());
    assert_true(cells->count <= 64);
    for (size_t i = 0; i < cells->count; ++i)
        fingerprints[i] = fingerprint;
    if (grid_cells_identify(experiment, path, fingerprints, cells) != STATUS_OK)
        fail_msg("%s", status_message());
}

static void assert_setting(const GridCell *cell, const char *name, const char *expected)
{
    char text[SETTING_TEXT_BYTES];
    setting_write(&cell->settings, setting_find_name(name), text);
    assert_string_equal(text, expected);
}

/* The message is "PATH:LINE: ..." with both pieces of text in it. */
static void refused(const char *text, size_t line, const char *piece, const char *other)
{
    ExperimentFile experiment;
    char place[64];
    assert_int_not_equal(read_text(text, &experiment), STATUS_OK);
    snprintf(place, sizeof place, "%s:%zu: ", path, line);
    if (strncmp(status_message(), place, strlen(place)) != 0 || !strstr(status_message(), piece) ||
        !strstr(status_message(), other))
        fail_msg("expected line %zu, '%s' and '%s' in: %s", line, piece, other, status_message());
}

static void a_list_is_an_axis_and_the_rest_has_defaults(void **state)
{
    (void)state;
    ExperimentFile experiment;
    GridCells cells;
    assert_int_equal(read_text("name: small\n"
                               "data:\n  manifest: images/manifest.csv\n"
                               "model: {backbone: [r50x1, r100x2], base: 8, size: 96}\n"
                               "tuning: [local, global]\n"
                               "loss: {alpha: [0.25, 0.5, 0.75]}\n"
                               "training: {batch: 8}\n",
                               &experiment),
                     STATUS_OK);
    assert_string_equal(experiment.manifest, "/tmp/images/manifest.csv");
    make_cells(&experiment, "data", &cells);
    assert_int_equal(cells.count, 12);
    assert_string_equal(cells.cells[0].name, "r50x1-local-alpha=0.25");
    assert_string_equal(cells.cells[11].name, "r100x2-global-alpha=0.75");
    assert_setting(&cells.cells[11], "base", "8");
    assert_setting(&cells.cells[11], "gamma", "2");
    assert_int_equal(cells.cells[11].settings.batch, 8);
    for (size_t i = 0; i < cells.count; ++i)
        for (size_t k = 0; k < i; ++k)
            assert_string_not_equal(cells.cells[i].id, cells.cells[k].id);
    grid_cells_clear(&cells);
    experiment_file_clear(&experiment);
}

static void identity_follows_settings_and_data_and_nothing_else(void **state)
{
    (void)state;
    const char *base = "name: a\nmodel: {base: 8}\n";
    const char *same = "# renamed, spelled out, on more ranks\nname: b\n"
                       "model: {base: 8, size: 300}\ngrid: {ranks_per_cell: 2}\n";
    const char *other = "name: a\nmodel: {base: 8}\nloss: {gamma: 1.5}\n";
    const char *texts[3] = {base, same, other};
    GridCells cells[4];
    for (size_t i = 0; i < 3; ++i) {
        ExperimentFile experiment;
        assert_int_equal(read_text(texts[i], &experiment), STATUS_OK);
        make_cells(&experiment, "data", &cells[i]);
        if (i == 0)
            make_cells(&experiment, "changed", &cells[3]);
        experiment_file_clear(&experiment);
    }
    assert_string_equal(cells[0].cells[0].id, cells[1].cells[0].id);
    assert_string_not_equal(cells[0].cells[0].id, cells[2].cells[0].id);
    assert_string_not_equal(cells[0].cells[0].id, cells[3].cells[0].id);
    for (size_t i = 0; i < 4; ++i)
        grid_cells_clear(&cells[i]);
}

static void check_identity(const char *file, const char *hashed)
{
    ExperimentFile experiment;
    GridCells cells;
    char hash[HASH_TEXT_BYTES];
    assert_int_equal(read_text(file, &experiment), STATUS_OK);
    make_cells(&experiment, "d", &cells);
    hash_text(hashed, strlen(hashed), hash);
    hash[CELL_ID_BYTES - 1] = '\0';
    assert_string_equal(cells.cells[0].identity, hash);
    grid_cells_clear(&cells);
    experiment_file_clear(&experiment);
}

/* Where a setting stands in the table, and what others are called, must not show in it. */
static void identity_is_a_hash_of_settings_in_alphabetical_order(void **state)
{
    (void)state;
    static const char text[] = "loss.alpha: 0.25\nloss.box: smooth_l1\nloss.gamma: 2\n"
                               "loss.segmentation_weight: 1\nmodel.architecture: improved_ssd\n"
                               "model.backbone: r50x1\nmodel.base: 8\n%smodel.recursion_steps: 2\n"
                               "model.size: 300\ntraining.augment: true\ntraining.batch: 16\n"
                               "training.clip_norm: 1e+01\n%straining.epochs: 40\n"
                               "training.learning_rate: 0.0028\ntraining.optimiser: adamw\n"
                               "training.precision: f32\ntraining.schedule: cosine\n"
                               "training.seed: 1\ntraining.shards: 4\n"
                               "training.warmup_epochs: %d\ntraining.weight_decay: 0.0001\n"
                               "tuning: global\ntest: test\ndata: d\narithmetic: 1\n";
    char now[sizeof text + 64], before[sizeof text + 64];
    snprintf(now, sizeof now, text, "model.branch_scale: 0.1\n", "training.ema: 0.99\n", 1);
    check_identity("name: a\nmodel: {base: 8}\n", now);
    /* The defaults of a time before branch_scale and ema: its results have the identity of then. */
    snprintf(before, sizeof before, text, "", "", 0);
    check_identity("name: a\nmodel: {base: 8, branch_scale: 1}\n"
                   "training: {warmup_epochs: 0, ema: 0}\n",
                   before);
}

static void a_resolved_experiment_reads_back_as_itself(void **state)
{
    (void)state;
    ExperimentFile experiment;
    char *once, *twice;
    assert_int_equal(read_text("name: x\ndata: {manifest: m.csv, test: validation,\n"
                               "       split: {train: 0.5, validation: 0.25, test: 0.25}}\n"
                               "loss: {alpha: [0.1, 0.25]}\ntraining: {learning_rate: 3e-4}\n"
                               "model: {initial: 'a b: c.h5'}\ngrid: {silence: 9}\n",
                               &experiment),
                     STATUS_OK);
    assert_int_equal(experiment_file_resolve(&experiment, experiment.manifest, &once), STATUS_OK);
    experiment_file_clear(&experiment);
    assert_int_equal(read_text(once, &experiment), STATUS_OK);
    assert_int_equal(experiment_file_resolve(&experiment, experiment.manifest, &twice), STATUS_OK);
    assert_string_equal(once, twice);
    assert_non_null(strstr(once, "learning_rate: 0.0003"));
    assert_null(strstr(once, "patience")); /* earlier versions do not know it */
    free(once);
    free(twice);
    experiment_file_clear(&experiment);
}

/* Canonical texts, of which identities are made, have forms that YAML 1.1 takes for texts: "1e+01".
 * A file with these, as earlier versions resolved it, is the same experiment. */
static void resolved_numbers_are_numbers_to_every_reader(void **state)
{
    (void)state;
    ExperimentFile experiment;
    GridCells now, then;
    char *text;
    assert_int_equal(read_text("name: a\ntraining: {warmup_epochs: 2e-6, epochs: 7}\n"
                               "loss: {gamma: [0.5, 4]}\n",
                               &experiment),
                     STATUS_OK);
    assert_int_equal(experiment_file_resolve(&experiment, "m.csv", &text), STATUS_OK);
    static const char *const lines[] = {
        "  split: {train: 0.7, validation: 0.15, test: 0.15, seed: 1, ",
        "\n  clip_norm: 10\n",
        "\n  step_epochs: 30\n",
        "\n  warmup_epochs: 2.0e-06\n",
        "\n  gamma: [0.5, 4]\n",
        "\n  augment: true\n",
        "\n  initial: ''\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; ++i)
        if (!strstr(text, lines[i]))
            fail_msg("no '%s' in %s", lines[i], text);
    free(text);
    make_cells(&experiment, "d", &now);
    assert_non_null(strstr(now.cells[1].config, "\nclip_norm: 10\n"));
    assert_non_null(strstr(now.cells[1].config, "\nwarmup_epochs: 2.0e-06\n"));
    experiment_file_clear(&experiment);
    assert_int_equal(read_text("name: a\ntraining: {warmup_epochs: 2e-06, epochs: 7,\n"
                               "  clip_norm: 1e+01, step_epochs: 3e+01}\n"
                               "loss: {gamma: [0.5, 4e0]}\n",
                               &experiment),
                     STATUS_OK);
    make_cells(&experiment, "d", &then);
    assert_string_equal(now.cells[1].identity, then.cells[1].identity);
    grid_cells_clear(&now);
    grid_cells_clear(&then);
    experiment_file_clear(&experiment);
}

/* A resolved file is read again: when a job goes on, and by whoever repeats it. */
static void what_a_resolved_file_cannot_hold_is_refused(void **state)
{
    (void)state;
    assert_int_equal(experiment_file_check_path("/data/d\xc3\xa9j\xc3\xa0 vu: 'a'/m.csv"),
                     STATUS_OK);
    assert_int_equal(experiment_file_check_path("/data/caf\xe9/m.csv"), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "\"/data/caf\\xe9/m.csv\""));
    assert_int_equal(experiment_file_check_path("/data/a\nb/m.csv"), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "\"/data/a\\x0ab/m.csv\""));
    refused("name: \"a\\nb\"\n", 1, "a\\x0ab", "expected a folder's name");
    refused("name: a\nmodel: {initial: \"a\\nb.h5\"}\n", 2, "a\\x0ab.h5", "no UTF-8");
}

static void texts_that_yaml_could_mistake_are_quoted(void **state)
{
    (void)state;
    static const char *const names[] = {"-",  "?",    "it's", "a: b", "a #b", "\"",         "- x",
                                        "!x", "no",   "NULL", "~",    "1e5",  "0x10",       "1_0",
                                        "=",  "1:30", "On",   "+.5",  "07",   "2026-01-02", "y"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        ExperimentFile experiment;
        char *text;
        assert_int_equal(read_text("name: x\n", &experiment), STATUS_OK);
        snprintf(experiment.name, sizeof experiment.name, "%s", names[i]);
        assert_int_equal(experiment_file_resolve(&experiment, names[i], &text), STATUS_OK);
        assert_true(strncmp(text, "name: '", strlen("name: '")) == 0);
        experiment_file_clear(&experiment);
        if (read_text(text, &experiment) != STATUS_OK)
            fail_msg("%s", status_message());
        assert_string_equal(experiment.name, names[i]);
        assert_string_equal(experiment.manifest + strlen("/tmp/"), names[i]);
        free(text);
        experiment_file_clear(&experiment);
    }
}

static void faults_are_named_by_line(void **state)
{
    (void)state;
    refused("name: a\nloss:\n  alfa: 0.5\n", 3, "unknown key 'alfa'", "did you mean 'alpha'");
    refused("name: a\nlearning: 1\n", 2, "unknown key 'learning'", "training");
    refused("name: a\nloss:\n  alpha: []\n", 3, "empty list", "alpha");
    refused("name: a\nloss:\n  alpha: [0.5,\n   high]\n", 4, "'high'", "0 to 1");
    refused("name: a\nloss:\n  gamma: 2x\n", 3, "'2x'", "expected a number");
    refused("name: a\nmodel:\n  backbone: r51x1\n", 3, "r51x1", "r150x3");
    refused("name: a\ntuning: [local, local]\n", 2, "twice", "local");
    refused("name: a\nname: b\n", 2, "twice", "line 1");
    refused("name: a\nmodel: 3\n", 2, "model", "key: value");
    refused("name: a\ntraining:\n  epochs: -3\n", 3, "'-3'", "whole number");
    refused("name: a\ntraining:\n  augment: maybe\n", 3, "maybe", "true or false");
    refused("name: a\ntraining:\n  precision: f64\n", 3, "f64", "f32");
    refused("name: a\ngrid: {ranks_per_cell: 3}\n", 2, "power of two", "3");
    refused("name: a\ngrid: {silence: 0}\n", 2, "silence", "at least 2");
    refused("name: a\ndata: {split: {rule: best}}\n", 2, "best", "largest_first");
    refused("name: a\ndata: {split: {group: scenes}}\n", 2, "scenes", "patient or scene");
    refused("name: a\nepochs: 3\n", 2, "unknown key 'epochs'", "in the section training");
    refused("name: a\nloss:\n  epochs: 3\n", 3, "'epochs' in loss", "in the section training");
    refused("name: a\nmodel: {tuning: local}\n", 2, "'tuning' in model", "at the top level");
    refused("name: ../a\n", 1, "../a", "folder");
    refused("name: a\nloss: {alpha: 0.5\n", 3, "not YAML", "");
}

static void combinations_that_cannot_run_are_refused(void **state)
{
    (void)state;
    ExperimentFile experiment;
    GridCells cells;
    assert_int_equal(read_text("name: a\ntraining: {batch: 6, shards: 4}\n", &experiment),
                     STATUS_OK);
    assert_int_equal(grid_cells_init(&experiment, path, &cells), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "power of two that divides the batch"));
    experiment_file_clear(&experiment);
    assert_int_equal(read_text("name: a\nmodel: {size: 100}\n", &experiment), STATUS_OK);
    assert_int_equal(grid_cells_init(&experiment, path, &cells), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "multiple of 32"));
    experiment_file_clear(&experiment);
}

/* The rate of each cell, in the order of the cells; 0 ends the list. */
static void check_rates(const char *file, const double *rates)
{
    ExperimentFile experiment;
    GridCells cells;
    assert_int_equal(read_text(file, &experiment), STATUS_OK);
    assert_int_equal(grid_cells_init(&experiment, path, &cells), STATUS_OK);
    for (size_t i = 0; i < cells.count; ++i) {
        assert_true(rates[i] > 0);
        assert_true(fabs(cells.cells[i].settings.learning_rate - rates[i]) < 1e-12);
    }
    assert_true(rates[cells.count] == 0);
    grid_cells_clear(&cells);
    experiment_file_clear(&experiment);
}

static void a_rate_that_is_not_given_follows_the_width(void **state)
{
    (void)state;
    check_rates("name: a\n", (double[]){0.001, 0});
    check_rates("name: a\nmodel: {base: [4, 16, 64, 256]}\n",
                (double[]){0.004, 0.002, 0.001, 0.0005, 0});
    check_rates("name: a\nmodel: {base: 4}\ntraining: {learning_rate: 0.001}\n",
                (double[]){0.001, 0});
    check_rates("name: a\nmodel: {architecture: ssd300, base: 4}\n", (double[]){0.001, 0});
    check_rates("name: a\nmodel: {base: 4}\npretrain: {manifest: m.csv}\n",
                (double[]){0.004, 0.004, 0});
    check_rates("name: a\nmodel: {base: 16}\nvariants: {a: {}, b: {model: {base: 4}}, "
                "c: {model: {architecture: ssd300, base: 4}}}\n",
                (double[]){0.002, 0.004, 0.001, 0});
}

/* A resolved file must not say of all widths what holds for one. */
static void a_resolved_experiment_has_a_rate_only_where_all_widths_share_it(void **state)
{
    (void)state;
    static const char *const files[] = {"name: a\nmodel: {base: [4, 16]}\n",
                                        "name: a\nvariants: {a: {}, b: {model: {base: 4}}}\n",
                                        "name: a\nmodel: {base: 16}\n"};
    for (size_t i = 0; i < 3; ++i) {
        ExperimentFile experiment;
        char *text;
        assert_int_equal(read_text(files[i], &experiment), STATUS_OK);
        assert_int_equal(experiment_file_resolve(&experiment, "m.csv", &text), STATUS_OK);
        assert_int_equal(strstr(text, "learning_rate: ") != NULL, i == 2);
        assert_int_equal(strstr(text, "learning_rate: 0.002\n") != NULL, i == 2);
        free(text);
        experiment_file_clear(&experiment);
    }
}

/* The most settings that a name may have to hold: a list for each of the numbers. */
static void names_of_cells_tell_them_apart_whatever_the_axes(void **state)
{
    (void)state;
    ExperimentFile experiment;
    GridCells cells;
    assert_int_equal(
        read_text("name: a\n"
                  "model: {base: [4, 8], size: [64, 96], recursion_steps: [1, 2]}\n"
                  "loss: {alpha: [0.25, 0.5], gamma: [1.5, 2], segmentation_weight: [0.5, 1]}\n"
                  "training: {seed: [1, 18446744073709551615], epochs: [2, 100000], augment: "
                  "[true, false], learning_rate: [0.001, 0.0012345678], weight_decay: [0.0001, "
                  "0.00015], clip_norm: [10, 5], batch: [16, 32]}\n",
                  &experiment),
        STATUS_OK);
    assert_int_equal(grid_cells_init(&experiment, path, &cells), STATUS_OK);
    const char *last = strrchr(cells.cells[0].name, '-');
    assert_string_equal(last, "-augment=true");
    assert_string_equal(strrchr(cells.cells[1].name, '-'), "-augment=false");
    grid_cells_clear(&cells);
    experiment_file_clear(&experiment);

    /* Nor is one cut short. */
    char text[700] = "name: a\nmodel: {initial: [b.h5, ";
    memset(text + strlen(text), 'x', 600);
    strcat(text, ".h5]}\n");
    assert_int_equal(read_text(text, &experiment), STATUS_OK);
    assert_int_equal(grid_cells_init(&experiment, path, &cells), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "longer than 511 characters"));
    experiment_file_clear(&experiment);
}

static void the_environment_may_name_the_data(void **state)
{
    (void)state;
    ExperimentFile experiment;
    setenv("GISD_TEST_PLACE", "/somewhere", 1);
    assert_int_equal(
        read_text("name: a\ndata: {manifest: '${GISD_TEST_PLACE}/m.csv'}\n", &experiment),
        STATUS_OK);
    assert_string_equal(experiment.manifest, "/somewhere/m.csv");
    experiment_file_clear(&experiment);
    unsetenv("GISD_TEST_PLACE");
    assert_int_equal(
        read_text("name: a\ndata: {manifest: '${GISD_TEST_PLACE}/m.csv'}\n", &experiment),
        STATUS_OK);
    assert_null(experiment.manifest);
    experiment_file_clear(&experiment);
}

#define VARIANTS                                                                                   \
    "name: parts\n"                                                                                \
    "model: {backbone: r50x1, base: 8, size: 96}\n"                                                \
    "loss: {alpha: 0.5}\n"                                                                         \
    "training: {seed: [1, 2]}\n"                                                                   \
    "variants:\n"                                                                                  \
    "  full: {}\n"                                                                                 \
    "  softmax: {loss: {classification_loss: softmax_hard_negatives}, tuning: local}\n"

static void check_variant_cells(const GridCells *cells)
{
    assert_int_equal(cells->count, 6);
    assert_string_equal(cells->cells[0].name, "r50x1-global-variant=full-seed=1");
    assert_string_equal(cells->cells[1].name, "r50x1-global-variant=full-seed=2");
    assert_string_equal(cells->cells[2].name, "r50x1-local-variant=softmax-seed=1");
    assert_string_equal(cells->cells[5].name, "ssd300-global-variant=plain-seed=2");
    assert_setting(&cells->cells[0], "classification_loss", "focal");
    assert_setting(&cells->cells[0], "alpha", "0.5");
    assert_setting(&cells->cells[2], "classification_loss", "softmax_hard_negatives");
    assert_setting(&cells->cells[5], "classification_loss", "softmax_hard_negatives");
    assert_setting(&cells->cells[5], "base", "8"); /* what all have, where it applies */
    assert_setting(&cells->cells[5], "backbone", "");
    assert_setting(&cells->cells[5], "seed", "2");
}

static void a_variant_changes_some_settings_for_every_seed(void **state)
{
    (void)state;
    ExperimentFile experiment, again;
    GridCells cells, same;
    char *text;
    assert_int_equal(read_text(VARIANTS "  plain: {model: {architecture: ssd300}}\n", &experiment),
                     STATUS_OK);
    make_cells(&experiment, "data", &cells);
    check_variant_cells(&cells);
    assert_int_equal(experiment_file_resolve(&experiment, "manifest.csv", &text), STATUS_OK);
    if (read_text(text, &again) != STATUS_OK)
        fail_msg("%s in\n%s", status_message(), text);
    make_cells(&again, "data", &same);
    check_variant_cells(&same);
    for (size_t i = 0; i < cells.count; ++i)
        assert_string_equal(cells.cells[i].id, same.cells[i].id);
    /* A full model's cell is the same one in an experiment without variants. */
    ExperimentFile plain;
    GridCells one;
    assert_int_equal(
        read_text("name: one\nmodel: {base: 8, size: 96}\nloss: {alpha: 0.5}\n", &plain),
        STATUS_OK);
    make_cells(&plain, "data", &one);
    assert_string_equal(cells.cells[0].id, one.cells[0].id);
    assert_string_equal(cells.cells[0].former_id, one.cells[0].former_id);
    free(text);
    grid_cells_clear(&cells);
    grid_cells_clear(&same);
    grid_cells_clear(&one);
    experiment_file_clear(&experiment);
    experiment_file_clear(&again);
    experiment_file_clear(&plain);
}

static void variants_that_cannot_be_are_refused(void **state)
{
    (void)state;
    refused(VARIANTS "  2nd: {}\n", 8, "2nd", "begins with a letter");
    refused(VARIANTS "  more: {model: {attention: [true, false]}}\n", 8, "more", "one value");
    refused(VARIANTS "  more: {training: {seed: 3}}\n", 8, "seed", "for all");
    refused(VARIANTS "  more: {model: {initial: x.h5}}\n", 8, "initial", "for all");
    refused(VARIANTS "  more: {model: {architecture: ssd300, attention: false}}\n", 8, "attention",
            "no such setting");
    refused(VARIANTS "  more: {model: {attnetion: false}}\n", 8, "attnetion", "attention");
    refused(VARIANTS "tuning: [local, global]\n", 8, "tuning", "beside variants");
}

static void variants_that_are_the_same_are_refused(void **state)
{
    (void)state;
    ExperimentFile experiment;
    GridCells cells;
    const char *fingerprints[] = {"d", "d", "d", "d", "d", "d"};
    /* Softmax has no gamma. */
    assert_int_equal(read_text(VARIANTS "  again: {tuning: local, loss: {classification_loss: "
                                        "softmax_hard_negatives, gamma: 3}}\n",
                               &experiment),
                     STATUS_OK);
    assert_int_equal(grid_cells_init(&experiment, path, &cells), STATUS_OK);
    assert_int_equal(grid_cells_identify(&experiment, path, fingerprints, &cells), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "softmax and again are the same"));
    grid_cells_clear(&cells);
    experiment_file_clear(&experiment);
}

static void settings_of_a_part_that_is_not_there_are_no_axes(void **state)
{
    (void)state;
    ExperimentFile experiment;
    GridCells cells;
    assert_int_equal(
        read_text(
            "name: parts\n"
            "model: {base: 8, size: 96, segmentation: [true, false], attention: [true, false]}\n"
            "loss: {classification_loss: [focal, softmax_hard_negatives], gamma: [1, 2],\n"
            "       segmentation_weight: [1, 2]}\n",
            &experiment),
        STATUS_OK);
    make_cells(&experiment, "data", &cells);
    /* (2 with attention or not x 2 weights + 1 without the branch) x (2 gammas + 1 of softmax) */
    assert_int_equal(cells.count, 15);
    grid_cells_clear(&cells);
    experiment_file_clear(&experiment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_an_axis_and_the_rest_has_defaults),
        cmocka_unit_test(identity_follows_settings_and_data_and_nothing_else),
        cmocka_unit_test(identity_is_a_hash_of_settings_in_alphabetical_order),
        cmocka_unit_test(a_resolved_experiment_reads_back_as_itself),
        cmocka_unit_test(resolved_numbers_are_numbers_to_every_reader),
        cmocka_unit_test(what_a_resolved_file_cannot_hold_is_refused),
        cmocka_unit_test(texts_that_yaml_could_mistake_are_quoted),
        cmocka_unit_test(faults_are_named_by_line),
        cmocka_unit_test(combinations_that_cannot_run_are_refused),
        cmocka_unit_test(a_rate_that_is_not_given_follows_the_width),
        cmocka_unit_test(a_resolved_experiment_has_a_rate_only_where_all_widths_share_it),
        cmocka_unit_test(names_of_cells_tell_them_apart_whatever_the_axes),
        cmocka_unit_test(the_environment_may_name_the_data),
        cmocka_unit_test(a_variant_changes_some_settings_for_every_seed),
        cmocka_unit_test(variants_that_cannot_be_are_refused),
        cmocka_unit_test(variants_that_are_the_same_are_refused),
        cmocka_unit_test(settings_of_a_part_that_is_not_there_are_no_axes),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
