"""Reading tables: containers, delimiters, headers, missing values, and refusals by line."""

import csv
import gzip
import sys

import numpy as np
import pytest

from mixclust._cli.csv_table import read_table
from mixclust._cli.errors import CommandError
from mixclust._cli.main import main


@pytest.fixture(params=[False, True], ids=["held", "streamed"])
def stream(request):
    """Whether tables are streamed."""
    return request.param


@pytest.fixture
def read(tmp_path, stream):
    """Read a table from text or bytes."""

    def read_text(text, **options):
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_table(path, stream=stream, folder=tmp_path, **options)

    return read_text


def numbers(table, j):
    """The numbers of a column."""
    return np.concatenate([block[:, 0] for block in table.values.blocks([j])])


def values_of(table):
    return [numbers(table, j).tolist() for j in range(len(table.columns))]


# --- containers and encodings --------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_delimiters_line_ends_and_marks(read, delimiter, line_end, bom):
    lines = ["a;b;kind", "1;2.5;x", "-3;4e2;y", ""]
    table = read(bom + line_end.join(lines).replace(";", delimiter))
    assert table.header == ["a", "b", "kind"]
    assert (table.delimiter, table.line_end) == (delimiter, line_end)
    assert table.encoding == ("utf-8-sig" if bom else "utf-8")
    assert table.notes == []
    np.testing.assert_array_equal(numbers(table, 0), [1, -3])
    np.testing.assert_array_equal(numbers(table, 1), [2.5, 400])
    assert (table.columns[2].text, table.columns[2].line) == ("x", 2)
    assert list(table.rows()) == [["1", "2.5", "x"], ["-3", "4e2", "y"]]


@pytest.mark.parametrize("compress", [gzip.compress, bytes])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_gzip_and_encodings_are_found_by_content(read, encoding, compress):
    table = read(compress("größe,b\n1,2\n3,4\n".encode(encoding)))
    assert table.header == ["größe", "b"]
    assert table.encoding == encoding
    assert values_of(table) == [[1, 3], [2, 4]]


def test_big_endian_utf_16(read):
    assert values_of(read(b"\xfe\xff" + "a\tb\n1\t2\n".encode("utf-16-be"))) == [[1], [2]]


def test_parquet(tmp_path, stream):
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "x": pa.array([1.5, None, 0.1], pa.float32()),
        "n": pa.array([2**53, 1, -3], pa.int64()),
        "price": pa.array(["1.50", "2.25", None]).cast(pa.decimal128(8, 2)),
        "zip": pa.array(["00501", "12345", None]),
        "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
        "when": pa.array([0, 1, 2], pa.timestamp("s")),
        "vector": pa.array([[1.0, 2.0], [3.0], None]),
        "lapse": pa.array([1, 2, 3], pa.duration("s")),
        "blob": pa.array([b"1", b"\xff", None]),
        "half": pa.array(np.float16([0.5, 1, 2])),
    }
    parquet.write_table(pa.table(columns), tmp_path / "table.parquet")
    table = read_table(tmp_path / "table.parquet", stream=stream)
    assert table.header == list(columns)
    by_name = {column.name: column for column in table.columns}
    np.testing.assert_array_equal(numbers(table, list(columns).index("x")), [1.5, np.nan, 0.1])
    np.testing.assert_array_equal(numbers(table, list(columns).index("n")), [2**53, 1, -3])
    np.testing.assert_array_equal(numbers(table, list(columns).index("price")), [1.5, 2.25, np.nan])
    np.testing.assert_array_equal(numbers(table, list(columns).index("half")), [0.5, 1, 2])
    for name, text in [("zip", "00501"), ("kind", "a"), ("vector", "[1.0, 2.0]")]:
        assert by_name[name].text == text, "text stays text, even if it looks like a number"
    assert by_name["when"].n_text == by_name["lapse"].n_text == 3
    assert by_name["lapse"].text == "1 s"
    assert by_name["blob"].n_text == 2
    assert by_name["zip"].n_missing == 1


def write_parquet(path, columns):
    pa = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("values", [[1.5, None, -2e-300, None], [7, None, 2**53, None]])
def test_a_parquet_column_alone_keeps_its_missing_values(tmp_path, stream, values):
    table = read_table(write_parquet(tmp_path / "table.parquet", {"x": values}), stream=stream)
    assert table.notes == []
    np.testing.assert_array_equal(numbers(table, 0), np.array(values, float))


