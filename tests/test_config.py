"""show_config prints the values that it returns, and the values are right."""

from importlib import metadata

import numpy as np
import pytest
import scipy

import mixclust
from mixclust import kernels


def test_dicts_hold_versions_level_and_threads(monkeypatch):
    monkeypatch.setenv("MIXCLUST_NUM_THREADS", "3")
    config = mixclust.show_config(mode="dicts")
    assert config["mixclust"] == mixclust.__version__ == metadata.version("mixclust")
    assert config["numpy"] == np.__version__
    assert config["scipy"] == scipy.__version__
    assert config["instructions"] == {
        "level": kernels.LEVEL,
        "reason": kernels.LEVEL_REASON,
        "available": list(kernels.AVAILABLE_LEVELS),
    }
    assert config["threads"] == {"count": 3, "reason": "MIXCLUST_NUM_THREADS"}


def test_prints_every_entry(capsys):
    config = mixclust.show_config(mode="dicts")
    assert mixclust.show_config() is None
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(config)
    printed = dict(line.split(maxsplit=1) for line in lines)
    assert printed["mixclust"] == config["mixclust"]
    assert printed["instructions"].startswith(f"{config['instructions']['level']}: ")
    assert printed["threads"].startswith(f"{config['threads']['count']}: ")


def test_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="mode='json' is unknown; pass 'stdout' to print"):
        mixclust.show_config(mode="json")
