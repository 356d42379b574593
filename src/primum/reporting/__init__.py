"""Shows what a run found: terminal tables, JSON, CSV and one self-contained HTML file.

    render_terminal(summary, Console(), "en")          # primum.reporting.terminal
    to_json(summary), to_csv(summary)                  # primum.reporting.machine
    render_html(summary, "ja")                         # primum.reporting.html

and the same for two runs: ``render_comparison_terminal``, ``comparison_to_json``,
``comparison_to_csv``, ``render_comparison_html``. It takes finished values of ``core.summary`` and
computes no statistic; every text is in ``data/en.toml`` and ``data/ja.toml``.
"""
