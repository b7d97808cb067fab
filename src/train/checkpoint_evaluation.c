/* See checkpoint_evaluation.h. */
#include "train/checkpoint_evaluation.h"

#include <math.h>
#include <omp.h>

#include "infer/checkpoint.h"

Status finished_model_read(const char *checkpoint, CheckpointModel *model)
{
    TRY(checkpoint_read_model(checkpoint, model));
    if (isnan(model->operating_point))
        FAIL(STATUS_MISSING,
             "%s: no operating point is chosen yet (expected the checkpoint of a finished cell)",
             checkpoint);
    return STATUS_OK;
}

NetworkPlan checkpoint_plan(const CheckpointEvaluation *of)
{
    return (NetworkPlan){.model = of->model->settings,
                         .precision = of->precision,
                         .ranges = &of->model->ranges,
                         .batch = 1,
                         .one_thread = true};
}

Status checkpoint_evaluate(const CheckpointEvaluation *of, ParameterList *parameters,
                           Evaluation *evaluation)
{
    const NetworkPlan plan = checkpoint_plan(of);
    const size_t threads = of->observer ? 1 : (size_t)omp_get_max_threads();
    Network network;
    Status status = network_init(&network, &plan, parameters);
    if (status != STATUS_OK)
        status_prefix(status, "%s", of->checkpoint);
    if (status == STATUS_OK)
        status = checkpoint_read_parameters(of->checkpoint, parameters);
    if (status == STATUS_OK && of->observer) /* twins are not observed */
        net_observe(network.net, of->observer, of->observer_context);
    if (status == STATUS_OK)
        status = evaluation_init(evaluation, &network, of->dataset, of->count, of->indices, threads,
                                 MPI_COMM_SELF);
    network_clear(&network);
    return status;
}