def test_parquet_text_stays_text_where_its_name_has_blanks(tmp_path, stream):
    columns = {" zip ": ["00501", "12345"], "x": [1.0, 2.0]}
    table = read_table(write_parquet(tmp_path / "table.parquet", columns), stream=stream)
    assert [column.n_text for column in table.columns] == [2, 0]


def test_messages_about_parquet_name_rows(tmp_path, stream, capsys):
    """A text of two lines does not count as two rows."""
    x, gaps = [float(i * i % 7) for i in range(6)], [1.0, 2.0, None, 4.0, 5.0, 6.0]
    columns = {
        "name": ["a\nb", *"cdefg"],
        "x": x,
        "gaps": gaps,
        "w": [1.0, 1.0, 1.0, -1.0, 1.0, 1.0],
    }
    path = str(write_parquet(tmp_path / "table.parquet", columns))
    for options, message in (
        (["--columns", "name"], "column 'name' cannot be clustered: text: 'a b' in row 1."),
        (["--missing", "error"], "has missing values (gaps 1), the first in row 3; fill"),
        (["--columns", "x", "--weights", "w"], "column 'w', row 4: has -1; every row needs"),
    ):
        stream_option = ["--stream"] * stream
        assert main(["cluster", path, *stream_option, *options]) == 2
        assert message in capsys.readouterr().err.replace("\\n", " ")


def test_names_of_parquet_may_look_like_numbers(tmp_path, stream):
    path = write_parquet(tmp_path / "table.parquet", {"1990": [1.0, 2.0], "2000": [3.0, 4.0]})
    table = read_table(path, stream=stream)
    assert table.header == ["1990", "2000"]
    assert values_of(table) == [[1, 2], [3, 4]]
    with pytest.raises(CommandError, match="has names; leave out --no-header"):
        read_table(path, has_header=False)


def test_parquet_without_pyarrow(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "table.csv").write_bytes(b"PAR1")
    with pytest.raises(CommandError, match=r"needs pyarrow.*pip install 'mixclust\[tables\]'"):
        read_table(tmp_path / "table.csv")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-3], "is damaged gzip"),
        (b"PK\x03\x04rest", "is a ZIP archive or an Excel workbook; save the table as CSV"),
        (b"a,b\n1,2\n\xff,3\n", "line 3 is not UTF-8"),
        (b"\xff\xfea\x00,", "is damaged UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "line 1 holds a NUL character, as .* UTF-16 without"),
        (b"PAR1PAR1", "cannot be read as Parquet|needs pyarrow"),
    ],
)
def test_containers_that_are_refused(read, data, message):
    with pytest.raises(CommandError, match=message):
        read(data)


# --- delimiters and decimal signs ----------------------------------------------------------------


def test_blanks_in_any_number_separate_fields(read):
    table = read('  x   "my name"\n 1\t a \n2      "b  c"\n')
    assert table.header == ["x", "my name"]
    assert list(table.rows()) == [["1", "a"], ["2", "b  c"]]
    assert table.delimiter == "\t"  # runs of blanks could not hold empty fields


@pytest.mark.parametrize("line", ["sep=|", '"sep=|"', "SEP=|"])
def test_a_line_names_the_delimiter(read, line):
    table = read(f"{line}\na,b|c\n1,2|3\n4|5\n")
    assert (table.separator_line, table.header) == (line, ["a,b", "c"])
    assert list(table.rows()) == [["1,2", "3"], ["4", "5"]]
    assert table.place_of(1) == "line 4"


