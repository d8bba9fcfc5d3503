"""scikit-learn's checks of a transformer, on MixtureImputer."""

import numpy as np
import polars as pl
import pytest
import sklearn
from support.contract import all_checks, run_check

from mixclust import MixtureImputer

MORE = [
    "check_dataframe_column_names_consistency",
    "check_get_feature_names_out_error",
    "check_global_output_transform_pandas",
    "check_global_set_output_transform_polars",
    "check_inplace_ensure_writeable",
    "check_n_features_in_after_fitting",
    "check_positive_only_tag_during_fit",
    "check_readonly_memmap_input",
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_set_output_transform_polars",
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
    "check_transformer_preserve_dtypes",
]


@pytest.mark.parametrize(("estimator", "check"), all_checks(MixtureImputer(), MORE, {}))
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names:UserWarning")
def test_scikit_learns_checks(estimator, check, monkeypatch):
    run_check(estimator, check, monkeypatch)


def test_tags():
    tags = sklearn.utils.get_tags(MixtureImputer())
    assert tags.estimator_type is None
    assert tags.input_tags.allow_nan
    assert not tags.input_tags.sparse
    assert tags.transformer_tags.preserves_dtype == ["float64", "float32"]


def test_polars():
    X = np.random.default_rng(0).normal(size=(60, 2))
    X[::5, 0] = np.nan
    table = pl.DataFrame(X, schema=["a", "b"], nan_to_null=True)
    imputer = MixtureImputer(random_state=0).set_output(transform="polars")
    filled = imputer.fit_transform(table)
    assert filled.columns == ["a", "b"]
    np.testing.assert_array_equal(
        filled.to_numpy(), MixtureImputer(random_state=0).fit_transform(X)
    )
