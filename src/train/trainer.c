/* See trainer.h. */
#include "train/trainer.h"

#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/first_error.h"
#include "base/memory.h"
#include "base/process_memory.h"
#include "train/mpi_check.h"
#include "train/training_sizes.h"

/* Fewer are packed and updated, in a millisecond or two, before it pays to call others, of whom one
 * may lose its processor to somebody else while all wait for it. */
enum { MANY_NUMBERS = 1 << 20 };

NetworkPlan trainer_network_plan(const CellSettings *settings, size_t classes, size_t batch)
{
    NetworkPlan plan = {.model = settings->model,
                        .precision = settings->precision,
                        .batch = batch * task_of(&settings->model)->views,
                        .local = settings->tuning == TUNING_LOCAL};
    plan.model.classes = classes;
    return plan;
}

/* What the settings say of single parameters: where they start, and how fast they learn. */
static void apply_recipe(const CellSettings *settings, const Architecture *architecture,
                         ParameterList *parameters)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        Parameter *parameter = &parameters->items[i];
        if (settings->tuning == TUNING_GLOBAL && architecture->is_frozen_by_local(parameter->name))
            parameter->rate_factor = settings->backbone_rate;
        if (settings->branch_scale == 1 || !architecture->scales_a_branch(parameter->name))
            continue;
        for (size_t k = 0; k < parameter->count; ++k)
            parameter->value[k] = (float)settings->branch_scale;
    }
}

/* The worker's network whose memory that of size number `place` takes; NULL: it is the largest. */
static const Network *room_of(const Trainer *trainer, size_t place, size_t worker)
{
    return place ? &trainer->sizes[0].networks[worker] : NULL;
}

static Status build_sizes(Trainer *trainer)
{
    const CellSettings *settings = trainer->settings;
    const InputSizes sizes = training_sizes_of(settings);
    NetworkPlan plan =
        trainer_network_plan(settings, trainer->dataset->class_count, trainer->shard_images);
    plan.training = plan.one_thread = true;
    plan.recompute = settings->recompute;
    TRY(MEMORY_NEW(&trainer->sizes, sizes.count));
    trainer->size_count = sizes.count;
    for (size_t i = 0; i < sizes.count; ++i) {
        TrainerSize *size = &trainer->sizes[i];
        size->size = plan.model.size = sizes.sides[sizes.count - 1 - i];
        TRY(MEMORY_NEW(&size->networks, trainer->workers));
        TRY(network_init_in(room_of(trainer, i, 0), &plan, &trainer->parameters,
                            &size->networks[0]));
        if (size->size == settings->model.size)
            trainer->network = &size->networks[0];
    }
    parameters_randomise(&trainer->parameters, settings->seed);
    apply_recipe(settings, trainer->network->architecture, &trainer->parameters);
    return STATUS_OK;
}

size_t trainer_workers(size_t shards, size_t threads)
{
    size_t workers = 1;
    while (2 * workers <= threads && 2 * workers <= shards)
        workers *= 2;
    return workers;
}

static Status make_twins(Trainer *trainer)
{
    TRY(MEMORY_NEW(&trainer->twins, trainer->workers));
    for (size_t w = 1; w < trainer->workers; ++w) {
        ParameterList *twin = &trainer->twins[w - 1];
        TRY(parameters_twin(&trainer->parameters, twin));
        for (size_t i = 0; i < trainer->size_count; ++i) {
            Network *networks = trainer->sizes[i].networks;
            TRY(network_twin(&networks[0], twin, room_of(trainer, i, w), &networks[w]));
        }
    }
    return STATUS_OK;
}

static Status make_sum(Trainer *trainer)
{
    return gradient_sum_new(trainer->workers, &trainer->parameters, trainer->settings->precision,
                            trainer->group, trainer->settings->shards, &trainer->sum);
}

static size_t most_lesions(const Dataset *dataset)
{
    size_t most = 1;
    for (size_t i = 0; i < dataset->count; ++i)
        if (dataset->examples[i].lesion_count > most)
            most = dataset->examples[i].lesion_count;
    return most;
}

