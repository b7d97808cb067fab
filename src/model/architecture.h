/* Architectures: what the rest of the program knows of a network.
 *
 * Each is one constant struct in its own file of model/, and one row of the table in
 * architecture.c. Everything else finds a network's properties here and never asks for its name:
 * which task it serves, what pictures it wants, which settings it has, how its graph is built,
 * what local fine-tuning freezes, which parameters follow the number of classes or the size.
 */
#ifndef GISD_MODEL_ARCHITECTURE_H
#define GISD_MODEL_ARCHITECTURE_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/setting.h"
#include "image/denoise_choice.h"
#include "image/input_form.h"
#include "nn/net.h"

enum {
    ARCHITECTURE_NAME_BYTES = 32,
    ARCHITECTURE_SETTINGS_BYTES = 192,
    NETWORK_OUTPUTS_MOST = 8,
};

/* One network, settled but for its batch. Plain memory: copied between ranks as it is. */
typedef struct {
    int architecture;      /* position in the table of architectures */
    size_t size;           /* side of the square input, pixels */
    size_t classes;        /* lesion classes of the data; normal is none of them */
    bool without_masks;    /* the data have no masks of lesions to learn from */
    bool test_flips;       /* its answers are averaged over the image and its mirror image */
    DenoiseChoice denoise; /* what frames go through before they are resized */
    bool self_supervised;  /* its features alone, under the head that compares views
                              (embedding_head.h), in place of all of it */
    alignas(max_align_t) unsigned char own[ARCHITECTURE_SETTINGS_BYTES]; /* the architecture's */
} ModelSettings;

/* In place of an output that the network does not have. */
#define NETWORK_NO_OUTPUT ((NodeId)-1)

/* Nodes of a graph that the outside reads and fills. */
typedef struct {
    NodeId image;                         /* batch x S x S x 3, in the architecture's input form */
    NodeId outputs[NETWORK_OUTPUTS_MOST]; /* in the order in which the task names them */
} NetworkNodes;

/* A number of the architecture's settings that a checkpoint carries as an attribute of /model,
 * beside those that all have: a whole number from 1 up, or a flag. */
typedef struct {
    const char *name;
    size_t offset;    /* of the size_t, or of a flag's bool, in the architecture's settings */
    size_t otherwise; /* for files that leave it out; 0: they may not, unless it is a flag */
    bool flag;        /* 0 or 1, and only written where it is not `otherwise` */
} ModelAttribute;

typedef struct {
    const char *name; /* in experiment files and checkpoints */
    const char *task; /* see task/task.h */
    InputForm input;
    size_t default_size;
    size_t row_count, attribute_count;
    const SettingRow *rows; /* of the architecture's own settings, which lie in ModelSettings.own */
    const ModelAttribute *attributes;

    /* Whether the network exists so. STATUS_ARGUMENT: "KEY: VALUE (expected ...)". */
    Status (*check)(const ModelSettings *settings);

    /* Builds the graph for `batch` images; outputs are marked, and those that the network lacks are
     * NETWORK_NO_OUTPUT: without masks to learn from, a network has no output for them. Errors of
     * the graph itself come from net_plan(). */
    Status (*build)(Net *net, const ModelSettings *settings, size_t batch, NetworkNodes *nodes);

    /* Builds the part of it that can learn without labels, from the image to one vector of
     * features: batch x 1 x 1 x any. NULL: it has no such part. */
    Status (*features)(Net *net, const ModelSettings *settings, size_t batch, NodeId *image,
                       NodeId *features);

    /* Whether it has the output of an auxiliary head, for training; NULL: it never has. */
    bool (*has_auxiliary)(const ModelSettings *settings);
    /* Whether it has an output of masks; NULL: if its task has. */
    bool (*gives_masks)(const ModelSettings *settings);

    /* Channels where the network is narrowest: narrow ones run slower, by the multiply-add. */
    size_t (*narrowest)(const ModelSettings *settings);

    /* The learning rate of a training that is not told one; NULL: that of training's settings. */
    double (*learning_rate)(const ModelSettings *settings);

    /* Does local fine-tuning leave this parameter as it is? */
    bool (*is_frozen_by_local)(const char *parameter);

    /* Is it the scale of the norm before the last convolution of a residual branch, and so the
     * branch's own? NULL: the network has no such branches. */
    bool (*scales_a_branch)(const char *parameter);

    /* Does its shape follow the number of classes, so that it cannot come from other data? */
    bool (*depends_on_classes)(const char *parameter);

    /* Is it one of which others are there at another size of the input, or others of its shape?
     * NULL: the parameters are the same at every size. */
    bool (*depends_on_size)(const char *parameter);
} Architecture;

size_t architecture_count(void);
const Architecture *architecture_at(size_t position);

/* architecture_count() if there is none of that name. */
size_t architecture_find(const char *name);

static inline const Architecture *architecture_of(const ModelSettings *settings)
{
    return architecture_at((size_t)settings->architecture);
}

/* The architecture's defaults; `classes` is still 0. */
ModelSettings architecture_defaults(size_t position);

/* What a person calls this variant: the settings marked so ("r50x1"), or the architecture's name.
 */
void architecture_title(const ModelSettings *settings, char title[ARCHITECTURE_NAME_BYTES]);

/* Whether two are the same network. */
bool architecture_same(const ModelSettings *a, const ModelSettings *b);

/* Builds the graph that the settings ask for: all of the network, or its features under the head
 * that compares views, where `batch` counts views. */
Status architecture_build(Net *net, const ModelSettings *settings, size_t batch,
                          NetworkNodes *nodes);

/* Sets which parameters train. To be called before net_plan(). */
void architecture_tune(const Architecture *architecture, ParameterList *parameters, bool local);

#endif
