"""Promise 14: a saved model holds no pickle, comes back bit for bit, and is replaced as a whole.

Files that are wrong, damaged or made to do harm are in estimator/test_persistence_refusals.py.
"""

import os
import zipfile

import numpy as np
import pytest
from support.estimators import CASES, FORMS, SELECTIONS, each_case
from support.estimators.case import answer_arrays
from support.samples import DTYPES, assert_same, blobs

import mixclust._estimator.persistence


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(**each_case(CASES))
def test_saved_models_come_back_bit_for_bit(case, dtype, tmp_path):
    X = blobs(0, 400, 3, 4, dtype)
    fitted = case.fit(X, 4, random_state=0)
    fitted.save(tmp_path / "model", **case.save_options)
    loaded = case.estimator.load(tmp_path / "model")
    assert_same(loaded, fitted)
    expected = answer_arrays(case, fitted, X, case.answers + case.totals)
    for key, answer in answer_arrays(case, loaded, X, case.answers + case.totals).items():
        np.testing.assert_array_equal(answer, expected[key], err_msg=str(key))


@pytest.mark.parametrize(**each_case((*FORMS, *SELECTIONS)))
def test_saved_models_hold_arrays_and_text_alone(case, tmp_path):
    case.fit(blobs(0, 400, 3, 4), 4, random_state=0).save(tmp_path / "model", **case.save_options)
    with zipfile.ZipFile(tmp_path / "model") as archive:
        names = archive.namelist()
        assert {name.rpartition(".")[2] for name in names} == {"json", "npy"}
        for name in names:
            if name.endswith(".npy"):
                np.lib.format.read_array(archive.open(name), allow_pickle=False)


@pytest.mark.parametrize(**each_case((*FORMS, *SELECTIONS)))
def test_interrupted_save_leaves_the_old_file(case, tmp_path, monkeypatch):
    path, X = tmp_path / "model", blobs(0, 400, 3, 4)
    case.fit(X, 4, random_state=0).save(path, **case.save_options)
    before = path.read_bytes()

    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(mixclust._estimator.persistence, "_write_array", interrupt)
    with pytest.raises(KeyboardInterrupt):
        case.fit(X, 3, random_state=0).save(path, **case.save_options)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model"]