static void make_schedule(Trainer *trainer)
{
    const CellSettings *settings = trainer->settings;
    double steps = (double)trainer->steps_per_epoch;
    trainer->steps = settings->epochs * trainer->steps_per_epoch;
    trainer->schedule = (ScheduleSettings){
        .kind = settings->schedule,
        .peak = settings->learning_rate,
        .steps = trainer->steps,
        .warmup_steps = (size_t)lround(settings->warmup_epochs * steps),
        .drop_steps = (size_t)lround(settings->step_epochs * steps),
        .drop_factor = settings->step_factor,
    };
}

static Status check_cut(const Trainer *trainer)
{
    const CellSettings *settings = trainer->settings;
    if (!settings->shards || settings->batch % settings->shards ||
        settings->shards % (size_t)trainer->ranks)
        FAIL(STATUS_ARGUMENT,
             "a batch of %zu images in %zu shards on %d ranks (expected shards that divide the "
             "batch and ranks that divide the shards)",
             settings->batch, settings->shards, trainer->ranks);
    return STATUS_OK;
}

static Status make_objective(const Trainer *trainer, const SplitFacts *training, TrainerSize *size)
{
    const Network *network = &size->networks[0];
    return network->task->objective.make(
        &(ObjectivePlan){.model = &network->plan.model,
                         .settings = &trainer->settings->task,
                         .net = network->net,
                         .nodes = &network->nodes,
                         .training = training,
                         .images = trainer->local_shards * trainer->shard_images,
                         .lesions_each = most_lesions(trainer->dataset)},
        &size->objective);
}

static Status make_objectives(Trainer *trainer)
{
    DatasetFacts facts;
    TRY(dataset_facts_init(&facts, trainer->dataset));
    Status status = STATUS_OK;
    for (size_t i = 0; i < trainer->size_count && status == STATUS_OK; ++i)
        status = make_objective(trainer, &facts.splits[SPLIT_TRAIN], &trainer->sizes[i]);
    dataset_facts_clear(&facts);
    return status;
}

static Status build(Trainer *trainer)
{
    const CellSettings *settings = trainer->settings;
    TRY_MPI(MPI_Comm_rank(trainer->group, &trainer->rank));
    TRY_MPI(MPI_Comm_size(trainer->group, &trainer->ranks));
    TRY(check_cut(trainer));
    trainer->local_shards = settings->shards / (size_t)trainer->ranks;
    trainer->shard_images = settings->batch / settings->shards;
    const size_t threads = (size_t)omp_get_max_threads();
    trainer->workers = trainer_workers(trainer->local_shards, threads);
    TRY(crew_new(threads, trainer->workers == threads, &trainer->crew));
    TRY(build_sizes(trainer));
    if (parameters_total(&trainer->parameters, true) >= MANY_NUMBERS)
        trainer->sharing = trainer->crew;
    TRY(make_twins(trainer));
    TRY(make_objectives(trainer));
    TRY(make_sum(trainer));
    TRY(shared_update_init(&trainer->update,
                           &(OptimiserSettings){.kind = settings->optimiser,
                                                .momentum = settings->momentum,
                                                .beta_one = 0.9,
                                                .beta_two = 0.999,
                                                .epsilon = 1e-8,
                                                .weight_decay = settings->weight_decay,
                                                .clip_norm = settings->clip_norm,
                                                .average = settings->ema},
                           &trainer->parameters, trainer->sum, trainer->sharing, trainer->group));
    trainer->steps_per_epoch = loader_steps_per_epoch(trainer->dataset, settings->batch);
    make_schedule(trainer);
    trainer->observed_floats = parameters_observed_floats(&trainer->parameters);
    TRY(MEMORY_NEW(&trainer->observed, settings->shards * trainer->observed_floats));
    return MEMORY_NEW(&trainer->shard_losses,
                      settings->shards * trainer->network->task->loss_count);
}

