/* A network set up to run: the graph of an architecture over a list of parameters, on the best
 * engine there is, planned.
 *
 * The one place where architecture, precision, tuning and batch become a net: training, validation,
 * test, detector, benchmark and the cost of cells all come here. Several networks may share a list
 * of parameters, such as the one that trains and the one that validates; the first to be set up
 * declares them.
 */
#ifndef GISD_INFER_NETWORK_H
#define GISD_INFER_NETWORK_H

#include "data/dataset.h"
#include "model/architecture.h"
#include "task/task.h"

typedef struct {
    ModelSettings model;
    Precision precision;
    const InputRanges *ranges; /* of PRECISION_INT8: what the network needs to be so; borrowed */
    size_t batch;
    bool training;  /* with a backward pass; else for inference */
    bool local;     /* training: local fine-tuning, else global */
    bool recompute; /* training: what can be made again is not kept (net_set_recompute()) */
    /* Each operation is one thread's, so that the bits are the same on any number of threads: to be
     * run where omp_set_num_threads(1) holds, beside twins. Else as many as there are share it. */
    bool one_thread;
} NetworkPlan;

typedef struct {
    NetworkPlan plan;
    const Architecture *architecture;
    const Task *task;
    ParameterList *parameters; /* borrowed */
    Net *net;
    NetworkNodes nodes;
} Network;

/* Builds and plans the network on the parameters, which must outlive it. Their values are left as
 * they are; in training those that train get gradients. Errors: a network that does not exist, a
 * precision that this processor lacks. network_clear() takes what failed. */
Status network_init(Network *network, const NetworkPlan *plan, ParameterList *parameters);

/* The same in the memory of another one (net_set_room()), which must outlive it. */
Status network_init_in(const Network *room, const NetworkPlan *plan, ParameterList *parameters,
                       Network *network);
void network_clear(Network *network);

/* In what form a network wants its data. */
DatasetForm network_data_form(const ModelSettings *model);

/* A twin (nn/net.h) of a network that was set up for one thread. `parameters`: a twin of its list
 * for one that trains, else its list. `room`: as above, or NULL. network_clear() takes what failed.
 */
Status network_twin(const Network *of, ParameterList *parameters, const Network *room,
                    Network *twin);

/* Numbers in the network's input, for the whole batch. */
size_t network_input_count(const Network *network);

/* Whether the network has output number `output` of its task. */
bool network_has_output(const Network *network, size_t output);

/* STATUS_DIVERGED if an output number of the batch is not finite: nothing may be read out of such
 * outputs, as comparisons would hide it. */
Status network_check_outputs(const Network *network);

/* What a network comes to for one image; nothing is allocated for its parameters or values. */
typedef struct {
    double macs;       /* multiply-adds of the convolutions */
    double values;     /* numbers in the outputs of all its nodes */
    double parameters; /* numbers in all parameters and buffers */
} NetworkCount;
Status network_count(const ModelSettings *model, NetworkCount *count);

/* What a network would hold, without making it. Errors as network_init(). */
typedef struct {
    NetNeeds net;
    size_t parameters, trained; /* numbers in all of them, in those that train, ... */
    size_t buffers, largest;    /* ... in those that are measured, and in the largest */
} NetworkNeeds;
Status network_count_needs(const NetworkPlan *plan, NetworkNeeds *needs);

/* Makes a list of the network's parameters, of their names and shapes only; released with
 * parameters_clear(). */
Status network_list_shapes(const ModelSettings *model, ParameterList *parameters);

#endif
