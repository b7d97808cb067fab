#include "example_checkpoint.h"

#include <math.h>
#include <sys/file.h>

#include "store/files.h"
#include "store/hdf5_reader.h"
#include "store/hdf5_writer.h"

static Optimiser *make_optimiser(ParameterList *list)
{
    const OptimiserSettings settings = {.kind = OPTIMISER_ADAMW,
                                        .beta_one = 0.9,
                                        .beta_two = 0.999,
                                        .epsilon = 1e-8,
                                        .weight_decay = 0.01};
    Optimiser *optimiser;
    assert_int_equal(optimiser_new(&settings, list, &optimiser), STATUS_OK);
    return optimiser;
}

static int64_t step_of(const char *path)
{
    CheckpointState state;
    int64_t step = -1;
    assert_int_equal(checkpoint_read_state(path, &state), STATUS_OK);
    assert_int_equal(checkpoint_state_integer(&state, "step", &step), STATUS_OK);
    checkpoint_state_clear(&state);
    return step;
}

/* The step of the checkpoint that a run at `path` would start from; -1 without one. */
static int64_t found_step(const char *path)
{
    char *found;
    bool seen;
    assert_int_equal(checkpoint_find(path, &found, &seen), STATUS_OK);
    assert_int_equal(seen, found != NULL);
    int64_t step = found ? step_of(found) : -1;
    free(found);
    return step;
}

/* Flips a bit in the first copy of some bytes in a file. */
static void damage(const char *path, const void *bytes, size_t count)
{
    char *data;
    size_t size;
    assert_int_equal(files_read(path, &data, &size), STATUS_OK);
    char *found = memmem(data, size, bytes, count);
    assert_non_null(found);
    found[count / 2] ^= 4;
    assert_int_equal(files_write(path, data, size), STATUS_OK);
    free(data);
}

static void training_goes_on_as_if_it_had_not_stopped(void **state)
{
    (void)state;
    const char *path = scratch("resume.h5");
    CheckpointModel model;
    ParameterList list, other;
    make_model(&model);
    make_parameters(&list, 1);
    make_parameters(&other, 2);
    Optimiser *optimiser = make_optimiser(&list), *resumed = make_optimiser(&other);
    for (int i = 0; i < 3; ++i)
        assert_int_equal(optimiser_step(optimiser, 0.01, NULL), STATUS_OK);
    OptimiserState kept = optimiser_state(optimiser);
    assert_int_equal(checkpoint_write(path, &model, &list, &kept, NULL), STATUS_OK);
    assert_int_equal(checkpoint_verify(path), STATUS_OK);

    uint64_t version = other.items[0].version;
    assert_int_equal(checkpoint_read_parameters(path, &other), STATUS_OK);
    assert_true(other.items[0].version > version);
    kept = optimiser_state(resumed);
    assert_int_equal(checkpoint_read_optimiser(path, &other, &kept), STATUS_OK);
    assert_int_equal(kept.updates, 3);
    optimiser_set_updates(resumed, kept.updates);
    assert_int_equal(optimiser_step(optimiser, 0.01, NULL), STATUS_OK);
    assert_int_equal(optimiser_step(resumed, 0.01, NULL), STATUS_OK);
    for (size_t i = 0; i < list.count; ++i)
        assert_memory_equal(other.items[i].value, list.items[i].value,
                            list.items[i].count * sizeof(float));
    optimiser_free(resumed);
    optimiser_free(optimiser);
    parameters_clear(&other);
    parameters_clear(&list);
    checkpoint_model_clear(&model);
}

static void the_model_comes_back(void **state)
{
    (void)state;
    const char *path = scratch("model.h5");
    CheckpointModel model, read;
    make_model(&model);
    write_step(path, 1);
    assert_int_equal(checkpoint_read_model(path, &read), STATUS_OK);
    assert_string_equal(read.tuning, "local");
    assert_true(architecture_same(&read.settings, &model.settings));
    for (size_t i = 0; i < CLASSES; ++i)
        assert_string_equal(read.class_names[i], class_names[i]);
    assert_true(read.operating_point == 0.375);
    checkpoint_model_clear(&read);
    checkpoint_model_clear(&model);
}