Status trainer_init(Trainer *trainer, const CellSettings *settings, const Dataset *dataset,
                    MPI_Comm group)
{
    *trainer = (Trainer){.settings = settings, .dataset = dataset, .group = group};
    parameters_init(&trainer->parameters);
    energy_meter_start(&trainer->energy, ENERGY_FOLDER);
    return build(trainer);
}

static void clear_size(const Trainer *trainer, TrainerSize *size)
{
    if (size->objective)
        size->networks[0].task->objective.free(size->objective);
    for (size_t w = trainer->workers; size->networks && w-- > 0;) /* twins first */
        network_clear(&size->networks[w]);
    free(size->networks);
}

void trainer_clear(Trainer *trainer)
{
    loader_free(trainer->loader);
    crew_free(trainer->crew);
    shared_update_clear(&trainer->update);
    gradient_sum_free(trainer->sum);
    for (size_t i = trainer->size_count; i-- > 0;) /* the first lends the others its memory */
        clear_size(trainer, &trainer->sizes[i]);
    free(trainer->sizes);
    for (size_t w = 1; trainer->twins && w < trainer->workers; ++w)
        parameters_clear(&trainer->twins[w - 1]);
    free(trainer->twins);
    parameters_clear(&trainer->parameters);
    free(trainer->shard_losses);
    free(trainer->observed);
    *trainer = (Trainer){0};
}

void trainer_rest(Trainer *trainer)
{
    gradient_sum_rest(trainer->sum);
    for (size_t i = 0; i < trainer->size_count; ++i)
        for (size_t w = 0; w < trainer->workers; ++w)
            net_rest(trainer->sizes[i].networks[w].net);
    for (size_t i = 0; i < trainer->parameters.count; ++i) {
        const Parameter *parameter = &trainer->parameters.items[i];
        if (parameter->gradient)
            memory_let_go(parameter->gradient, parameter->count * sizeof(float));
    }
    process_memory_trim(); /* packed weights are many small blocks; so are those of an evaluation */
}

/* Views that are compared with each other are the stronger ones. */
static AugmentSettings choose_views(const CellSettings *settings)
{
    AugmentSettings views = settings->model.self_supervised ? augment_strong() : augment_defaults();
    augment_colour(&views, (float)settings->colour_strength);
    if (!settings->flips)
        views.flip_horizontal = views.flip_vertical = 0;
    views.scale = (float)settings->scale;
    views.rotation = (float)settings->rotation;
    views.gamma = (float)settings->gamma;
    views.blur = fmaxf(views.blur, (float)settings->blur);
    return views;
}

Status trainer_start(Trainer *trainer)
{
    const CellSettings *settings = trainer->settings;
    size_t slice = trainer->local_shards * trainer->shard_images;
    return loader_new(&(LoaderSettings){.dataset = trainer->dataset,
                                        .form = trainer->network->architecture->input,
                                        .sizes = training_sizes_of(settings),
                                        .global_batch = settings->batch,
                                        .slice_first = (size_t)trainer->rank * slice,
                                        .slice_count = slice,
                                        .seed = settings->seed,
                                        .augment = settings->augment,
                                        .shuffle = true,
                                        .views = trainer->network->task->views,
                                        .sampling = settings->sampling,
                                        .mixup = settings->mixup,
                                        .first_epoch = trainer->step / trainer->steps_per_epoch,
                                        .first_step = trainer->step % trainer->steps_per_epoch,
                                        .augmentation = choose_views(settings)},
                      &trainer->loader);
}

/* ---- a step ---- */

/* Adds the ranks' counts, and with them two words: rank 0's wish, and whether any rank could not
 * load its images. Whole numbers: exact in any order. */
static Status agree_on_counts(Trainer *trainer, Status own,
                              unsigned long long counts[TASK_COUNTS_MOST], StepWish *wish)
{
    unsigned long long words[TASK_COUNTS_MOST + 2] = {trainer->rank == 0 ? *wish : 0,
                                                      own != STATUS_OK};
    memcpy(words + 2, counts, TASK_COUNTS_MOST * sizeof *counts);
    TRY(mpi_sum_counts(trainer->group, TASK_COUNTS_MOST + 2, words));
    memcpy(counts, words + 2, TASK_COUNTS_MOST * sizeof *counts);
    *wish = (StepWish)words[0];
    if (own == STATUS_OK && words[1])
        return mpi_heard(
            status_set(STATUS_IO, "another rank of the group could not load its images"));
    return own;
}

