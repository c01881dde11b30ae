"""LaTeX: text from data, plain tables, and a PDF that compiles without a warning."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from emofusion.errors import DataError
from emofusion.files import replacing

PACKAGES = "texlive-latex-recommended texlive-fonts-recommended lmodern"
"""What Debian calls the parts of TeX Live that the report needs."""

NO_TEX = (
    f"Install TeX Live (on Debian: apt-get install {PACKAGES}) and ask for the PDF again. "
    "The HTML report and all tables and figures come without it"
)

_SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        "[": "{[}",  # after \\ and \item a bracket would open an option
        "`": r"\textasciigrave{}",
        "±": r"$\pm$",
        "×": r"$\times$",
        "†": r"$^\dagger$",
        "≤": r"$\leq$",
        "−": "$-$",
        "–": r"\textendash{}",
        **{sign: "\\" + sign for sign in "&%$#{}"},
        "_": r"\_\allowbreak{}",  # long names of files and models fit a column
    }
)
_OTHER = "†≤−–"
_COMPLAINT = re.compile(r"^!|warning|^(over|under)full|^missing character", re.I)
_OPENED = re.compile(r"\((\.\S+\.tex)$")
_HARMLESS = re.compile(r"^Package: ")  # a package whose description has the word


def escape(value: object) -> str:
    """Escape text for LaTeX; characters that it cannot print become question marks."""
    signs = " ".join(str(value).split())
    known = (s if s in _OTHER or (s <= "ÿ" and s.isprintable()) else "?" for s in signs)
    # No ligatures: what is copied from the PDF is what was meant.
    text = "".join(known).translate(_SPECIAL).replace("--", "-{}-")
    return re.sub(r"\.(?=[a-z])", r".\\allowbreak{}", text)  # keys of the configuration are long


def tabular(
    columns: str,
    head: Sequence[object],
    rows: Sequence[Sequence[object]],
    total: Sequence[object] | None = None,
) -> str:
    """A centred table of escaped cells without a number, which may break over pages.

    Args:
        columns: LaTeX's description of the columns.
        head, rows, total: cells.
    """
    # A gap after rows that may be of several lines.
    end = r" \\ \addlinespace[1pt]" if "L{" in columns else r" \\"
    lines = [" & ".join(map(escape, row)) + end for row in (head, *rows)]
    if total:
        lines += [r"\midrule", " & ".join(map(escape, total)) + r" \\"]
    return "\n".join(
        [
            r"{\small",
            rf"\begin{{longtable*}}{{@{{}}{columns}@{{}}}}",
            r"\toprule",
            lines[0],
            r"\midrule",
            r"\endhead",
            *lines[1:],
            r"\bottomrule",
            r"\end{longtable*}}",
        ]
    )


def itemize(items: Sequence[str]) -> str:
    """A list of LaTeX texts; empty without items."""
    if not items:
        return ""
    start = r"\begin{itemize}\setlength{\itemsep}{2pt}\setlength{\parskip}{0pt}"
    return "\n".join([start, *(rf"\item {item}" for item in items), r"\end{itemize}"])


def compile_pdf(source: Path, pdf: Path, log: Path) -> None:
    """Compile a document in a temporary folder; only the PDF and TeX's log stay.

    Paths in the document are relative to its own folder. The same document gives the same bytes.

    Args:
        source: the document.
        pdf, log: the files to write.

    Raises:
        DataError: there is no pdflatex, the document does not compile, or the log has a warning;
            there is no PDF then.
    """
    pdflatex = shutil.which("pdflatex")
    if pdflatex is None:
        raise DataError(f"{pdf}: LaTeX is missing, there is no pdflatex on PATH. {NO_TEX}")
    # One message per line; fixed dates, so that equal input gives equal bytes.
    environment = os.environ | {
        "max_print_line": "1000",
        "SOURCE_DATE_EPOCH": "0",
        "FORCE_SOURCE_DATE": "1",
    }
    with TemporaryDirectory() as folder:
        made = Path(folder, source.stem)
        for _ in range(3):  # references, then page numbers in them, settle
            done = subprocess.run(
                [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape",
                 f"-output-directory={folder}", source.name],
                cwd=source.parent, env=environment, stdin=subprocess.DEVNULL,
                capture_output=True, check=False,
            )  # fmt: skip
            text = made.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text(text, encoding="utf-8")
            if done.returncode or "Rerun to get" not in text:
                break
        found = complaints(text)
        if done.returncode or found:
            lines = "\n  ".join(found) or f"pdflatex ended with code {done.returncode}"
            hint = f"\n{NO_TEX}" if "not found" in text else ""
            raise DataError(f"{source}: LaTeX reported errors or warnings; see {log}\n"
                            f"  {lines}{hint}")  # fmt: skip
        with replacing(pdf) as path:
            shutil.copyfile(made.with_suffix(".pdf"), path)


def complaints(log: str) -> list[str]:
    """Lines of TeX's log that report an error, a warning, a bad box or a missing character.

    Those that arose in a file that the document reads name it.
    """
    found, file = [], ""
    for line in log.splitlines():
        if _COMPLAINT.search(line) and not _HARMLESS.search(line):
            found.append(line + (f" of {file}" if file else ""))
        if opened := _OPENED.search(line):
            file = opened[1]
        elif line.startswith(")"):
            file = ""
    return found
