/* The script and style of the error browser, as they stand in the page. */
#ifndef GISD_REPORT_ERRORS_ERROR_SCRIPT_H
#define GISD_REPORT_ERRORS_ERROR_SCRIPT_H

/* Style: annotated boxes are drawn whole, found ones dashed, so that colour is not needed. */
extern const char error_script_style[];

/* Takes the data that stands before it, shows a number of cases at a time and makes an image's
 * element only when it is shown. Every text from the data is set as text. */
extern const char error_script[];

#endif
