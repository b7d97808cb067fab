/* Reading XML; see xml_document.h. */
#include "data/import/xml_document.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libxml/parser.h>

#include "base/memory.h"
#include "store/files.h"

static const long long bytes_most = 1LL << 30;

/* Called when a document type begins: none is needed, and none is let in. */
static void refuse_type(void *context, const xmlChar *name, const xmlChar *external,
                        const xmlChar *system)
{
    xmlParserCtxt *parser = context;
    (void)name;
    (void)external;
    (void)system;
    *(bool *)parser->_private = true;
    xmlStopParser(parser);
}

static Status parse(const char *path, const char *text, size_t bytes, xmlDoc **document)
{
    bool typed = false;
    xmlParserCtxt *parser = xmlNewParserCtxt();
    if (!parser)
        FAIL(STATUS_NO_MEMORY, "%s: out of memory", path);
    parser->_private = &typed;
    parser->sax->internalSubset = refuse_type;
    *document = xmlCtxtReadMemory(parser, text, (int)bytes, path, NULL,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    Status status = STATUS_OK;
    if (typed || (*document && (*document)->intSubset)) {
        status = status_set(STATUS_FORMAT, "%s: XML with a document type, expected none", path);
    } else if (!*document) {
        const xmlError *error = xmlCtxtGetLastError(parser);
        const char *reason = error && error->message ? error->message : "damaged";
        status = status_set(STATUS_FORMAT, "%s:%d: %.*s, expected XML", path,
                            error ? error->line : 1, (int)strcspn(reason, "\n"), reason);
    }
    if (status != STATUS_OK) {
        xmlFreeDoc(*document);
        *document = NULL;
    }
    xmlFreeParserCtxt(parser);
    return status;
}

Status xml_read(const char *path, xmlDoc **document)
{
    struct stat about;
    char *text;
    size_t bytes;
    *document = NULL;
    if (stat(path, &about) == 0 && about.st_size > bytes_most)
        FAIL(STATUS_FORMAT, "%s: %lld bytes, expected at most 1 GiB of XML", path,
             (long long)about.st_size);
    TRY(files_read(path, &text, &bytes));
    Status status = bytes <= INT_MAX ? parse(path, text, bytes, document)
                                     : status_set(STATUS_FORMAT, "%s: too large", path);
    free(text);
    return status;
}

bool xml_is(const xmlNode *element, const char *name)
{
    return element->type == XML_ELEMENT_NODE && strcmp((const char *)element->name, name) == 0;
}

static xmlNode *find(xmlNode *node, const char *name)
{
    for (; node; node = node->next)
        if (node->type == XML_ELEMENT_NODE && (!name || xml_is(node, name)))
            return node;
    return NULL;
}

xmlNode *xml_child(const xmlNode *parent, const char *name)
{
    return parent ? find(parent->children, name) : NULL;
}

xmlNode *xml_next(const xmlNode *element, const char *name)
{
    return find(element->next, name);
}

bool xml_text(const xmlNode *element, size_t bytes, char *text)
{
    if (!element)
        return false;
    size_t used = 0;
    for (const xmlNode *node = element->children; node; node = node->next) {
        if (node->type == XML_COMMENT_NODE)
            continue;
        if (node->type != XML_TEXT_NODE && node->type != XML_CDATA_SECTION_NODE)
            return false;
        size_t length = strlen((const char *)node->content);
        if (used + length >= bytes)
            return false;
        memcpy(text + used, node->content, length);
        used += length;
    }
    text[used] = '\0';
    size_t start = strspn(text, " \t\r\n");
    while (used > start && strchr(" \t\r\n", text[used - 1]))
        text[--used] = '\0';
    memmove(text, text + start, used - start + 1);
    return true;
}

static bool to_number(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    end += strspn(end, " \t\r\n");
    return end != text && *end == '\0' && isfinite(*value);
}

bool xml_child_number(const xmlNode *parent, const char *name, double *value)
{
    char text[64];
    return xml_text(xml_child(parent, name), sizeof text, text) && to_number(text, value);
}

bool xml_attribute_number(const xmlNode *element, const char *name, double *value)
{
    xmlChar *text = xmlGetNoNsProp(element, (const xmlChar *)name);
    bool is_number = text && to_number((const char *)text, value);
    xmlFree(text);
    return is_number;
}

Status xml_attribute(const xmlNode *element, const char *name, char **text)
{
    *text = NULL;
    xmlChar *value = xmlGetNoNsProp(element, (const xmlChar *)name);
    if (!value)
        return STATUS_OK;
    Status status = memory_copy_text((const char *)value, text);
    xmlFree(value);
    return status;
}