/* What every worker reads of a step. */
typedef struct {
    const Batch *batch;      /* this rank's */
    const TrainerSize *size; /* the batch's */
    const unsigned long long *totals;
} Step;

static const TrainerSize *size_of(const Trainer *trainer, const Batch *batch)
{
    size_t place = 0;
    while (trainer->sizes[place].size != batch->size)
        ++place;
    return &trainer->sizes[place];
}

/* The rank's shard `local`, by that worker; writes to places of that shard alone. */
static Status run_shard(Trainer *trainer, const Step *step, size_t worker, size_t local,
                        const GradientTaker *taker)
{
    const Network *network = &step->size->networks[worker];
    const Task *task = network->task;
    const size_t images = trainer->shard_images, input = network_input_count(network);
    const size_t shard = (size_t)trainer->rank * trainer->local_shards + local;
    double sums[TASK_LOSSES_MOST] = {0};
    net_set_pass(network->net, (Pass){.seed = trainer->settings->seed,
                                      .step = trainer->step,
                                      .first_image = shard * images});
    memcpy(net_value(network->net, network->nodes.image), step->batch->input + local * input,
           input * sizeof(float));
    TRY(net_forward(network->net));
    parameters_take_observed(network->parameters,
                             trainer->observed + shard * trainer->observed_floats);
    task->objective.apply(step->size->objective, network->net, &network->nodes, step->batch,
                          local * images, images, step->totals, sums);
    TRY(net_backward(network->net, taker));
    memcpy(trainer->shard_losses + shard * task->loss_count, sums, task->loss_count * sizeof *sums);
    return STATUS_OK;
}

static Status run_worker(Trainer *trainer, const Step *step, size_t worker)
{
    size_t shard;
    GradientTaker taker;
    Status status = gradient_sum_take_shard(trainer->sum, worker, &shard, &taker);
    while (status == STATUS_OK && taker.context) {
        if (worker == 0)
            status = mpi_pulse();
        if (status == STATUS_OK)
            status = run_shard(trainer, step, worker, shard, &taker);
        if (status == STATUS_OK)
            status = gradient_sum_take_shard(trainer->sum, worker, &shard, &taker);
    }
    if (status != STATUS_OK)
        gradient_sum_give_up(trainer->sum);
    return status;
}

/* What the crew works on. */
typedef struct {
    Trainer *trainer;
    const Step *step;
    atomic_size_t next; /* weight to be packed */
    FirstError first;
} Work;

static void pack_weights(void *context, size_t member)
{
    Work *work = context;
    if (member < work->trainer->workers)
        first_error_note(&work->first, member,
                         net_pack_weights(work->step->size->networks[member].net, &work->next));
}

/* Worker 0 is on the thread that calls. Who comes late finds no shard left. */
static void take_shards(void *context, size_t member)
{
    Work *work = context;
    if (member < work->trainer->workers)
        first_error_note(&work->first, member, run_worker(work->trainer, work->step, member));
}

/* The calling thread, once it is through: moves messages on and says that the rank lives, until the
 * others are through as well, even after an error. */
static Status attend(Trainer *trainer)
{
    const double pause_seconds = trainer->ranks > 1 ? 1e-4 : 0.05;
    Status status = STATUS_OK;
    while (!crew_wait(trainer->crew, pause_seconds)) {
        if (status == STATUS_OK)
            status = mpi_pulse();
        if (status == STATUS_OK)
            status = gradient_sum_advance(trainer->sum);
    }
    return status;
}

static Status run_crew(Work *work, CrewWork part)
{
    Trainer *trainer = work->trainer;
    crew_call(trainer->crew, part, work);
    part(work, 0);
    crew_close(trainer->crew);
    first_error_note(&work->first, trainer->workers, attend(trainer));
    return first_error_status(&work->first);
}