/* Of a network in 8 bits: how far inputs reach, and which convolutions are not so after all. */
static void ranges_come_back(void **state)
{
    (void)state;
    const char *path = scratch("ranges.h5");
    CheckpointModel model, read;
    ParameterList list;
    make_model(&model);
    make_parameters(&list, 1);
    model.precision = PRECISION_INT8;
    assert_int_equal(input_ranges_add(&model.ranges, "a.weight", 1.5F), STATUS_OK);
    assert_int_equal(input_ranges_add(&model.ranges, "b.weight", 2.5F), STATUS_OK);
    assert_int_equal(input_ranges_add(&model.ranges, "c.weight", 0), STATUS_OK);
    model.ranges.items[1].left = true;
    assert_int_equal(checkpoint_write(path, &model, &list, NULL, NULL), STATUS_OK);
    assert_int_equal(checkpoint_verify(path), STATUS_OK);
    assert_int_equal(checkpoint_read_model(path, &read), STATUS_OK);
    assert_int_equal(read.ranges.count, 3);
    const InputRange *a = input_ranges_find(&read.ranges, "a.weight");
    const InputRange *b = input_ranges_find(&read.ranges, "b.weight");
    const InputRange *c = input_ranges_find(&read.ranges, "c.weight");
    assert_true(a && a->limit == 1.5F && !a->left);
    assert_true(b && b->left);
    assert_true(c && c->limit == 0 && !c->left);
    checkpoint_model_clear(&read);
    checkpoint_model_clear(&model);
    parameters_clear(&list);
}

static void state_of_every_kind_comes_back(void **unused)
{
    (void)unused;
    const char *path = scratch("state.h5");
    const double history[] = {0.5, NAN, -INFINITY};
    CheckpointModel model;
    ParameterList list;
    CheckpointState state;
    make_model(&model);
    make_parameters(&list, 1);
    checkpoint_state_init(&state);
    assert_int_equal(checkpoint_state_set_integer(&state, "seed", -1), STATUS_OK);
    assert_int_equal(checkpoint_state_set_numbers(&state, "history", 3, history), STATUS_OK);
    assert_int_equal(checkpoint_state_set_numbers(&state, "empty", 0, NULL), STATUS_OK);
    assert_int_equal(checkpoint_state_set_text(&state, "schedule", "step"), STATUS_OK);
    assert_int_equal(checkpoint_state_set_text(&state, "schedule", "cosine"), STATUS_OK);
    assert_int_equal(checkpoint_write(path, &model, &list, NULL, &state), STATUS_OK);
    checkpoint_state_clear(&state);
    assert_int_equal(checkpoint_verify(path), STATUS_OK);

    int64_t seed;
    const char *schedule;
    assert_int_equal(checkpoint_read_state(path, &state), STATUS_OK);
    assert_int_equal(state.count, 4);
    assert_int_equal(checkpoint_state_integer(&state, "seed", &seed), STATUS_OK);
    assert_int_equal(seed, -1);
    assert_int_equal(checkpoint_state_text(&state, "schedule", &schedule), STATUS_OK);
    assert_string_equal(schedule, "cosine");
    const StateItem *item = checkpoint_state_find(&state, "history");
    assert_int_equal(item->count, 3);
    assert_memory_equal(item->numbers, history, sizeof history);
    assert_int_equal(checkpoint_state_find(&state, "empty")->count, 0);
    assert_int_equal(checkpoint_state_integer(&state, "schedule", &seed), STATUS_MISSING);
    check_message("no integer called schedule");
    checkpoint_state_clear(&state);
    parameters_clear(&list);
    checkpoint_model_clear(&model);
}

