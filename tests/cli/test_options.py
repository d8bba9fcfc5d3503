"""Readers and writers of the values of options."""

import argparse
import shlex

import pytest

from mixclust._cli.main import main
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


@pytest.mark.parametrize(
    ("words", "argument"),
    [
        (["colors", "", "-o", "out", "--colors", "2"], "PHOTO"),
        (["colors", "photo.png", "", "-o", "."], "PHOTO"),
        (["colors", "photo.png", "-o", ""], "-o/--output"),
        (["colors", "photo.png", "--output="], "-o/--output"),
        (["colors", "photo.png", "-o", "out.png", "--compare", ""], "--compare"),
        (["colors", "photo.png", "--palette="], "--palette"),
        (["colors", "photo.png", "-o", "out.png", "--use", ""], "--use"),
        (["cluster", ""], "TABLE.csv"),
        (["cluster", "table.csv", "-o", ""], "-o/--output"),
        (["cluster", "table.csv", "--plot", ""], "--plot"),
    ],
)
def test_an_empty_name_is_not_the_current_folder(folder, capsys, words, argument):
    assert main(words) == 2
    assert capsys.readouterr().err == (
        f"mixclust: error: argument {argument}: '' is not the name of a file; pass the "
        f"name of one; see 'mixclust {words[0]} --help'.\n"
    )
