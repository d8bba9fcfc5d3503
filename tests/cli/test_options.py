"""Readers and writers of the values of options."""

import argparse
import shlex

import pytest

from mixclust._cli.options import option_text, split_names


def test_names_may_be_quoted():
    assert split_names('a, "b, c",d') == ["a", "b, c", "d"]


@pytest.mark.parametrize("text", ["", "a\nb"])
def test_a_text_without_a_list_of_names_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is not a list of names like a,b"):
        split_names(text)


@pytest.mark.parametrize(
    "names", [["a"], ["a", "b"], ["a, b", "c"], ['say "x"', "$y"], ["-1", "x"], ["it's"]]
)
def test_a_written_option_is_read_again(names):
    parser = argparse.ArgumentParser()
    parser.add_argument("--exclude", type=split_names)
    words = shlex.split(option_text("--exclude", names))
    assert parser.parse_args(words).exclude == names