def test_spaces_between_words_are_no_delimiter(read):
    rows = "2020-01-01 00:00:00 UTC,1\n" * 3
    assert read("date and time,value\n" + rows).header == ["date and time", "value"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", " "])
def test_a_decimal_comma_is_found(read, delimiter):
    table = read("a;b;kind\n31;1,75;x\n4;-2,5e1;y\n5;NA;z\n".replace(";", delimiter))
    assert table.decimal == ","
    np.testing.assert_array_equal(numbers(table, 1), [1.75, -25, np.nan])
    assert table.notes == ["numbers are read with a decimal comma (--decimal . reads a point)"]


def test_a_decimal_comma_in_a_single_column(read):
    assert values_of(read("x\n1,5\n-2,25\n")) == [[1.5, -2.25]]


def test_a_decimal_comma_on_request(read):
    assert values_of(read('a,b\n1,"2,5"\n3,"4,5"\n', decimal=",")) == [[1, 3], [2.5, 4.5]]
    assert values_of(read("a\tb\n1\t1,234\n3\t5,678\n", decimal=","))[1] == [1.234, 5.678]


@pytest.mark.parametrize(
    "text",
    ['a,b\n1,"1,5"\n2,"2,5"\n', "a\tb\n1\t1,234\n2\t5,678\n", "a;b\n1.5;1,5\n2.5;2,5\n"],
    ids=["commas separate fields", "perhaps thousands", "both signs"],
)
def test_a_doubtful_comma_is_not_read_as_decimal(read, text):
    table = read(text)
    assert table.decimal == "."
    column = table.columns[1]
    assert column.is_numeric
    assert (column.n_numbers, column.n_text) == (0, 2)


# --- fields --------------------------------------------------------------------------------------

PANDAS_WORDS = """#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|
None|n/a|nan|null""".replace("\n", "").split("|")


@pytest.mark.parametrize("word", ["", " ", *PANDAS_WORDS, "?", "-", "--", ".", "\N{EN DASH}", "na"])
def test_words_for_missing_values(read, word):
    table = read(f"a,b\n1,2\n{word},3\n4,5\n")
    np.testing.assert_array_equal(numbers(table, 0), [1, np.nan, 4])
    column = table.columns[0]
    assert (column.n_missing, column.n_text) == (1, 0)


def test_pandas_has_no_other_words(tmp_path):
    parsers = pytest.importorskip("pandas.io.parsers.readers")
    assert set(parsers.STR_NA_VALUES) <= {"", *PANDAS_WORDS}


def test_further_words_for_missing_values(read):
    table = read("a,b\n1,2\n-999,lost\nLOST,5\n", missing=["-999", "lost"])
    np.testing.assert_array_equal(numbers(table, 0), [1, np.nan, np.nan])
    np.testing.assert_array_equal(numbers(table, 1), [2, np.nan, 5])


@pytest.mark.parametrize("field", ["inf", "-Infinity", "1e999", "1_000", "0x10", "1,5", "one"])
def test_fields_that_are_no_numbers(read, field):
    column = read(f'a,b\n1,2\n"{field}",3\n').columns[0]
    assert (column.n_numbers, column.n_text) == (1, 1)
    assert (column.text, column.line) == (field, 3)


def test_long_tables_are_read_in_parts(read):
    """Lines and values keep their order if some blocks of rows are read field by field."""
    n = 2500
    rows = [f"{i},{i / 2}" for i in range(n)]
    rows[1700] = "1700,odd"
    table = read("a,b\n" + "\n".join(rows))
    column = table.columns[1]
    assert (column.text, column.line, column.n_text) == ("odd", 1702, 1)
    expected = np.arange(n) / 2
    expected[1700] = np.nan
    np.testing.assert_array_equal(numbers(table, 1), expected)


def test_quoted_fields_hold_delimiters_and_lines(read):
    table = read('name,x\n"a, b",1\n"two\n# lines",2\nc,3\n')
    assert [row[0] for row in table.rows()] == ["a, b", "two\n# lines", "c"]
    assert [table.place_of(row) for row in range(3)] == ["line 2", "line 3", "line 5"]


def test_a_field_of_any_length(read):
    limit = csv.field_size_limit()
    table = read("name,x\n" + "y" * (limit + 1) + ",1\nz,2\n")
    assert len(next(table.rows())[0]) == limit + 1
    assert values_of(table)[1] == [1, 2]
    assert csv.field_size_limit() == limit


# --- headers, comments, blank lines --------------------------------------------------------------


def test_without_a_header_no_row_is_lost(read):
    table = read("5.1,3.5,setosa\n4.9,3.0,setosa\n", has_header=False)
    assert table.header == ["x1", "x2", "x3"]
    assert values_of(table)[:2] == [[5.1, 4.9], [3.5, 3.0]]
    assert table.place_of(1) == "line 2"


def test_a_header_of_numbers_is_one_on_request(read):
    assert read("400,401\n1,2\n3,4\n", has_header=True).header == ["400", "401"]


def test_a_header_that_holds_numbers_is_mentioned(read):
    table = read("country,1990,2000\nA,1,2\nB,3,4\n")
    assert table.header == ["country", "1990", "2000"]
    assert table.notes == [
        "the first line (country, 1990, 2000) is taken as the header, though it holds numbers; "
        "pass --no-header if it is a row"
    ]
    assert read("country,1990\nA,1\n", has_header=True).notes == []


@pytest.mark.parametrize("text", ["#id,x\n1,2\n3,4\n", "# made by hand\n# id x\n1 2\n3 4\n"])
def test_names_may_stand_in_a_comment(read, text):
    table = read(text)
    assert table.header == ["id", "x"]
    assert values_of(table) == [[1, 3], [2, 4]]


def test_a_column_may_be_called_hash(read):
    assert read("#,name,x\n1,a,2\n2,b,4\n").header == ["#", "name", "x"]


def test_comments_are_passed_over_and_counted(read):
    table = read("# a, b\nx,y\n# so far, so good, yes\n1,2\n3,4\n# end\n")
    assert values_of(table) == [[1, 3], [2, 4]]
    assert table.notes == ["3 lines beginning with # skipped"]
    assert table.place_of(0) == "line 4"


def test_rows_that_begin_with_a_hash_are_rows(read):
    for header in ("color,x", "#color,x"):
        table = read(header + "\n#ff0000,1\n#00ff00,2\n")
        assert [row[0] for row in table.rows()] == ["#ff0000", "#00ff00"]
        assert "beginning with # read as rows" in table.notes[0]


def test_blank_lines_between_rows_are_mentioned(read):
    table = read("\nx\n1\n\n  \n3\n\n")
    assert values_of(table) == [[1, 3]]
    assert table.notes == ["2 blank lines between rows skipped"]


@pytest.mark.parametrize(
    "text", ['"a" "b"\n"r1" 1 2\n"r2" 3 4\n', "a,b\nr1,1,2\nr2,3,4\n", "a\tb\n1\t1\t2\n2\t3\t4\n"]
)
def test_row_names_of_r(read, text):
    table = read(text)
    assert table.header == ["", "a", "b"]
    assert table.has_row_names
    assert values_of(table)[1:] == [[1, 3], [2, 4]]


def test_a_delimiter_at_the_end_of_rows_is_no_row_name(read):
    table = read("a,b\n1,2,\n3,4,\n")
    assert not table.has_row_names
    assert values_of(table)[:2] == [[1, 3], [2, 4]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n# only a comment\n", "has a header and no rows"),
        ("a,b\n", "has a header and no rows"),
        ("a,b\n1,2\n3\n", "line 3 has 1 field, but the header has 2"),
        ("a,b\n1,2\n\n3,4,5\n", "line 4 has 3 fields, but the header has 2"),
        ("a,b\nr,1,2\n3,4\n", "line 3 has 2 fields, but line 2 has 3"),
        ("a,b\n1,2,\n3,4,5\n", "line 3 has 3 fields, but the header has 2, and the rows above"),
        ("a,a\n1,2\n", "columns 1 and 2 are both called 'a'; give them different names"),
        ("1,1,a\n1,2,b\n", "both called '1'; .* or pass --no-header if the first line is a row"),
        ("1,2\n3,4\n", "the first line holds no names; .* or pass --no-header"),
        ("5.1,setosa\n4.9,virginica\n4.7,setosa\n", "'setosa' comes again in line 3; pass --no-"),
        ('a,b\n1,"2\n', "line 2: unexpected end of data"),
    ],
)
def test_refusals_name_the_line(read, text, message):
    with pytest.raises(CommandError, match=message):
        read(text)


