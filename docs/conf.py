"""Settings of the documentation: Sphinx, MyST for Markdown, Furo for looks."""

project = "CASB connector for Confluence Cloud"
author = "The CASB connector's contributors"
copyright = author

extensions = ["myst_parser"]
exclude_patterns = ["_build", "changelog.d"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = project
html_show_sphinx = False