static Status run_workers(Trainer *trainer, const Step *step)
{
    Work work = {.trainer = trainer, .step = step, .first = FIRST_ERROR_NONE};
    if (trainer->sharing)
        TRY(run_crew(&work, pack_weights));
    else
        TRY(net_pack_weights(step->size->networks[0].net, NULL));
    return run_crew(&work, take_shards);
}

static Status run_shards(Trainer *trainer, const Step *step)
{
    double started = clock_seconds();
    for (size_t w = 1; w < trainer->workers; ++w)
        parameters_follow(&trainer->parameters, &trainer->twins[w - 1]);
    TRY(gradient_sum_begin(trainer->sum));
    TRY(run_workers(trainer, step));
    trainer->compute_seconds += clock_seconds() - started;
    return gradient_sum_finish(trainer->sum);
}

/* Every shard's losses on every rank, added in the order of the shards. */
static Status add_losses(Trainer *trainer, const unsigned long long *totals, StepResult *result)
{
    const Task *task = trainer->network->task;
    size_t count = trainer->local_shards * task->loss_count;
    double sums[TASK_LOSSES_MOST] = {0};
    TRY(mpi_gather(trainer->group, count * sizeof(double),
                   trainer->shard_losses + (size_t)trainer->rank * count, trainer->shard_losses));
    for (size_t shard = 0; shard < trainer->settings->shards; ++shard)
        for (size_t k = 0; k < task->loss_count; ++k)
            sums[k] += trainer->shard_losses[shard * task->loss_count + k];
    for (size_t k = 0; k < task->loss_count; ++k)
        result->losses[k] = sums[k] / task_divisor(totals[task->losses[k].divisor]);
    result->loss = task->objective.total(&trainer->settings->task, sums, totals);
    if (!isfinite(result->loss))
        FAIL(STATUS_DIVERGED, "the loss is not finite at step %zu (learning rate %g)",
             trainer->step, result->learning_rate);
    return STATUS_OK;
}

/* Every shard's observations on every rank, folded in in the order of the shards. */
static Status fold_observed(Trainer *trainer)
{
    const size_t floats = trainer->observed_floats, count = trainer->local_shards * floats;
    if (!floats)
        return STATUS_OK;
    TRY(mpi_gather(trainer->group, count * sizeof(float),
                   trainer->observed + (size_t)trainer->rank * count, trainer->observed));
    for (size_t shard = 0; shard < trainer->settings->shards; ++shard)
        parameters_fold_observed(&trainer->parameters, trainer->observed + shard * floats);
    return STATUS_OK;
}

static Status do_step(Trainer *trainer, StepWish wish, StepResult *result)
{
    const Batch *batch = NULL;
    unsigned long long counts[TASK_COUNTS_MOST] = {0};
    *result = (StepResult){.learning_rate = schedule_rate(&trainer->schedule, trainer->step),
                           .wish = wish};
    Status status = loader_next(trainer->loader, &batch);
    const TrainerSize *size = status == STATUS_OK ? size_of(trainer, batch) : NULL;
    if (status == STATUS_OK)
        status = trainer->network->task->objective.match(size->objective, batch, counts);
    TRY(agree_on_counts(trainer, status, counts, &result->wish));
    TRY(run_shards(trainer, &(Step){batch, size, counts}));
    TRY(add_losses(trainer, counts, result));
    TRY(shared_update_step(&trainer->update, result->learning_rate, &result->gradient_norm));
    TRY(fold_observed(trainer));
    optimiser_average(trainer->update.own);
    energy_meter_look(&trainer->energy);
    ++trainer->step;
    return STATUS_OK;
}

/* What the crew does not share is too little for an OpenMP team, which would be another one, and
 * spin between its regions. */
Status trainer_step(Trainer *trainer, StepWish wish, StepResult *result)
{
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    Status status = do_step(trainer, wish, result);
    omp_set_num_threads(threads);
    return status;
}
