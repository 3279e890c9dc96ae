/* Reading the nodes of a graph and putting them in order. */
#include "nir/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Layers of a network are fewer, and a node is at most a layer. */
enum { NODES_MAX = 4096, NAME_MAX_BYTES = 255, WHERE = 96 };

static const struct {
    const char *name;
    unsigned needed, optional;
} kinds[SG__NIR_KINDS] = {
#define BIT(number) (1U << SG__NIR_P_##number)
#define KIND(name, number, needed, optional) {name, needed, optional},
#include "nir/kinds.def"
#undef KIND
#undef BIT
};

static const char *const parameters[SG__NIR_PARAMETER_COUNT] = {
#define SG__NIR_NAME(number, name) name,
    SG__NIR_PARAMETERS(SG__NIR_NAME)
#undef SG__NIR_NAME
};

const char *sg__nir_kind_name(sg__nir_kind kind)
{
    return kinds[kind].name;
}

void sg__nir_graph_free(sg__nir_graph *graph)
{
    for (size_t i = 0; graph->node && i < graph->count; i++) {
        free(graph->node[i].name);
        for (int p = 0; p < SG__NIR_PARAMETER_COUNT; p++)
            sg__nir_array_free(&graph->node[i].value[p]);
    }
    free(graph->node);
    *graph = (sg__nir_graph){0};
}

/* One text of a dataset, to be freed. */
static sg_status read_text(const sg__nir_file *file, hid_t place,
                           const char *name, const char *where, char **out,
                           sg_error *error)
{
    sg__nir_texts texts;
    sg_status status =
        sg__nir_read_texts(file, place, name, where, &texts, error);
    *out = NULL;
    if (status != SG_OK)
        return status;
    if (texts.count == 1) {
        *out = texts.text[0];
        texts.text[0] = NULL;
    }
    sg__nir_texts_free(&texts);
    if (*out)
        return SG_OK;
    sg__nir_fail(error, SG_E_FORMAT, "%s: %s: '%.60s' is not one text",
                 file->path, where, name);
    return SG_E_FORMAT;
}

static sg_status unsupported(const sg__nir_file *file, const char *where,
                             const char *type, sg_error *error)
{
    char list[160] = "";
    for (int k = 0; k < SG__NIR_KINDS; k++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", k ? ", " : "",
                 kinds[k].name);
    }
    return sg__nir_fail(error, SG_E_UNSUPPORTED,
                        "%s: %s is a %.40s; known are %s", file->path, where,
                        type, list);
}

static bool is_text(hid_t place, const char *name)
{
    bool text = false;
    hid_t set = H5Dopen2(place, name, H5P_DEFAULT);
    hid_t type = set < 0 ? H5I_INVALID_HID : H5Dget_type(set);
    if (type >= 0) {
        text = H5Tget_class(type) == H5T_STRING;
        H5Tclose(type);
    }
    if (set >= 0)
        H5Dclose(set);
    return text;
}

static sg_status read_padding_word(const sg__nir_file *file, hid_t place,
                                   const char *where, sg__nir_node *node,
                                   sg_error *error)
{
    char *word = NULL;
    sg_status status = read_text(file, place, "padding", where, &word, error);
    if (status != SG_OK)
        return status;
    if (strcmp(word, "valid") == 0)
        node->padding = SG__NIR_PAD_VALID;
    else if (strcmp(word, "same") == 0)
        node->padding = SG__NIR_PAD_SAME;
    else
        status = sg__nir_fail(error, SG_E_FORMAT,
                              "%s: %s: padding '%.40s', expected numbers, "
                              "valid or same",
                              file->path, where, word);
    free(word);
    return status;
}

static sg_status read_parameters(const sg__nir_file *file, hid_t place,
                                 const char *where, sg__nir_node *node,
                                 sg_error *error)
{
    sg_status status = SG_OK;
    unsigned needed = kinds[node->kind].needed;
    unsigned known = needed | kinds[node->kind].optional;
    for (int p = 0; p < SG__NIR_PARAMETER_COUNT && status == SG_OK; p++) {
        if (!(known >> p & 1U))
            continue;
        if (!(needed >> p & 1U) && !sg__nir_has(place, parameters[p]))
            continue;
        if (p == SG__NIR_P_PADDING && sg__nir_has(place, "padding") &&
            is_text(place, "padding"))
            status = read_padding_word(file, place, where, node, error);
        else
            status = sg__nir_read_array(file, place, parameters[p], where,
                                        &node->value[p], error);
    }
    return status;
}