static void a_damaged_newest_checkpoint_falls_back_to_the_one_before(void **state)
{
    (void)state;
    const char *path = scratch("kept.h5");
    char *found;
    bool seen;
    assert_int_equal(found_step(path), -1);
    write_step(path, 1);
    assert_false(files_exists(scratch("kept.previous.h5")));
    write_step(path, 2);
    write_step(path, 3);
    assert_int_equal(found_step(path), 3);
    assert_int_equal(step_of(scratch("kept.previous.h5")), 2);
    assert_false(files_exists(scratch("kept.next.h5")));
    assert_int_equal(truncate(scratch("kept.h5"), 3000), 0);
    assert_int_equal(found_step(scratch("kept.h5")), 2);
    assert_int_equal(truncate(scratch("kept.previous.h5"), 3000), 0);
    assert_int_equal(checkpoint_find(scratch("kept.h5"), &found, &seen), STATUS_FORMAT);
    assert_null(found);
    check_message("kept.h5: cannot open as a complete HDF5 file");
    assert_int_equal(unlink(scratch("kept.h5")), 0);
    assert_int_equal(unlink(scratch("kept.previous.h5")), 0);
    assert_int_equal(found_step(scratch("kept.h5")), -1);
}

/* Nobody knows whether a file is damaged that cannot be read now. */
static void a_checkpoint_that_cannot_be_read_now_is_passed_over_for_none(void **state)
{
    (void)state;
    const char *path = scratch("locked.h5");
    char *found;
    bool damaged = true, seen = false;
    write_step(path, 1);
    write_step(path, 2);
    FILE *other = fopen(path, "r+");
    assert_non_null(other);
    assert_int_equal(flock(fileno(other), LOCK_EX), 0);
    assert_int_equal(checkpoint_find(path, &found, &seen), STATUS_STORAGE);
    assert_true(seen);
    assert_null(found);
    check_message("locked.h5: another program has the file locked");
    assert_int_equal(checkpoint_find_damage(path, &damaged), STATUS_STORAGE);
    assert_false(damaged);
    fclose(other);
    assert_int_equal(found_step(path), 2);
    assert_int_equal(checkpoint_find_damage(path, &damaged), STATUS_OK);
    assert_false(damaged);
    assert_int_equal(truncate(scratch("locked.previous.h5"), 3000), 0);
    assert_int_equal(checkpoint_find_damage(scratch("locked.h5"), &damaged), STATUS_OK);
    assert_true(damaged);
}

static void a_replacement_cut_short_leaves_a_checkpoint(void **state)
{
    (void)state;
    write_step(scratch("cut.h5"), 1);
    write_step(scratch("new.h5"), 2);
    /* killed after the old file was renamed and before the new one was: with a damaged new one,
     * then with a good one */
    assert_int_equal(files_rename(scratch("cut.h5"), scratch("cut.previous.h5")), STATUS_OK);
    assert_int_equal(files_write(scratch("cut.next.h5"), "torn", 4), STATUS_OK);
    assert_int_equal(found_step(scratch("cut.h5")), 1);
    assert_int_equal(files_rename(scratch("new.h5"), scratch("cut.next.h5")), STATUS_OK);
    assert_int_equal(found_step(scratch("cut.h5")), 2);
    write_step(scratch("cut.h5"), 3);
    assert_int_equal(found_step(scratch("cut.h5")), 3);
    assert_false(files_exists(scratch("cut.next.h5")));
}

