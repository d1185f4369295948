"""Reports on estimators, as one HTML page.

`scratchmlp.report` makes a page. It needs matplotlib and Jinja2, which are imported when it runs.
"""