static sg_status read_node(const sg__nir_file *file, hid_t nodes,
                           sg__nir_node *node, sg_error *error)
{
    char where[WHERE];
    char *type = NULL;
    hid_t place = H5I_INVALID_HID;
    snprintf(where, sizeof where, "node '%.80s'", node->name);
    sg_status status =
        sg__nir_group(file, nodes, node->name, where, &place, error);
    if (status == SG_OK)
        status = read_text(file, place, "type", where, &type, error);
    if (status == SG_OK) {
        int kind = 0;
        while (kind < SG__NIR_KINDS && strcmp(kinds[kind].name, type) != 0)
            kind++;
        node->kind = (sg__nir_kind)kind;
        status = kind == SG__NIR_KINDS
                     ? unsupported(file, where, type, error)
                     : read_parameters(file, place, where, node, error);
    }
    if (place >= 0)
        H5Gclose(place);
    free(type);
    return status;
}

static sg_status read_nodes(const sg__nir_file *file, hid_t nodes,
                            sg__nir_graph *graph, sg_error *error)
{
    H5G_info_t info;
    if (H5Gget_info(nodes, &info) < 0 || info.nlinks < 2 ||
        info.nlinks > NODES_MAX)
        return sg__nir_fail(error, SG_E_FORMAT,
                            "%s: /node/nodes does not hold 2 to %d nodes",
                            file->path, NODES_MAX);
    graph->count = (size_t)info.nlinks;
    graph->node = calloc(graph->count, sizeof *graph->node);
    if (!graph->node)
        return sg__nir_fail(error, SG_E_MEMORY, "%s: out of memory",
                            file->path);
    sg_status status = SG_OK;
    for (size_t i = 0; i < graph->count && status == SG_OK; i++) {
        char name[NAME_MAX_BYTES + 1];
        ssize_t size =
            H5Lget_name_by_idx(nodes, ".", H5_INDEX_NAME, H5_ITER_INC,
                               (hsize_t)i, name, sizeof name, H5P_DEFAULT);
        if (size <= 0 || size > NAME_MAX_BYTES)
            return sg__nir_fail(error, SG_E_FORMAT,
                                "%s: node %zu has no name of 1 to %d bytes",
                                file->path, i, NAME_MAX_BYTES);
        graph->node[i].name = strdup(name);
        if (!graph->node[i].name) {
            sg__nir_fail(error, SG_E_MEMORY, "%s: out of memory", file->path);
            return SG_E_MEMORY;
        }
        status = read_node(file, nodes, &graph->node[i], error);
    }
    return status;
}

static size_t find_node(const sg__nir_graph *graph, const char *name)
{
    size_t i = 0;
    while (i < graph->count &&
           (!graph->node[i].name || strcmp(graph->node[i].name, name) != 0))
        i++;
    return i;
}

/* next[i]: the node that hears node i, count if there is none. */
static sg_status read_edges(const sg__nir_file *file,
                            const sg__nir_texts *edges, sg__nir_graph *graph,
                            size_t *next, size_t *before, sg_error *error)
{
    for (size_t i = 0; i < graph->count; i++)
        next[i] = before[i] = graph->count;
    for (size_t e = 0; e + 1 < edges->count; e += 2) {
        const char *from = edges->text[e], *to = edges->text[e + 1];
        size_t a = find_node(graph, from), b = find_node(graph, to);
        if (a == graph->count || b == graph->count)
            return sg__nir_fail(error, SG_E_FORMAT,
                                "%s: an edge from '%.60s' to '%.60s', and no "
                                "such node",
                                file->path, from, to);
        if (next[a] == b)
            continue;
        if (next[a] != graph->count || before[b] != graph->count)
            return sg__nir_fail(
                error, SG_E_UNSUPPORTED,
                "%s: node '%.60s' %s more than one other: only chains are "
                "taken over",
                file->path, next[a] != graph->count ? from : to,
                next[a] != graph->count ? "leads to" : "hears");
        next[a] = b;
        before[b] = a;
    }
    return SG_OK;
}

