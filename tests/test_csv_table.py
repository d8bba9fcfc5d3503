"""Reading CSV: delimiters, quotes, missing values, and refusals that name the line."""

import argparse

import numpy as np
import pytest

from mixclust._cli_shared import CommandError
from mixclust._csv_table import read_table, split_names


@pytest.fixture
def read(tmp_path):
    """Read a table from text or bytes."""

    def read_text(text):
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_table(path)

    return read_text


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_delimiters_line_ends_and_marks(read, delimiter, line_end, bom):
    lines = ["a;b;kind", "1;2.5;x", "-3;4e2;y", ""]
    table = read(bom + line_end.join(lines).replace(";", delimiter))
    assert table.header == ["a", "b", "kind"]
    assert (table.delimiter, table.line_end, table.has_bom) == (delimiter, line_end, bool(bom))
    np.testing.assert_array_equal(table.columns[0].values, [1, -3])
    np.testing.assert_array_equal(table.columns[1].values, [2.5, 400])
    assert (table.columns[2].text, table.columns[2].line) == ("x", 2)
    assert list(table.rows()) == [["1", "2.5", "x"], ["-3", "4e2", "y"]]


def test_missing_values_are_counted(read):
    table = read("a,b\n1,\n?,NA\nnan,3\nNaN,na\n")
    assert [column.n_missing for column in table.columns] == [3, 3]
    np.testing.assert_array_equal(table.columns[0].values, [1, np.nan, np.nan, np.nan])


def test_quoted_fields_hold_delimiters_and_lines(read):
    table = read('name,x\n"a, b",1\n"two\nlines",2\nc,3\n')
    assert [row[0] for row in table.rows()] == ["a, b", "two\nlines", "c"]
    assert [table.line_of(row) for row in range(3)] == [2, 3, 5]


@pytest.mark.parametrize("field", ["inf", "1_000", "0x10", "1,5", "one"])
def test_what_is_no_number_is_text(read, field):
    column = read(f'a;b\n1;2\n"{field}";3\n').columns[0]
    assert column.values is None
    assert (column.text, column.line) == (field, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("a,b\n", "has a header and no rows"),
        ("a,b\n1,2\n3\n", "line 3 has 1 field, but the header has 2"),
        ("a,b\n1,2\n\n3,4,5\n", "line 4 has 3 fields, but the header has 2"),
        ("a,a\n1,2\n", "columns 1 and 2 are both called 'a'"),
        ("1,2\n3,4\n", "the first line holds no names"),
        ('a,b\n1,"2\n', "line 2: unexpected end of data"),
        (b"a,b\n1,2\n\xff,3\n", "line 3 is not UTF-8"),
    ],
)
def test_refusals_name_the_line(read, text, message):
    with pytest.raises(CommandError, match=message):
        read(text)


def test_names_may_be_quoted():
    assert split_names('a, "b, c",d') == ["a", "b, c", "d"]


@pytest.mark.parametrize("text", ["", "a\nb"])
def test_what_is_no_list_of_names_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is not a list of names, such as a,b"):
        split_names(text)