static void every_kind_of_damage_is_found(void **state)
{
    (void)state;
    ParameterList list;
    make_parameters(&list, 7);
    write_step(scratch("damage.h5"), 7);
    damage(scratch("damage.h5"), list.items[0].value, 16); /* found by the dataset's checksum */
    assert_int_equal(checkpoint_verify(scratch("damage.h5")), STATUS_FORMAT);
    check_message("damage.h5: /parameters/backbone.stem.weight: cannot read");
    parameters_clear(&list);
    write_step(scratch("damage.h5"), 7);
    damage(scratch("damage.h5"), "polyp", 5); /* an attribute: found by the checksum over all */
    assert_int_equal(checkpoint_verify(scratch("damage.h5")), STATUS_FORMAT);
    check_message("damage.h5: the checkpoint is damaged");
    write_step(scratch("damage.h5"), 7);
    damage(scratch("damage.h5"), &(double){0.375}, sizeof(double));
    assert_int_equal(checkpoint_verify(scratch("damage.h5")), STATUS_FORMAT);
    check_message("damage.h5: the checkpoint is damaged");
}

static void check_unfit(const char *path, ParameterList *list, Status status, const char *message)
{
    assert_int_equal(checkpoint_read_parameters(path, list), status);
    check_message(message);
    parameters_clear(list);
}

static void parameters_that_do_not_fit_are_named_with_their_shapes(void **state)
{
    (void)state;
    const char *path = scratch("unfit.h5");
    ParameterList list;
    write_step(path, 1);
    make_parameters(&list, 1);
    declare(&list, "cls.0.weight", 2, (size_t[]){3, 5});
    check_unfit(path, &list, STATUS_MISSING,
                "unfit.h5: there is no /parameters/cls.0.weight, expected one of shape 3x5");
    parameters_init(&list);
    declare(&list, "backbone.stem.weight", 4, (size_t[]){4, 3, 7, 7});
    check_unfit(path, &list, STATUS_FORMAT,
                "unfit.h5: /parameters/loc.0.bias of shape 16 is not a parameter");
    parameters_init(&list);
    declare(&list, "backbone.stem.weight", 4, (size_t[]){4, 7, 7, 3});
    check_unfit(path, &list, STATUS_FORMAT,
                "/parameters/backbone.stem.weight has shape 4x3x7x7, expected 4x7x7x3");
    make_parameters(&list, 1);
    Optimiser *optimiser = make_optimiser(&list);
    OptimiserState kept = optimiser_state(optimiser);
    assert_int_equal(checkpoint_read_optimiser(path, &list, &kept), STATUS_MISSING);
    check_message("unfit.h5: has no group /optimiser");
    optimiser_free(optimiser);
    parameters_clear(&list);
}

static void numbers_that_are_not_finite_are_refused(void **state)
{
    (void)state;
    const char *path = scratch("nan.h5");
    CheckpointModel model;
    ParameterList list;
    make_model(&model);
    make_parameters(&list, 1);
    list.items[1].value[3] = NAN;
    assert_int_equal(checkpoint_write(path, &model, &list, NULL, NULL), STATUS_OK);
    checkpoint_model_clear(&model);
    check_unfit(path, &list, STATUS_FORMAT,
                "nan.h5: /parameters/loc.0.bias: number 3 is not finite");
}

/* Writes /parameters in contiguous datasets, and /model without what may be left out. */
static void write_foreign(const char *path, const ParameterList *list)
{
    static const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"depth", 50}, {"width", 2}, {"classes", 3}, {"steps", 2}, {"size", 300}};
    Hdf5Writer *writer;
    assert_int_equal(hdf5_writer_new(path, &writer), STATUS_OK);
    assert_int_equal(hdf5_set_text(writer, "model", "architecture", "improved_ssd"), STATUS_OK);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i)
        assert_int_equal(hdf5_set_i64(writer, "model", numbers[i].name, numbers[i].value),
                         STATUS_OK);
    assert_int_equal(hdf5_set_i64(writer, "parameters", "made_elsewhere", 1), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t group = H5Gopen2(file, "parameters", H5P_DEFAULT);
    for (size_t i = 0; i < list->count; ++i) {
        hsize_t dims[PARAMETER_MAX_RANK];
        for (size_t k = 0; k < list->items[i].rank; ++k)
            dims[k] = list->items[i].dims[k];
        hid_t space = H5Screate_simple((int)list->items[i].rank, dims, NULL);
        hid_t dataset = H5Dcreate2(group, list->items[i].name, H5T_IEEE_F32LE, space, H5P_DEFAULT,
                                   H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                             list->items[i].value) >= 0);
        H5Dclose(dataset);
        H5Sclose(space);
    }
    H5Gclose(group);
    H5Fclose(file);
}

