/* Engines at their limits: many threads with a net each, and too little memory. */
#include "../unit.h"

#include <omp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nn/net.h"

enum { CHANNELS = 8, SIDE = 6, LAYERS = 6, NUMBERS = SIDE * SIDE * CHANNELS };

static NodeId build(Net *net, NodeId *input)
{
    NodeId x = *input = net_input(net, (Shape){1, SIDE, SIDE, CHANNELS});
    for (size_t i = 0; i < LAYERS; ++i) {
        char name[16];
        snprintf(name, sizeof name, "c%zu", i);
        x = net_convolution(net, x, name,
                            &(ConvolutionSettings){.output_channels = CHANNELS,
                                                   .kernel_h = 3,
                                                   .kernel_w = 3,
                                                   .dilation = i + 1,
                                                   .pad_h = i + 1,
                                                   .pad_w = i + 1,
                                                   .bias = true});
    }
    return net_output(net, x);
}

/* ---- memory ---- */

/* Address space that this process uses. */
static size_t used_bytes(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu", &pages), 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* What planning returns in a process that may take `room` bytes more. */
static Status plan_within(size_t room)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit limit = {used_bytes() + room, used_bytes() + room};
        ParameterList parameters;
        parameters_init(&parameters);
        Net *net = NULL;
        NodeId input;
        Status status = setrlimit(RLIMIT_AS, &limit) == 0 ? STATUS_OK : STATUS_IO;
        if (status == STATUS_OK)
            status = net_new(&parameters, engine_onednn(), true, &net);
        if (status == STATUS_OK) {
            build(net, &input);
            status = net_plan(net);
        }
        net_free(net);
        parameters_clear(&parameters);
        _exit((int)status);
    }
    int end = 0;
    assert_int_equal(waitpid(child, &end, 0), child);
    if (!WIFEXITED(end))
        fail_msg("%zu KiB of room: signal %d", room >> 10, WTERMSIG(end));
    return (Status)WEXITSTATUS(end);
}

/* Runs before anything starts threads, which a fork would lose. */
static void planning_without_memory_fails_and_does_not_crash(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* the sanitizer's own memory hits the limit first */
#endif
    if (!engine_onednn())
        skip();
    size_t refused = 0;
    for (size_t room = 1 << 20; room < (size_t)96 << 20; room += 5 << 20) {
        Status status = plan_within(room);
        assert_true(status == STATUS_NO_MEMORY || status == STATUS_OK);
        refused += status == STATUS_NO_MEMORY;
    }
    assert_true(refused > 5);
    assert_int_equal(plan_within((size_t)1 << 30), STATUS_OK);
}

/* ---- threads ---- */

typedef struct {
    const Engine *engine;
    float result[NUMBERS];
    Status status;
} Worker;

static Status run_net(Worker *worker, Net *net, ParameterList *parameters)
{
    NodeId input, output = build(net, &input);
    TRY(net_plan(net));
    TRY(parameters_add_gradients(parameters));
    parameters_randomise(parameters, 1);
    for (size_t i = 0; i < NUMBERS; ++i)
        net_value(net, input)[i] = (float)(i % 17) - 8;
    for (size_t pass = 0; pass < 20; ++pass) {
        TRY(net_forward(net));
        memset(net_gradient(net, output), 0, NUMBERS * sizeof(float));
        TRY(net_backward(net, NULL));
    }
    memcpy(worker->result, net_value(net, output), sizeof worker->result);
    return STATUS_OK;
}

static void *work(void *context)
{
    Worker *worker = context;
    ParameterList parameters;
    Net *net;
    omp_set_num_threads(1);
    parameters_init(&parameters);
    worker->status = net_new(&parameters, worker->engine, true, &net);
    if (worker->status == STATUS_OK)
        worker->status = run_net(worker, net, &parameters);
    net_free(net);
    parameters_clear(&parameters);
    return NULL;
}

/* Planning and running at once, the first use of the engine included. */
static void nets_in_different_threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    const Engine *engines[2] = {engine_onednn(), engine_blas()};
    for (size_t e = 0; e < 2; ++e) {
        static Worker workers[THREADS];
        pthread_t threads[THREADS];
        if (!engines[e])
            continue;
        for (size_t i = 0; i < THREADS; ++i) {
            workers[i] = (Worker){.engine = engines[e]};
            assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
        }
        for (size_t i = 0; i < THREADS; ++i) {
            pthread_join(threads[i], NULL);
            assert_int_equal(workers[i].status, STATUS_OK);
            assert_true(workers[i].result[0] != 0);
            assert_memory_equal(workers[i].result, workers[0].result, sizeof workers[0].result);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planning_without_memory_fails_and_does_not_crash),
        cmocka_unit_test(nets_in_different_threads_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
