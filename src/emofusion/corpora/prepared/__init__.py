"""The baselines' prepared feature folds, which the paper used; read by `rules/prepared.smk`."""

from pathlib import Path

from emofusion.corpora.prepared.folds import fold_folders

CORPORA = {
    "prepared": {
        "title": "IEMOCAP in the baselines' prepared feature folds",
        "folder": "seven_category_120",
        "labels": "ang dis exc fea fru hap neu oth sad sur xxx",
        "sessions": 5,
        "speakers": 10,
        "printed": True,
    }
}


def find(root: Path) -> Path:
    """The folder itself, if it holds prepared folds.

    Raises:
        DataError: it does not.
    """
    fold_folders(root)
    return root
