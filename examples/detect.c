/* The shortest useful program: prints what a trained network sees on an image.
 *
 *     cc detect.c $(pkg-config --cflags --libs gisd) -o detect
 *     ./detect checkpoint.h5 image.jpg
 */
#include <gisd/gisd.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: detect CHECKPOINT.h5 IMAGE\n");
        return 1;
    }
    GisdDetector *detector;
    GisdResult *result;
    if (gisd_detector_open(argv[1], &detector)) {
        fprintf(stderr, "detect: %s\n", gisd_error());
        return 1;
    }
    if (gisd_detect_file(detector, argv[2], &result)) {
        fprintf(stderr, "detect: %s\n", gisd_error());
        gisd_detector_close(detector);
        return 1;
    }
    printf("%s: %s, lesion score %.4f\n", argv[2],
           gisd_class_name(detector, result->predicted_class), result->lesion_score);
    for (size_t i = 0; i < result->box_count && i < 5; ++i) {
        const GisdBox *box = &result->boxes[i];
        printf("  %s %.4f at %.1f %.1f %.1f %.1f\n", gisd_class_name(detector, box->class_index),
               box->score, box->x0, box->y0, box->x1, box->y1);
    }
    gisd_result_free(result);
    gisd_detector_close(detector);
    return 0;
}