static void a_file_of_another_program_is_a_checkpoint(void **state)
{
    (void)state;
    const char *path = scratch("foreign.h5");
    ParameterList list, read;
    make_parameters(&list, 5);
    make_parameters(&read, 6);
    write_foreign(path, &list);
    assert_int_equal(checkpoint_verify(path), STATUS_OK);
    CheckpointModel model;
    assert_int_equal(checkpoint_read_model(path, &model), STATUS_OK);
    ModelSettings expected = cell_settings("backbone=r50x2 base=64 size=300").model;
    expected.classes = 3;
    assert_true(architecture_same(&model.settings, &expected));
    assert_string_equal(model.tuning, "global");
    assert_string_equal(model.class_names[1], "class_2");
    assert_true(model.operating_point == 0.5);
    checkpoint_model_clear(&model);
    assert_int_equal(checkpoint_read_parameters(path, &read), STATUS_OK);
    assert_memory_equal(read.items[0].value, list.items[0].value,
                        list.items[0].count * sizeof(float));
    CheckpointState none;
    assert_int_equal(checkpoint_read_state(path, &none), STATUS_OK);
    assert_int_equal(none.count, 0);
    parameters_clear(&read);
    parameters_clear(&list);
}

static void files_that_are_no_checkpoints_say_what_they_lack(void **state)
{
    (void)state;
    const char *path = scratch("other.h5");
    CheckpointModel model;
    Hdf5Writer *writer;
    assert_int_equal(checkpoint_read_model(scratch("none.h5"), &model), STATUS_MISSING);
    assert_int_equal(hdf5_writer_new(path, &writer), STATUS_OK);
    assert_int_equal(hdf5_set_text(writer, "model", "architecture", "improved_ssd"), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    assert_int_equal(checkpoint_read_model(path, &model), STATUS_FORMAT);
    check_message("other.h5: has no group /model or /parameters");
    assert_int_equal(hdf5_writer_new(path, &writer), STATUS_OK);
    assert_int_equal(hdf5_set_text(writer, "model", "architecture", "improved_ssd"), STATUS_OK);
    assert_int_equal(hdf5_set_i64(writer, "parameters", "none", 0), STATUS_OK);
    assert_int_equal(hdf5_set_i64(writer, "model", "depth", -50), STATUS_OK);
    assert_int_equal(hdf5_writer_commit(writer), STATUS_OK);
    assert_int_equal(checkpoint_read_model(path, &model), STATUS_FORMAT);
    check_message("other.h5: /model: depth is -50, expected a positive number");
    ParameterList list;
    make_model(&model);
    make_parameters(&list, 1);
    assert_int_equal(checkpoint_write(scratch("name.hdf"), &model, &list, NULL, NULL),
                     STATUS_ARGUMENT);
    checkpoint_model_clear(&model);
    parameters_clear(&list);
}

/* Makes a checkpoint say that it has that format; 0: that it does not say, as those of earlier
 * versions. */
static void set_format(const char *path, int64_t format)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0);
    if (format == 0) {
        assert_true(H5Adelete(file, "format_version") >= 0);
    } else {
        hid_t attribute = H5Aopen(file, "format_version", H5P_DEFAULT);
        assert_true(H5Awrite(attribute, H5T_NATIVE_INT64, &format) >= 0);
        H5Aclose(attribute);
    }
    H5Fclose(file);
}

