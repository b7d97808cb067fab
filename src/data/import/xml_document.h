/* XML that others wrote: read whole, without network, document types or entities of its own. */
#ifndef GISD_DATA_IMPORT_XML_DOCUMENT_H
#define GISD_DATA_IMPORT_XML_DOCUMENT_H

#include <stdbool.h>

#include <libxml/tree.h>

#include "base/status.h"

/* Parses a file of at most 1 GiB whose elements nest at most 256 deep; released with xmlFreeDoc().
 * STATUS_FORMAT: not XML, with the line, or XML with a document type (which may hold entities that
 * grow without end or read other files). */
Status xml_read(const char *path, xmlDoc **document);

/* The first and the next child element of that name (NULL: of any); NULL if there is none. */
xmlNode *xml_child(const xmlNode *parent, const char *name);
xmlNode *xml_next(const xmlNode *element, const char *name);

bool xml_is(const xmlNode *element, const char *name);

/* The text of an element that holds nothing else, without the blanks around it, in a buffer of
 * `bytes`; false if the element is NULL, or its text does not fit. */
bool xml_text(const xmlNode *element, size_t bytes, char *text);

/* The finite number that a child element, or an attribute, holds; false if it does not. */
bool xml_child_number(const xmlNode *parent, const char *name, double *value);
bool xml_attribute_number(const xmlNode *element, const char *name, double *value);

/* An attribute's text in *text, released with free(); NULL if there is none. */
Status xml_attribute(const xmlNode *element, const char *name, char **text);

#endif
