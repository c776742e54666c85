"""How Sphinx builds the documentation: MyST pages, the furo theme, every warning an error."""

from __future__ import annotations

import payerpack

project = "payerpack"
author = "the payerpack contributors"
copyright = "the payerpack contributors"  # Sphinx names it so
version = release = payerpack.__version__
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_tools", "_build", "changes"]
html_theme = "furo"
html_title = f"payerpack {release}"
# A heading's link is made of its words, as GitHub does it; tables of keys and hooks link to each other by it.
myst_heading_anchors = 4
myst_enable_extensions = ["deflist", "colon_fence"]
# Quotation marks and dashes are part of what people type here.
smartquotes = False
# Command output and JSON hold what no lexer expects, such as `...`; it is shown as it is.
highlight_language = "text"
suppress_warnings = ["misc.highlighting_failure"]