/* Puts the nodes in the order of the chain. */
static sg_status order(const sg__nir_file *file, sg__nir_graph *graph,
                       const size_t *next, const size_t *before,
                       sg_error *error)
{
    size_t first = 0;
    while (first < graph->count && graph->node[first].kind != SG__NIR_INPUT)
        first++;
    if (first == graph->count)
        return sg__nir_fail(error, SG_E_FORMAT, "%s: no node is an Input",
                            file->path);
    if (before[first] != graph->count)
        return sg__nir_fail(error, SG_E_UNSUPPORTED,
                            "%s: node '%.60s' is an Input that hears another "
                            "node",
                            file->path, graph->node[first].name);
    sg__nir_node *chain = calloc(graph->count, sizeof *chain);
    bool *taken = calloc(graph->count, sizeof *taken);
    size_t count = 0;
    for (size_t i = first; chain && taken && i < graph->count; i = next[i]) {
        chain[count++] = graph->node[i];
        taken[i] = true;
    }
    sg_status status = SG_OK;
    if (!chain || !taken)
        status =
            sg__nir_fail(error, SG_E_MEMORY, "%s: out of memory", file->path);
    for (size_t i = 0; i < graph->count && status == SG_OK; i++)
        if (!taken[i])
            status = sg__nir_fail(error, SG_E_UNSUPPORTED,
                                  "%s: node '%.60s' is not on the way from "
                                  "'%.60s'",
                                  file->path, graph->node[i].name,
                                  graph->node[first].name);
    if (status == SG_OK && chain[count - 1].kind != SG__NIR_OUTPUT)
        status = sg__nir_fail(error, SG_E_FORMAT,
                              "%s: node '%.60s' is the last one, and not an "
                              "Output",
                              file->path, chain[count - 1].name);
    if (status == SG_OK)
        memcpy(graph->node, chain, count * sizeof *chain);
    free(chain);
    free(taken);
    return status;
}

static sg_status read_order(const sg__nir_file *file, hid_t top,
                            sg__nir_graph *graph, sg_error *error)
{
    sg__nir_texts edges;
    sg_status status =
        sg__nir_read_texts(file, top, "edges", "/node", &edges, error);
    if (status != SG_OK)
        return status;
    size_t *next = calloc(graph->count, sizeof *next);
    size_t *before = calloc(graph->count, sizeof *before);
    if (edges.rank != 2 || edges.shape[1] != 2)
        status =
            sg__nir_fail(error, SG_E_FORMAT,
                         "%s: /node/edges are not pairs of names", file->path);
    else if (!next || !before)
        status =
            sg__nir_fail(error, SG_E_MEMORY, "%s: out of memory", file->path);
    else
        status = read_edges(file, &edges, graph, next, before, error);
    if (status == SG_OK)
        status = order(file, graph, next, before, error);
    free(next);
    free(before);
    sg__nir_texts_free(&edges);
    return status;
}

sg_status sg__nir_graph_read(const sg__nir_file *file, sg__nir_graph *out,
                             sg_error *error)
{
    hid_t top = H5I_INVALID_HID, nodes = H5I_INVALID_HID;
    char *type = NULL;
    *out = (sg__nir_graph){0};
    sg_status status =
        sg__nir_group(file, file->id, "node", "the file", &top, error);
    if (status == SG_OK)
        status = read_text(file, top, "type", "/node", &type, error);
    if (status == SG_OK && strcmp(type, "NIRGraph") != 0)
        status = sg__nir_fail(error, SG_E_FORMAT,
                              "%s: /node is a %.40s, expected a NIRGraph",
                              file->path, type);
    if (status == SG_OK)
        status = sg__nir_group(file, top, "nodes", "/node", &nodes, error);
    if (status == SG_OK)
        status = read_nodes(file, nodes, out, error);
    if (status == SG_OK)
        status = read_order(file, top, out, error);
    if (nodes >= 0)
        H5Gclose(nodes);
    if (top >= 0)
        H5Gclose(top);
    free(type);
    if (status != SG_OK)
        sg__nir_graph_free(out);
    return status;
}
