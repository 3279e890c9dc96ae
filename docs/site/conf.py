"""Sphinx's settings for the site that `./dev docs` makes (tools/site)."""
import inspect
import re

project = "SpikeGrad"
author = "SpikeGrad developers"
root_doc = "index"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
myst_heading_anchors = 4
highlight_language = "none"
html_theme = "furo"
html_title = "SpikeGrad"
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0b62c4", "color-brand-content": "#0b62c4"},
    # All that the theme has of it: Debian's build of furo lost its own.
    "dark_css_variables": {
        "color-brand-primary": "#58a6ff", "color-brand-content": "#58a6ff",
        "color-problematic": "#ff9e64",
        "color-foreground-primary": "#e6edf3",
        "color-foreground-secondary": "#9aa4ae",
        "color-foreground-muted": "#8b949e",
        "color-foreground-border": "#6e7681",
        "color-background-primary": "#0d1117",
        "color-background-secondary": "#171d25",
        "color-background-hover": "#1f2630",
        "color-background-hover--transparent": "#1f263000",
        "color-background-border": "#2b323b",
        "color-background-item": "#444c56",
        "color-highlight-on-target": "#333300",
        "color-highlighted-background": "#083563",
        "color-code-background": "#171d25"},
}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
smartquotes = False
add_module_names = False
python_use_unqualified_type_names = True

try:
    import sklearn  # noqa: F401
except ImportError:
    autodoc_mock_imports = ["sklearn"]

NAME_ = re.compile(r"(?<![`\w])(\w+_)(?![`\w])")  # no link, in a docstring
ENTRY = re.compile(r"(\w+(?:, \w+)*)(: |  +)(?=\S)")


def entries(paragraph):
    """A paragraph of "name: what", or of names and what they are in columns,
    as a list, else None."""
    first = ENTRY.match(paragraph[0])
    if not first:
        return None
    column = first.end() if first[2] != ": " else None
    lines = []
    for line in paragraph:
        if column:
            found = re.match(r"(\S.*?)() +(?=\S)", line)
            found = found if found and found.end() == column else None
        else:
            found = ENTRY.match(line)
        if found:
            lines += ["", f"* **{found[1]}**: {line[found.end():]}"]
        else:
            lines.append("  " + line.strip())
    return lines


def docstring(app, what, name, obj, options, lines):
    """The package's docstrings are plain text: what is indented is code, and
    a paragraph of "name: what" is a list."""
    paragraphs = [[]]
    for line in inspect.cleandoc("\n".join(lines)).split("\n"):
        if line.strip():
            paragraphs[-1].append(line.rstrip())
        elif paragraphs[-1]:
            paragraphs.append([])
    lines[:] = []
    inside = False
    for paragraph in filter(None, paragraphs):
        code = all(line.startswith(" ") for line in paragraph)
        if code:
            lines += ([] if inside else ["::", ""]) + paragraph
        else:
            paragraph = [NAME_.sub(r"``\1``", line).replace("**", r"\*\*")
                         for line in paragraph]
            lines += entries(paragraph) or paragraph
        inside = code
        lines.append("")


def setup(app):
    app.connect("autodoc-process-docstring", docstring)