static void a_checkpoint_of_a_later_format_is_refused_and_not_passed_over(void **state)
{
    (void)state;
    const char *path = scratch("later.h5");
    CheckpointModel model;
    CheckpointState none;
    ParameterList list;
    char hash[HASH_TEXT_BYTES], *found;
    bool seen;
    make_parameters(&list, 1);
    write_step(path, 1);
    write_step(path, 2);
    set_format(path, CHECKPOINT_FORMAT + 1);
    assert_int_equal(checkpoint_read_model(path, &model), STATUS_UNSUPPORTED);
    check_message("later.h5: checkpoint of format 4, expected 1 to 3 (made by a later gisd?)");
    assert_int_equal(checkpoint_verify(path), STATUS_UNSUPPORTED);
    assert_int_equal(checkpoint_hash_parameters(path, hash), STATUS_UNSUPPORTED);
    assert_int_equal(checkpoint_read_parameters(path, &list), STATUS_UNSUPPORTED);
    assert_int_equal(checkpoint_read_state(path, &none), STATUS_UNSUPPORTED);
    assert_int_equal(checkpoint_find(path, &found, &seen), STATUS_UNSUPPORTED); /* not step 1 */
    assert_null(found);
    set_format(path, -1);
    assert_int_equal(checkpoint_verify(path), STATUS_UNSUPPORTED);
    set_format(path, 0);
    assert_int_equal(found_step(path), 2);
    parameters_clear(&list);
}

/* The parts that a network lacks come back; of a whole one nothing is said, as in files of earlier
 * versions. */
static void parts_that_a_network_lacks_are_attributes(void **state)
{
    (void)state;
    static const char *const texts[] = {"backbone=r50x1",
                                        "segmentation=false",
                                        "attention=false",
                                        "classification_loss=softmax_hard_negatives",
                                        "architecture=ssd300 base=8",
                                        "architecture=ssd300 classification_loss=focal"};
    static const char *const flags[] = {"segmentation", "attention", "background"};
    static const char *const written[] = {"", "segmentation", "attention", "background",
                                          "", "background"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        const char *path = scratch("parts.h5");
        CheckpointModel model, back;
        ParameterList list;
        Hdf5Reader *reader;
        ModelSettings settings = cell_settings(texts[i]).model;
        settings.classes = CLASSES;
        assert_int_equal(checkpoint_model_init(&model, &settings, "global", class_names, 0.5),
                         STATUS_OK);
        make_parameters(&list, 1);
        assert_int_equal(checkpoint_write(path, &model, &list, NULL, NULL), STATUS_OK);
        assert_int_equal(checkpoint_read_model(path, &back), STATUS_OK);
        assert_true(architecture_same(&back.settings, &settings));
        assert_int_equal(hdf5_reader_new(path, &reader), STATUS_OK);
        for (size_t k = 0; k < 3; ++k)
            assert_int_equal(hdf5_has_attribute(reader, "model", flags[k]),
                             strcmp(flags[k], written[i]) == 0);
        hdf5_reader_free(reader);
        checkpoint_model_clear(&model);
        checkpoint_model_clear(&back);
        parameters_clear(&list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_that_a_network_lacks_are_attributes),
        cmocka_unit_test(training_goes_on_as_if_it_had_not_stopped),
        cmocka_unit_test(the_model_comes_back),
        cmocka_unit_test(ranges_come_back),
        cmocka_unit_test(state_of_every_kind_comes_back),
        cmocka_unit_test(a_damaged_newest_checkpoint_falls_back_to_the_one_before),
        cmocka_unit_test(a_checkpoint_that_cannot_be_read_now_is_passed_over_for_none),
        cmocka_unit_test(a_replacement_cut_short_leaves_a_checkpoint),
        cmocka_unit_test(every_kind_of_damage_is_found),
        cmocka_unit_test(parameters_that_do_not_fit_are_named_with_their_shapes),
        cmocka_unit_test(numbers_that_are_not_finite_are_refused),
        cmocka_unit_test(a_file_of_another_program_is_a_checkpoint),
        cmocka_unit_test(files_that_are_no_checkpoints_say_what_they_lack),
        cmocka_unit_test(a_checkpoint_of_a_later_format_is_refused_and_not_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
