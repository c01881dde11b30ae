from emofusion.reporting.layout import FITTED, Cell, Group, Table, page, renderings, tex, text

TABLE = Table(
    title="Table 9",
    caption="Means ± deviations, 5 % of a_b.",
    heads=["Model", "Cross", "Self"],
    rows=[["T+V", Cell(".1 ± .2", mark="†"), Cell(".3", bold=True, mark="*")], ["A", "-", "-"]],
    notes=["P < .05"],
    groups=[Group("Weighted Accuracy", "WA", 2)],
    breaks=[1],
)


def test_latex_has_escaped_text_bold_cells_spans_and_rules():
    assert tex(TABLE).splitlines() == [
        r"\begin{table}",
        r"\centering",
        r"\caption{Means $\pm$ deviations, 5 \% of a\_\allowbreak{}b.}",
        r"\small",
        FITTED,
        r"\begin{tabular}{lcc}",
        r"\toprule",
        r" & \multicolumn{2}{c}{Weighted Accuracy} \\",
        r"\cmidrule(lr){2-3}",
        r"Model & Cross & Self \\",
        r"\midrule",
        r"T+V & .1 $\pm$ .2$^\dagger$ & \textbf{.3}* \\",
        r"\midrule",
        r"A & - & - \\",
        r"\bottomrule",
        r"\end{tabular}}",
        r"\par\smallskip",
        r"\parbox{\linewidth}{\footnotesize P \textless{} .05}",
        r"\end{table}",
    ]


def test_a_table_of_many_columns_spans_two_columns_of_text():
    wide = Table("T", "c", ["name", *"abcdefgh"], [["x", *"12345678"]])
    assert tex(wide).splitlines()[0] == r"\begin{table*}"


def test_a_group_without_a_name_has_no_rule():
    table = Table("T", "c", ["n", "a", "b"], [["x", "1", "2"]], groups=[Group("", "", 1)] * 2)
    assert "cmidrule" not in tex(table)


def test_the_terminal_shows_one_line_of_heads_and_aligned_cells():
    lines = text(TABLE).splitlines()
    assert lines[0] == "Table 9. Means ± deviations, 5 % of a_b."
    assert lines[2] == "Model  WA Cross    WA Self"
    assert lines[4] == "T+V     .1 ± .2 †  _.3_*"
    assert lines[7:] == ["_best_: bold in print.", "P < .05"]


def test_html_escapes_and_marks_the_best():
    shown = page(TABLE)
    assert "<td><b>.3</b>*</td>" in shown
    assert "P &lt; .05" in shown
    assert "<th>WA Self</th>" in shown


def test_all_renderings_go_by_their_kind():
    assert list(renderings(TABLE)) == ["tex", "txt", "html"]
