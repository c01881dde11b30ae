import numpy as np

from emofusion.reporting.figures import draw_confusion


def test_the_confusion_figure_is_a_pdf_that_is_the_same_every_time(tmp_path):
    matrices = {"Self": np.array([[3, 1], [0, 0]]), "Cross": np.array([[2, 2], [1, 3]])}
    for name in ("a.pdf", "b.pdf"):
        draw_confusion(matrices, ["ang", "sad"], tmp_path / name)
    content = (tmp_path / "a.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert content == (tmp_path / "b.pdf").read_bytes()
    assert b"FontFile" in content  # embedded