def test_whole_numbers_that_are_rounded_are_reported(read):
    rows = [f"{2**53},1e300,0", f"{2**53 + 1},-2,1", f"-{2**60 + 1},3.5,2", "9" * 5000 + ",,"]
    table = read("\n".join(["id,x,y", *rows]))
    assert table.notes == ["column 'id': 2 whole numbers rounded to 53 bits, about 16 digits"]


@pytest.mark.parametrize(
    ("fields", "are_thousands"),
    [
        (["999", "1.234", "12.345", "NA"], True),
        (["-7", "-1.234", "0", ""], True),
        (["1.234", "2.345", "0.999", "5"], False),
        (["1.234", "2.345", "3.456", "4.567"], False),  # three decimals throughout
        (["1.234", "2.34", "5", "6"], False),
        (["1.234", "1000", "5", "6"], False),
        (["1.234e2", "1.234", "5", "6"], False),
        (["999", "5", "6", "7"], False),
    ],
)
def test_points_between_thousands_are_found(read, fields, are_thousands):
    rows = "".join(f"{field};{i}\n" for i, field in enumerate(fields))
    first = next((i for i, field in enumerate(fields) if "." in field), 0)
    found = {"x": (first + 2, fields[first])} if are_thousands else {}
    assert read("x;y\n" + rows).thousands == found
    assert read("x;y\n" + rows, decimal=".").thousands == {}
    assert read("x,y\n" + rows.replace(";", ",")).thousands == {}
