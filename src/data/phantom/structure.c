/* Lesions that only their structure tells: relief, borders and patterns of light and dark whose
 * mean is that of the wall (lesion_lay() sees to it), so that no colour gives a class away.
 *
 *   uplift      a lobed knob: one side lit, one in shadow
 *   flat        a ragged border; inside folds fade and irregular vessels run
 *   depression  a sunken, uneven floor with a ragged edge; folds run up to it
 *   ulcer       a smooth, paler floor in a round, swollen, darker wall
 *   gastritis   a cobblestone of like nodules, in no lattice, without a border
 */
#include "data/phantom/scene.h"

#include <math.h>

static float step(float from, float to, float x)
{
    float t = (x - from) / (to - from);
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return t * t * (3 - 2 * t);
}

/* Makes the wall paler (above 0) or redder by that share. */
static void shade(Scene *scene, size_t i, float share)
{
    scene->red[i] *= 1 + 0.45f * share;
    scene->green[i] *= 1 + share;
    scene->blue[i] *= 1 + 0.95f * share;
}

/* Folds that run to the edge, clubbed at their ends. */
static float converging(const LesionPoint *at, int folds, float bend)
{
    float wave = 0.5f + 0.5f * cosf((float)folds * at->angle + bend * at->coarse);
    return wave * wave * step(0.90f, 1.10f, at->rho) * step(1.8f, 1.2f, at->rho);
}

static void lay_uplift(Scene *scene, size_t i, const LesionShape *shape, const LesionPoint *at)
{
    float inside = step(1.04f, 0.95f, at->rho);
    float dome = at->rho < 1 ? sqrtf(1 - at->rho * at->rho) : 0;
    scene->relief[i] *= 1 - 0.8f * inside;
    scene->relief[i] += 0.45f * shape->strength * at->size * dome * (1 + 0.25f * at->coarse);
    shade(scene, i, inside * 0.14f * at->coarse);
    shade(scene, i, -0.25f * step(1.25f, 1.0f, at->rho) * (1 - inside));
}

static void lay_flat(Scene *scene, size_t i, const LesionShape *shape, const LesionPoint *at)
{
    float inside = step(1.02f, 0.95f, at->rho);
    float vessel = step(0.26f, 0.0f, fabsf(at->coarse + 0.35f * at->fine));
    scene->relief[i] *= 1 - 0.8f * step(1.10f, 0.60f, at->rho); /* no cliff at a fold */
    scene->relief[i] += inside * 0.5f * at->fine;
    shade(scene, i, inside * shape->strength * (0.16f - 0.42f * vessel * (1 + at->fine)));
}

static void lay_depression(Scene *scene, size_t i, const LesionShape *shape, const LesionPoint *at)
{
    float inside = step(1.03f, 0.92f, at->rho), floor = step(1.02f, 0.70f, at->rho);
    scene->relief[i] *= 1 - 0.7f * inside;
    scene->relief[i] +=
        0.16f * at->size * converging(at, 5 + (int)(shape->seed % 4), 0.8f) +
        floor * (-0.26f * shape->strength * at->size + 0.06f * at->size * at->coarse);
    shade(scene, i, inside * 0.42f * at->coarse);
}

static void lay_ulcer(Scene *scene, size_t i, const LesionShape *shape, const LesionPoint *at)
{
    float floor = step(0.70f, 0.58f, at->rho), wall = step(1.06f, 0.92f, at->rho) * (1 - floor);
    float swelling = at->rho < 1.4f ? expf(-18 * (at->rho - 0.85f) * (at->rho - 0.85f)) : 0;
    scene->relief[i] *= 1 - 0.8f * step(1.05f, 0.8f, at->rho);
    scene->relief[i] += 0.20f * at->size * shape->strength * swelling -
                        0.16f * at->size * step(0.75f, 0.35f, at->rho);
    shade(scene, i, shape->strength * (0.34f * floor - 0.26f * wall));
}

static void lay_gastritis(Scene *scene, size_t i, const LesionShape *shape, const LesionPoint *at)
{
    const float pace = 9.5f; /* radians: three nodules across */
    float inside = step(1.12f, 0.80f, at->rho);
    float p = pace * at->p + 2.6f * at->coarse + 1.4f * at->fine;
    float q = pace * at->q - 2.2f * at->coarse + 2.0f * at->fine;
    float nodule = (cosf(p) + cosf(0.5f * p + 0.87f * q) + cosf(0.5f * p - 0.87f * q)) / 2;
    scene->relief[i] *= 1 - 0.5f * inside;
    scene->relief[i] += inside * 0.06f * at->size * nodule;
    shade(scene, i, inside * 0.22f * shape->strength * nodule);
}

void structure_lay(Scene *scene, size_t i, const LesionShape *shape, const LesionPoint *at)
{
    switch (shape->kind) {
    case LESION_CANCER_UPLIFT:
        lay_uplift(scene, i, shape, at);
        break;
    case LESION_CANCER_FLAT:
        lay_flat(scene, i, shape, at);
        break;
    case LESION_CANCER_DEPRESSION:
        lay_depression(scene, i, shape, at);
        break;
    case LESION_ULCER:
        lay_ulcer(scene, i, shape, at);
        break;
    case LESION_GASTRITIS:
        lay_gastritis(scene, i, shape, at);
        break;
    case LESION_NONE:
        break;
    }
}
